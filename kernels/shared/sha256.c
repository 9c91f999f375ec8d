// SHA-256, straight from FIPS 180-4, sections 4.1.2, 4.2.2 and 6.2.
#include "shared/sha256.h"

#include "shared/string.h"

static const u32 K[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static u32 rotate(u32 x, u32 n) { return x >> n | x << (32 - n); }

static u32 big_endian(const u8 *p) {
  return (u32)p[0] << 24 | (u32)p[1] << 16 | (u32)p[2] << 8 | p[3];
}

// One round, with the eight variables where they are: the next round names them one place on.
static inline void round_of(u32 a, u32 b, u32 c, u32 *d, u32 e, u32 f, u32 g, u32 *h, u32 kw) {
  u32 t1 = *h + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + (g ^ (e & (f ^ g))) + kw;
  u32 t2 = (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + ((a & b) | (c & (a | b)));
  *d += t1;
  *h = t1 + t2;
}

static void compress(struct sha256 *hash, const u8 *block) {
  u32 w[64];
  u32 *s = hash->state;
  u32 a = s[0], b = s[1], c = s[2], d = s[3], e = s[4], f = s[5], g = s[6], h = s[7];
  for (u32 i = 0; i < 16; i++) w[i] = big_endian(block + 4 * i);
  for (u32 i = 16; i < 64; i++) {
    u32 x = rotate(w[i - 15], 7) ^ rotate(w[i - 15], 18) ^ w[i - 15] >> 3;
    u32 y = rotate(w[i - 2], 17) ^ rotate(w[i - 2], 19) ^ w[i - 2] >> 10;
    w[i] = w[i - 16] + x + w[i - 7] + y;
  }
  for (u32 i = 0; i < 64; i += 8) {
    round_of(a, b, c, &d, e, f, g, &h, K[i] + w[i]);
    round_of(h, a, b, &c, d, e, f, &g, K[i + 1] + w[i + 1]);
    round_of(g, h, a, &b, c, d, e, &f, K[i + 2] + w[i + 2]);
    round_of(f, g, h, &a, b, c, d, &e, K[i + 3] + w[i + 3]);
    round_of(e, f, g, &h, a, b, c, &d, K[i + 4] + w[i + 4]);
    round_of(d, e, f, &g, h, a, b, &c, K[i + 5] + w[i + 5]);
    round_of(c, d, e, &f, g, h, a, &b, K[i + 6] + w[i + 6]);
    round_of(b, c, d, &e, f, g, h, &a, K[i + 7] + w[i + 7]);
  }
  s[0] += a, s[1] += b, s[2] += c, s[3] += d, s[4] += e, s[5] += f, s[6] += g, s[7] += h;
}

void sha256_begin(struct sha256 *hash) {
  static const u32 initial[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  memcpy(hash->state, initial, sizeof initial);
  hash->length = 0;
}

void sha256_add(struct sha256 *hash, const void *bytes, size_t n) {
  const u8 *p = bytes;
  u32 used = (u32)hash->length % 64;
  hash->length += n;
  while (n) {
    u32 take = MIN(64 - used, n);
    if (take == 64) {
      compress(hash, p);
    } else {
      memcpy(hash->block + used, p, take);
      if (used + take == 64) compress(hash, hash->block);
    }
    used = (used + take) % 64;
    p += take, n -= take;
  }
}

void sha256_end(struct sha256 *hash, u8 digest[32]) {
  u64 bits = hash->length * 8;
  u8 one = 0x80, zero = 0, length[8];
  sha256_add(hash, &one, 1);
  while (hash->length % 64 != 56) sha256_add(hash, &zero, 1);
  for (u32 i = 0; i < 8; i++) length[i] = (u8)(bits >> (56 - 8 * i));
  sha256_add(hash, length, 8);
  for (u32 i = 0; i < 32; i++) digest[i] = (u8)(hash->state[i / 4] >> (24 - 8 * (i % 4)));
}
