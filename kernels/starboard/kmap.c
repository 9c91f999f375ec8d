// Windows to frames above the linear map: two virtual pages a CPU, all in one page table that
// every root shares. A window is opened and closed on the same CPU, so only its own TLB is told.
#include "cpu.h"
#include "frame.h"

static pte_t kmap_table[1024] __attribute__((aligned(PAGE_SIZE)));

void kmap_begin(void) {
  kernel_root[KMAP_BASE >> 22] = pte_of(physical_of(kmap_table), PTE_V | PTE_G);
  sfence_all();
}

void *kmap(u32 frame) {
  if (frame < normal_frames) return frame_linear(frame);
  struct cpu *cpu = this_cpu();
  if (cpu->kmaps == KMAP_WINDOWS_PER_CPU) panic("kmap: no window is left");
  u32 window = cpu->number * KMAP_WINDOWS_PER_CPU + cpu->kmaps++;
  u32 address = KMAP_BASE + window * PAGE_SIZE;
  kmap_table[window] = pte_of(frame_physical(frame), PTE_V | PTE_R | PTE_W | PTE_A | PTE_D | PTE_G);
  sfence_page(address);
  return (void *)address;
}

void kunmap(void *window) {
  u32 address = (u32)window & ~(PAGE_SIZE - 1u);
  if (address < KMAP_BASE) return;
  struct cpu *cpu = this_cpu();
  u32 number = (address - KMAP_BASE) / PAGE_SIZE;
  if (number != cpu->number * KMAP_WINDOWS_PER_CPU + cpu->kmaps - 1) panic("kunmap: out of order");
  kmap_table[number] = 0;
  sfence_page(address);
  cpu->kmaps--;
}

void frame_clear(u32 frame) {
  void *window = kmap(frame);
  memset(window, 0, PAGE_SIZE);
  kunmap(window);
}

void frame_copy(u32 to, u32 from) {
  void *source = kmap(from), *target = kmap(to);
  memcpy(target, source, PAGE_SIZE);
  kunmap(target);
  kunmap(source);
}

u32 frame_allocate_zeroed(void) {
  u32 frame = frame_allocate(ZONE_NORMAL, 0);
  if (frame != NO_FRAME) frame_clear(frame);
  return frame;
}

u32 frame_allocate_user_zeroed(void) {
  u32 frame = frame_allocate_user();
  if (frame != NO_FRAME) frame_clear(frame);
  return frame;
}
