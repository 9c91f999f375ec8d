// The firmware's own header: layout shared by C and entry.S, the state of a hart, and what each
// file offers the others. boot.c sets harts up, trap.c dispatches, sbi.c answers calls, hart.c
// starts, stops and signals harts, fence.c does remote fences, console.c is the UART, tree.c reads
// the device tree.
#ifndef FIRMWARE_H
#define FIRMWARE_H

#define STACK_SHIFT 10 // 1 KiB a hart
#define FRAME_BYTES 80
#define FRAME_A0 16

#ifndef __ASSEMBLER__
#include <stddef.h>
#include <stdint.h>

// Registers of the interrupted S- or U-mode, as entry.S stores them.
struct frame {
  uint32_t ra, t0, t1, t2;
  uint32_t a[8];
  uint32_t t3, t4, t5, t6;
  uint32_t sp;
};
_Static_assert(offsetof(struct frame, a) == FRAME_A0, "entry.S stores a0 here");
_Static_assert(sizeof(struct frame) <= FRAME_BYTES, "entry.S reserves this much");

// Bits of a hart's mailbox; a sender sets them, then the hart's msip.
#define REQUEST_IPI 1u   // raise the supervisor software interrupt
#define REQUEST_FENCE 2u // see struct fence
#define REQUEST_START 4u // leave STOPPED
#define REQUEST_STOP 8u  // enter STOPPED, whatever runs

// Fences asked of one hart, merged into one while they wait. A sender takes a ticket, and waits
// until `done` reaches it; the hart does the fence and sets done = asked as it was before.
struct fence {
  uint32_t lock;
  uint32_t asked, done;
  uint32_t instruction;  // fence.i wanted
  uint32_t address;      // sfence.vma wanted
  uint32_t start, last;  // of these addresses, both included
  uint32_t asid;         // of this address space, or ASID_ALL
};
#define ASID_ALL 0xffffffffu

struct hart {
  uint32_t requests; // REQUEST_*; any hart sets bits, the owner takes them all at once
  uint32_t state;    // SBI_HSM_*; STOPPED -> START_PENDING by the starter, all else by the owner
  uint32_t present;  // in the device tree
  uint32_t start_address, start_argument; // valid in START_PENDING
  uint32_t stops_asked, stops_done;       // tickets, as in struct fence
  struct fence fence;
};
extern struct hart harts[];
extern uint32_t hart_count;       // one more than the highest hart id
extern uint32_t ram_start, ram_last; // of the device tree's memory, both included

struct result {
  int32_t error;
  uint32_t value;
};

// What a fence call asks for; see struct fence.
struct fence_wanted {
  uint32_t instruction, start, last, asid;
};
#define FENCE_EVERYTHING {0, 0, 0xffffffffu, ASID_ALL}

#define csr_read(name) \
  ({ uint32_t value_; __asm__ volatile("csrr %0, " #name : "=r"(value_)); value_; })
#define csr_write(name, value) __asm__ volatile("csrw " #name ", %0" ::"r"(value) : "memory")
#define csr_set(name, value) __asm__ volatile("csrs " #name ", %0" ::"r"(value) : "memory")
#define csr_clear(name, value) __asm__ volatile("csrc " #name ", %0" ::"r"(value) : "memory")

#define INTERRUPT_SSI (1u << 1)
#define INTERRUPT_MSI (1u << 3)
#define INTERRUPT_STI (1u << 5)
#define INTERRUPT_MTI (1u << 7)
#define INTERRUPT_SEI (1u << 9)
#define INTERRUPTS_SUPERVISOR (INTERRUPT_SSI | INTERRUPT_STI | INTERRUPT_SEI)

static inline volatile uint32_t *reg32(uint32_t address) {
  return (volatile uint32_t *)address;
}

// boot.c
void hart_enter_supervisor(uint32_t address, uint32_t argument) __attribute__((noreturn));
void hart_resume(uint32_t address, uint32_t argument) __attribute__((noreturn));

// trap.c
void trap_handle(struct frame *frame);
void trap_panic(void) __attribute__((noreturn));

// sbi.c
struct result sbi_call(uint32_t extension, uint32_t function, const uint32_t *arguments);
struct result set_timer(uint32_t low, uint32_t high);
int fence_range(struct fence_wanted *wanted, uint32_t start, uint32_t size);

// legacy.c
struct result legacy_call(uint32_t extension, const uint32_t *arguments);

// entry.S: the word at an address as the mode in mstatus.MPP sees it; returns 0, or not 0 when that
// mode could not read it.
uint32_t load_as_caller(uint32_t address, uint32_t *word);

// hart.c
void hart_post(uint32_t hart, uint32_t request);
void hart_serve(void);
void hart_timer_fired(void);
int hart_is_executable(uint32_t address);
void hart_wait_stopped(void) __attribute__((noreturn));
struct result hart_start(uint32_t hart, uint32_t address, uint32_t argument);
void hart_stop(void) __attribute__((noreturn));
struct result hart_status(uint32_t hart);
struct result hart_suspend(uint32_t type, uint32_t address, uint32_t argument);
struct result hart_force_stop(uint32_t hart);
struct result hart_send_ipi(uint32_t mask, uint32_t base);
int hart_mask_is_valid(uint32_t mask, uint32_t base);
int hart_is_in_mask(uint32_t hart, uint32_t mask, uint32_t base);

// fence.c
struct result fence_remote(uint32_t mask, uint32_t base, struct fence_wanted wanted);
void fence_serve(struct fence *fence);

// console.c
void console_start(void);
void console_write(uint8_t byte);
int console_read(void);
void console_text(const char *text);
void console_hex(uint32_t value);
void machine_end(uint32_t finisher_value) __attribute__((noreturn));

// tree.c
void tree_read(const void *tree);
#endif
#endif
