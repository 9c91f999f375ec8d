// What the standing watch computes with: one published mix, and the pattern of the test disk.
// Host and guest follow the same rule: the disk's 512-byte sector n holds 128 little-endian words,
// word i being mix32(n * 128 + i), all in 32 bits. mix32 is MurmurHash3's finalizer (A. Appleby):
// x ^= x >> 16; x *= 0x85ebca6b; x ^= x >> 13; x *= 0xc2b2ae35; x ^= x >> 16.
#ifndef PATTERN_H
#define PATTERN_H
#include <stdint.h>

#define SECTOR_BYTES 512
#define SECTOR_WORDS 128

static inline uint32_t mix32(uint32_t x) {
  x ^= x >> 16;
  x *= 0x85ebca6bu;
  x ^= x >> 13;
  x *= 0xc2b2ae35u;
  return x ^ x >> 16;
}

// Word `index` (0..127) of the disk's sector `sector`.
static inline uint32_t pattern_word(uint32_t sector, uint32_t index) {
  return mix32(sector * SECTOR_WORDS + index);
}
#endif
