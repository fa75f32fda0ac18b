#pragma once

#include <stdbool.h>
#include <stdint.h>

/// Whether this processor has the instructions that `sha256_compress` needs. Asked anew by each call, which takes a while.
bool sha256_has_instructions(void);

/// Takes one block of 64 bytes into the eight words of a SHA-256 state (FIPS 180-4, section 6.2.2), by the processor's own
/// instructions for it, in time that does not depend on the data. `constants` are the 64 of section 4.2.2. May be called only where
/// `sha256_has_instructions`.
void sha256_compress(uint32_t *state, const uint8_t *block, const uint32_t *constants);
