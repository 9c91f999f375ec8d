// Runs a plan that the host wrote into memory: one step after the other, each an operation (see
// operations.S) on some harts while the others wait, polling a word that is in their caches by then
// and so cause no traffic. Results go to a table that the host reads. Before it is measured an
// operation may run once on a scratch line, so that its code is in the instruction cache.
typedef unsigned u32;

#define HARTS_MAX 32
#define PLAN ((volatile struct plan *)0x80100000)
#define RESULTS ((volatile u32 *)0x80180000)
#define SETTLE_TURNS 1000
#define MIE_MSIE 8

struct step {
  u32 operation, harts; // a bit for each hart that does it
  u32 satp;             // 0: in M-mode, not translated
  u32 flags;
  u32 address, apart;   // the hart at place i works at address + i * apart
  u32 count, warms, extra, scratch;
};
#define WARM_CODE 1 // once on the scratch line before
#define TOGETHER 2  // all harts of the step begin at once
#define VICTIM 4    // places from 1 up do op_victim in S-mode, at scratch, 4096 + 64 bytes apart

struct plan {
  u32 harts, steps;
  struct step step[];
};

typedef u32 operation(u32, u32, u32, u32, u32, u32);
operation op_chase, op_loads, op_stores, op_atomics, op_code_chase, op_dirty, op_plain,
    op_multiply, op_divide, op_branch_taken, op_branch_not_taken, op_jump, op_csr, op_fence,
    op_fence_i, op_sfence, op_load, op_store, op_atomic, op_reserve, op_conditional,
    op_reserve_conditional, op_trap, op_ping_pong, op_increment, op_fetch_add, op_test_and_set,
    op_ticket, op_interrupt_wait, op_interrupt_poll, op_shootdown, op_victim;
static operation *const operations[] = {
    op_chase, op_loads, op_stores, op_atomics, op_code_chase, op_dirty, op_plain,
    op_multiply, op_divide, op_branch_taken, op_branch_not_taken, op_jump, op_csr, op_fence,
    op_fence_i, op_sfence, op_load, op_store, op_atomic, op_reserve, op_conditional,
    op_reserve_conditional, op_trap, op_ping_pong, op_increment, op_fetch_add, op_test_and_set,
    op_ticket, op_interrupt_wait, op_interrupt_poll, op_shootdown, op_victim};

u32 supervisor_call(operation *function, u32 satp, const u32 arguments[6]);
extern u32 shootdown_save[HARTS_MAX][16];
static u32 arrived[2][16] __attribute__((aligned(64))); // a line each

static void settle(void) {
  for (u32 turn = 0; turn < SETTLE_TURNS; turn++) __asm__ volatile("");
}

// Waits until `all` have come here since the start. Who is slow to see it may find more.
static void meet(u32 *line, u32 all) {
  __atomic_fetch_add(line, 1, __ATOMIC_ACQ_REL);
  while (__atomic_load_n(line, __ATOMIC_ACQUIRE) < all) {}
}

static u32 place_of(u32 hart, u32 harts) {
  return (u32)__builtin_popcount(harts & ((1u << hart) - 1));
}

static u32 perform(const volatile struct step *step, u32 place) {
  operation *function = operations[step->operation];
  u32 arguments[6] = {step->address + place * step->apart, step->count, step->warms,
                      step->extra, place, step->scratch};
  if (step->satp) return supervisor_call(function, step->satp, arguments);
  return function(arguments[0], arguments[1], arguments[2], arguments[3], place, arguments[5]);
}

// A victim translates through its own step's satp, and answers shootdowns all the time.
static u32 suffer(const volatile struct step *step, u32 hart, u32 place) {
  u32 arguments[6] = {step->scratch, step->warms, 0, 4096 + 64, place, 0};
  shootdown_save[hart][2] = step->address;
  __asm__ volatile("csrw mie, %0" ::"r"(MIE_MSIE));
  u32 cycles = supervisor_call(op_victim, step->satp, arguments);
  __asm__ volatile("csrw mie, zero");
  return cycles;
}

static u32 attack(const volatile struct step *step) {
  return op_shootdown(step->address, step->count, 0, step->extra, 0, 0);
}

static u32 take_part(const volatile struct step *step, u32 hart, u32 *met) {
  u32 place = place_of(hart, step->harts);
  if (step->flags & WARM_CODE)
    operations[step->operation](step->scratch, 2, 0, 0, place, step->scratch);
  if (step->flags & TOGETHER) meet(arrived[1], *met);
  settle();
  if (!(step->flags & VICTIM)) return perform(step, place);
  return place == 0 ? attack(step) : suffer(step, hart, place);
}

void main(u32 hart) {
  u32 harts = PLAN->harts, met = 0;
  for (u32 number = 0; number < PLAN->steps; number++) {
    const volatile struct step *step = &PLAN->step[number];
    if (step->flags & TOGETHER) met += (u32)__builtin_popcount(step->harts);
    meet(arrived[0], harts * (number + 1));
    settle();
    if (!(step->harts >> hart & 1)) continue;
    RESULTS[number * HARTS_MAX + hart] = take_part(step, hart, &met);
  }
  meet(arrived[0], harts * (PLAN->steps + 1));
  if (hart == 0) *(volatile u32 *)0x100000 = 0x5555;
}
