#include "CAllocations.h"

#include <malloc.h>

// The C library's own name for it.
extern void *__libc_malloc(size_t byte_count);

static bool is_counting;
static size_t count;

void allocations_begin(void) {
    count = 0;
    is_counting = true;
}

size_t allocations_end(void) {
    is_counting = false;
    return count;
}

void *malloc(size_t byte_count) {
    if (is_counting) count++;
    return __libc_malloc(byte_count);
}

size_t allocations_bytes(void) {
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}
