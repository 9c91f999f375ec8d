// CPU-bound work for the benchmarks: a loop in registers (0), a sort (1), a sieve (2), a mix of
// table lookups, list walks and calls (3), and sort and sieve in turn (4). ROUNDS is given by the
// build, so that start-up can be subtracted by running 0 rounds.
typedef unsigned u32;

#if WORK == 0
u32 work(u32 round) {
  u32 a = round + 1, b = 0x9e3779b9, c = 7;
  for (int i = 0; i < 1000000; i++) {
    a = a * 1664525 + 1013904223;
    b ^= a >> 7;
    b = (b << 5) | (b >> 27);
    c += (a & b) ^ (b >> 3);
    if (c & 1) c ^= 0x5bd1e995;
  }
  return a ^ b ^ c;
}
#endif
#if WORK == 1 || WORK == 4
static u32 values[65536];
static void sort(u32 *v, int low, int high) {
  while (low < high) {
    u32 pivot = v[(low + high) >> 1];
    int i = low, j = high;
    while (i <= j) {
      while (v[i] < pivot) i++;
      while (v[j] > pivot) j--;
      if (i <= j) { u32 t = v[i]; v[i++] = v[j]; v[j--] = t; }
    }
    if (j - low < high - i) { sort(v, low, j); low = i; } else { sort(v, i, high); high = j; }
  }
}
static u32 sort_values(u32 round) {
  u32 seed = round + 12345;
  for (int i = 0; i < 65536; i++) { seed = seed * 1664525 + 1013904223; values[i] = seed; }
  sort(values, 0, 65535);
  return values[1000];
}
#endif
#if WORK == 3
static u32 table[256], heads[1024], keys[4096], links[4096];
static unsigned char text[65536];
__attribute__((noinline)) static u32 crc(const unsigned char *p, u32 n) {
  u32 c = ~0u;
  while (n--) c = table[(c ^ *p++) & 255] ^ (c >> 8);
  return ~c;
}
__attribute__((noinline)) static u32 find(u32 key) {
  u32 steps = 0;
  for (u32 at = heads[key & 1023]; at; at = links[at], steps++)
    if (keys[at] == key) return at;
  return steps;
}
u32 work(u32 round) {
  u32 sum = round;
  for (u32 i = 0; i < 256; i++) {
    u32 c = i;
    for (int k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >> 1) : c >> 1;
    table[i] = c;
  }
  for (u32 i = 0; i < 1024; i++) heads[i] = 0;
  for (u32 i = 0; i < sizeof text; i++) text[i] = i * 7 + round;
  for (u32 i = 1; i < 4096; i++) {
    keys[i] = i * 2654435761u;
    links[i] = heads[keys[i] & 1023];
    heads[keys[i] & 1023] = i;
  }
  for (u32 i = 0; i < 20000; i++) sum += find((i & 4095) * 2654435761u) % 97;
  return sum ^ crc(text, sizeof text);
}
#endif
#if WORK == 2 || WORK == 4
static unsigned char composite[1 << 20];
static u32 count_primes(u32 round) {
  u32 primes = 0;
  for (u32 i = 0; i < sizeof composite; i++) composite[i] = 0;
  for (u32 i = 2; i < sizeof composite; i++) {
    if (composite[i]) continue;
    primes++;
    for (u32 j = i + i; j < sizeof composite; j += i) composite[j] = 1;
  }
  return primes + round;
}
#endif
#if WORK == 1
u32 work(u32 round) { return sort_values(round); }
#elif WORK == 2
u32 work(u32 round) { return count_primes(round); }
#elif WORK == 4
u32 work(u32 round) { return sort_values(round) + count_primes(round); }
#endif

volatile u32 result;
int main(void) {
  for (u32 round = 0; round < ROUNDS; round++) result += work(round);
  return 0;
}
