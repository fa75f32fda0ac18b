#pragma once

#include <stdbool.h>
#include <stddef.h>

/// Counts calls of `malloc` in a program that links this: its own `malloc` stands before the C library's, for Swift's
/// runtime too. Off until it is begun; for programs that measure on one thread.
void allocations_begin(void);

/// How many there were since.
size_t allocations_end(void);

/// Bytes of all that is allocated at present, with the allocator's own heads of large pieces.
size_t allocations_bytes(void);
