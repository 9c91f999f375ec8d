// The integer mix of work.c on any number of harts, each in memory of its own; after each part it
// adds to a sum that all share, and reads what its neighbour has last written. SHARED is given by
// the build: after how many look-ups.
typedef unsigned u32;

struct own {
  u32 table[256], heads[256], keys[1024], links[1024];
  unsigned char text[8192];
  u32 last;
  u32 pad[15];
};

static struct own all[HARTS] __attribute__((aligned(64)));
static u32 sum __attribute__((aligned(64)));

__attribute__((noinline)) static u32 crc(const struct own *own) {
  u32 c = ~0u;
  for (u32 i = 0; i < sizeof own->text; i++) c = own->table[(c ^ own->text[i]) & 255] ^ (c >> 8);
  return ~c;
}

__attribute__((noinline)) static u32 find(const struct own *own, u32 key) {
  u32 steps = 0;
  for (u32 at = own->heads[key & 255]; at; at = own->links[at], steps++)
    if (own->keys[at] == key) return at;
  return steps;
}

static void prepare(struct own *own) {
  for (u32 i = 0; i < 256; i++) {
    u32 c = i;
    for (int k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >> 1) : c >> 1;
    own->table[i] = c;
  }
  for (u32 i = 0; i < sizeof own->text; i++) own->text[i] = i * 7;
  for (u32 i = 1; i < 1024; i++) {
    own->keys[i] = i * 2654435761u;
    own->links[i] = own->heads[own->keys[i] & 255];
    own->heads[own->keys[i] & 255] = i;
  }
}

void main(u32 hart) {
  struct own *own = &all[hart], *next = &all[(hart + 1) % HARTS];
  prepare(own);
  for (u32 round = 0; round < ROUNDS; round++) {
    for (u32 i = 0; i < 5000; i++) {
      own->last += find(own, (i & 1023) * 2654435761u) % 97;
      if (i % SHARED == 0) {
        __atomic_fetch_add(&sum, own->last, __ATOMIC_RELAXED);
        own->last ^= *(volatile u32 *)&next->last;
      }
    }
    own->last ^= crc(own);
  }
}
