#include <stddef.h>
#include <stdint.h>

// libFuzzer's own mutation, for mutators that repair what it has broken.
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t sizeMax);
