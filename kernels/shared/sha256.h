// SHA-256 (FIPS 180-4), incremental.
#ifndef SHARED_SHA256_H
#define SHARED_SHA256_H
#include "shared/types.h"

struct sha256 {
  u32 state[8];
  u64 length; // bytes so far
  u8 block[64];
};
void sha256_begin(struct sha256 *hash);
void sha256_add(struct sha256 *hash, const void *bytes, size_t n);
void sha256_end(struct sha256 *hash, u8 digest[32]);
#endif
