// A program in U-mode that does little else than call a small kernel in S-mode: who am I, take
// these 64 bytes, give way. To give way changes to a second table that says the same, and fences.
// The build gives ROUNDS, and how many LINES a round gives and how often it gives way (YIELDS).
#include "paged.h"

enum call { GETPID, WRITE, YIELD, EXIT, CALLS };
enum { PID = 7, LINE = 64, ECALL_FROM_USER = 8, SUM = 1 << 18 };

struct frame {
  u32 pc, x[31]; // x[n - 1] is register xn
};

void enter_user(void (*where)(void), char *stack) __attribute__((noreturn));

static u32 pid = PID, written, space;
static u32 line[LINE / 4];

static u32 argument(const struct frame *frame, u32 n) { return frame->x[9 + n]; }

static u32 get_pid(const struct frame *frame) {
  (void)frame;
  return *(volatile u32 *)&pid;
}

static u32 take_line(const struct frame *frame) {
  u32 from = argument(frame, 0), bytes = argument(frame, 1);
  if (bytes > LINE || from < (u32)user_start || from > (u32)user_end - bytes) return ~0u;
  __asm__ volatile("csrs sstatus, %0" : : "r"(SUM) : "memory");
  for (u32 i = 0; i < bytes / 4; i++) ((volatile u32 *)line)[i] = ((volatile u32 *)from)[i];
  __asm__ volatile("csrc sstatus, %0" : : "r"(SUM) : "memory");
  written += bytes;
  return bytes;
}

static u32 give_way(const struct frame *frame) {
  (void)frame;
  space ^= 1;
  __asm__ volatile("csrw satp, %0\n sfence.vma" : : "r"(address_space[space]) : "memory");
  return 0;
}

static u32 leave(const struct frame *frame) {
  u32 wrong = argument(frame, 0);
  end_run(wrong == 0 && written != LINES * LINE * ROUNDS ? 3 : wrong);
}

static u32 (*const table[CALLS])(const struct frame *) = {get_pid, take_line, give_way, leave};

void dispatch(struct frame *frame) {
  u32 cause;
  __asm__ volatile("csrr %0, scause" : "=r"(cause));
  if (cause != ECALL_FROM_USER) end_run(4);
  u32 number = argument(frame, 7);
  frame->x[9] = number < CALLS ? table[number](frame) : ~0u;
}

#define USER __attribute__((section(".user.text"), noinline))

USER static u32 call(enum call number, u32 first, u32 second) {
  register u32 a0 __asm__("a0") = first;
  register u32 a1 __asm__("a1") = second;
  register u32 a7 __asm__("a7") = number;
  __asm__ volatile("ecall" : "+r"(a0) : "r"(a1), "r"(a7) : "memory");
  return a0;
}

static u32 text[LINE / 4] __attribute__((section(".user.data"), aligned(16))) = {1};
static char user_stack[1024] __attribute__((section(".user.stack"), aligned(16))) = {0};

/** A round: five times who, then the lines, and then to give way. */
USER static void program(void) {
  u32 wrong = 0;
  for (u32 round = 0; round < ROUNDS; round++) {
    for (u32 i = 0; i < 5; i++) wrong |= call(GETPID, 0, 0) ^ PID;
    for (u32 i = 0; i < LINES; i++) {
      text[i] = round;
      wrong |= call(WRITE, (u32)text, LINE) ^ LINE;
    }
    for (u32 i = 0; i < YIELDS; i++) wrong |= call(YIELD, 0, 0);
  }
  call(EXIT, wrong ? 2 : 0, 0);
}

u32 main(void) { enter_user(program, user_stack + sizeof user_stack); }
