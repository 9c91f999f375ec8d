// A program that writes code as it runs: a small function, with another constant each time; a
// fence.i; then it is called. ROUNDS is given by the build.
#include "paged.h"

enum { ADDI_A0_A0 = 0x00050513, RET = 0x00008067 };

static u32 code[PAGE / 4] __attribute__((aligned(PAGE)));

u32 main(void) {
  u32 (*const function)(u32) = (u32 (*)(u32))code;
  u32 sum = 0, expected = 0;
  for (u32 round = 0; round < ROUNDS; round++) {
    u32 constant = round & 1023;
    ((volatile u32 *)code)[0] = ADDI_A0_A0 | constant << 20;
    ((volatile u32 *)code)[1] = RET;
    __asm__ volatile("fence.i" : : : "memory");
    sum = function(sum);
    expected += constant;
  }
  return sum == expected ? 0 : 2;
}
