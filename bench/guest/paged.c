// Sv32 tables for the guests with 4 KiB pages: the image at its own addresses, the test finisher,
// and at BUFFER 8 MiB whose frames lie in no order. There are no superpages. A and D are set, as
// an operating system sets them that does not page out.
#include "paged.h"

enum { V = 1, RWX = 14, U = 16, AD = 192 };
enum { TABLES = 4, FRAMES = BUFFER_BYTES / PAGE, FINISHER = 0x100000 };
#define FIRST_FRAME 0x81000000u
#define SV32 0x80000000u

extern char _start[], image_end[];
u32 address_space[2];

static u32 roots[2][1024] __attribute__((aligned(PAGE)));
static u32 tables[TABLES][1024] __attribute__((aligned(PAGE)));
static u32 tables_used;
static u32 frames[FRAMES];

static void map(u32 va, u32 pa, u32 flags) {
  u32 *entry = &roots[0][va >> 22];
  if (*entry == 0) {
    if (tables_used == TABLES) end_run(1);
    *entry = (u32)tables[tables_used++] >> 12 << 10 | V;
  }
  u32 *table = (u32 *)(*entry >> 10 << 12);
  table[va >> 12 & 1023] = pa >> 12 << 10 | flags | AD | V;
}

/** Numbers of frames in an order that a multiplicative generator gives (Fisher and Yates). */
static void shuffle_frames(void) {
  u32 seed = 1;
  for (u32 i = 0; i < FRAMES; i++) frames[i] = i;
  for (u32 i = FRAMES - 1; i > 0; i--) {
    seed = seed * 1664525 + 1013904223;
    u32 j = (seed >> 8) % (i + 1), other = frames[j];
    frames[j] = frames[i];
    frames[i] = other;
  }
}

/** In M-mode, before paging; gives satp. */
u32 build_tables(void) {
  for (u32 at = (u32)_start; at < (u32)image_end; at += PAGE) {
    int is_user = at >= (u32)user_start && at < (u32)user_end;
    map(at, at, is_user ? RWX | U : RWX);
  }
  map(FINISHER, FINISHER, RWX);
  shuffle_frames();
  for (u32 i = 0; i < FRAMES; i++) map(BUFFER + i * PAGE, FIRST_FRAME + frames[i] * PAGE, RWX);
  for (u32 i = 0; i < 1024; i++) roots[1][i] = roots[0][i];
  for (u32 i = 0; i < 2; i++) address_space[i] = SV32 | (u32)roots[i] >> 12;
  return address_space[0];
}
