#include "CDigests.h"

#if defined(__x86_64__)

#include <cpuid.h>
#include <immintrin.h>

// Intel 64 and IA-32 Architectures Software Developer's Manual, volume 2, CPUID: bits of leaves 1 and 7.
bool sha256_has_instructions(void) {
    unsigned a, b, c, d;
    if (!__get_cpuid(1, &a, &b, &c, &d)) return false;
    const bool has_shuffles = (c & bit_SSSE3) && (c & bit_SSE4_1);
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d)) return false;
    return has_shuffles && (b & (1u << 29));
}

// The instructions hold the state as two registers, from the highest word down: A B E F and C D G H. One of them makes two
// rounds: what it gives is the new A B E F, and the old one is the new C D G H.
__attribute__((target("sha,ssse3,sse4.1")))
void sha256_compress(uint32_t *state, const uint8_t *block, const uint32_t *constants) {
    const __m128i big_endian = _mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3);
    const __m128i badc = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)state), 0xB1);
    const __m128i hgfe = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)(state + 4)), 0x1B);
    const __m128i abef_before = _mm_alignr_epi8(badc, hgfe, 8);
    const __m128i cdgh_before = _mm_blend_epi16(hgfe, badc, 0xF0);
    __m128i abef = abef_before;
    __m128i cdgh = cdgh_before;

    // The last sixteen words of the message schedule, four a register.
    __m128i words[4];
    for (int i = 0; i < 4; i++) {
        words[i] = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(block + 16 * i)), big_endian);
    }
#pragma clang loop unroll(full)
    for (int i = 0; i < 16; i++) {
        const __m128i next = words[i % 4];
        const __m128i sum = _mm_add_epi32(next, _mm_loadu_si128((const __m128i *)(constants + 4 * i)));
        cdgh = _mm_sha256rnds2_epu32(cdgh, abef, sum);
        abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(sum, 0x0E));
        if (i >= 12) continue;
        const __m128i last = words[(i + 3) % 4];
        const __m128i seven_back = _mm_alignr_epi8(last, words[(i + 2) % 4], 4);
        const __m128i part = _mm_add_epi32(_mm_sha256msg1_epu32(next, words[(i + 1) % 4]), seven_back);
        words[i % 4] = _mm_sha256msg2_epu32(part, last);
    }

    abef = _mm_add_epi32(abef, abef_before);
    cdgh = _mm_add_epi32(cdgh, cdgh_before);
    const __m128i feba = _mm_shuffle_epi32(abef, 0x1B);
    const __m128i dchg = _mm_shuffle_epi32(cdgh, 0xB1);
    _mm_storeu_si128((__m128i *)state, _mm_blend_epi16(feba, dchg, 0xF0));
    _mm_storeu_si128((__m128i *)(state + 4), _mm_alignr_epi8(dchg, feba, 8));
}

#else

bool sha256_has_instructions(void) { return false; }
void sha256_compress(uint32_t *state, const uint8_t *block, const uint32_t *constants) {
    (void)state;
    (void)block;
    (void)constants;
    __builtin_trap();
}

#endif
