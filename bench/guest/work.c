// CPU-bound work for the interpreter's benchmark: an integer mix, a sort, a sieve. ROUNDS is given
// by the build, so that start-up can be subtracted by running 0 rounds.
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
#elif WORK == 1
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
u32 work(u32 round) {
  u32 seed = round + 12345;
  for (int i = 0; i < 65536; i++) { seed = seed * 1664525 + 1013904223; values[i] = seed; }
  sort(values, 0, 65535);
  return values[1000];
}
#else
static unsigned char composite[1 << 20];
u32 work(u32 round) {
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

volatile u32 result;
int main(void) {
  for (u32 round = 0; round < ROUNDS; round++) result += work(round);
  return 0;
}
