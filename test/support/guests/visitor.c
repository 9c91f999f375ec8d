// A guest that knows nothing of Quarterdeck: an S-mode program for any board like QEMU's `virt`,
// entered with OpenSBI's conventions (a0 = hart, a1 = device tree). It prints what it finds: the
// command line and RAM disk of the tree, SBI extensions, its second hart, a timer, paging, and the
// first bytes of each virtio device's first queue. The same lines are expected on every emulator.
#include <stdint.h>

struct sbi {
  long error, value;
};

static struct sbi call(long extension, long function, long x0, long x1, long x2) {
  register long a0 __asm__("a0") = x0;
  register long a1 __asm__("a1") = x1;
  register long a2 __asm__("a2") = x2;
  register long a6 __asm__("a6") = function;
  register long a7 __asm__("a7") = extension;
  __asm__ volatile("ecall" : "+r"(a0), "+r"(a1) : "r"(a2), "r"(a6), "r"(a7) : "memory");
  return (struct sbi){a0, a1};
}

static void put(const char *text) {
  while (*text) call(1, 0, *text++, 0, 0);
}

static void number(const char *what, uint32_t value) {
  put(what);
  put(" ");
  for (int shift = 28; shift >= 0; shift -= 4)
    call(1, 0, "0123456789abcdef"[value >> shift & 15], 0, 0);
  put("\n");
}

static uint32_t big(const uint32_t *word) {
  return __builtin_bswap32(*word);
}

static int same(const char *a, const char *b) {
  while (*a && *a == *b) a++, b++;
  return *a == *b;
}

// The device tree's structure block, property by property (Devicetree Specification 0.4, 5.4).
static void read_tree(const uint32_t *tree) {
  const char *strings = (const char *)tree + big(tree + 3);
  const uint32_t *word = (const uint32_t *)((const char *)tree + big(tree + 2));
  uint32_t start = 0, end = 0, token;
  while ((token = big(word++)) != 9) {
    if (token == 1) {
      const char *name = (const char *)word;
      uint32_t length = 0;
      while (name[length]) length++;
      word += length / 4 + 1;
    } else if (token == 3) {
      uint32_t bytes = big(word);
      const char *name = strings + big(word + 1);
      if (same(name, "bootargs")) put("bootargs "), put((const char *)(word + 2)), put("\n");
      if (same(name, "linux,initrd-start")) start = big(word + 1 + bytes / 4);
      if (same(name, "linux,initrd-end")) end = big(word + 1 + bytes / 4);
      word += 2 + (bytes + 3) / 4;
    }
  }
  number("initrd bytes", end - start);
  number("initrd begins", *(uint32_t *)start);
}

static volatile uint32_t second_said;
static uint8_t stack[4096] __attribute__((aligned(16)));
void second_entry(void);
__asm__(".pushsection .text\nsecond_entry:\n mv sp, a1\n jal second\n.popsection");

__attribute__((used)) static void second(uint32_t hart) {
  second_said = 0x100 + hart;
  call(0x48534d, 1, 0, 0, 0);
}

static void start_second(uint32_t hart) {
  if (call(0x48534d, 0, hart ^ 1, (long)second_entry, (long)(stack + sizeof stack)).error) {
    put("no second hart\n");
    return;
  }
  while (!second_said) {
  }
  number("second hart is the other", (second_said & 0xff) == (hart ^ 1));
}

static uint32_t root[1024] __attribute__((aligned(4096)));

// Identity for devices and RAM, and RAM once more at 0x40000000.
static void turn_paging_on(void) {
  for (uint32_t i = 0; i < 1024; i++) root[i] = i << 20 | 0xcf;
  for (uint32_t i = 0; i < 64; i++) root[0x100 + i] = (0x200 + i) << 20 | 0xcf;
  uint32_t satp = 0x80000000u | (uint32_t)root >> 12;
  __asm__ volatile("csrw satp, %0; sfence.vma" ::"r"(satp) : "memory");
  volatile uint32_t *alias = (volatile uint32_t *)((uint32_t)&second_said - 0x40000000u);
  second_said = 0x1234;
  number("alias reads", *alias);
}

struct descriptor {
  uint64_t address;
  uint32_t length;
  uint16_t flags, next;
};
#define QUEUE_BYTES 8192
// Descriptors, the available ring at 128, the used ring at 4096: both transports find them there.
static uint8_t queue[QUEUE_BYTES] __attribute__((aligned(4096)));
static struct descriptor *const descriptors = (struct descriptor *)queue;
static uint32_t header[4];
static uint8_t data[512], status;

static volatile uint32_t *reg(uint32_t slot, uint32_t offset) {
  return (volatile uint32_t *)(0x10001000 + slot * 0x1000 + offset);
}

// Names queue 0 to the device, by either transport (Virtual I/O Device 1.2, 4.2.3 and 4.2.4).
static void name_queue(uint32_t slot) {
  uint32_t place = (uint32_t)queue;
  *reg(slot, 0x70) = 0;
  *reg(slot, 0x70) = 3;
  *reg(slot, 0x24) = 0;
  *reg(slot, 0x20) = 0;
  if (*reg(slot, 4) == 2) {
    *reg(slot, 0x24) = 1;
    *reg(slot, 0x20) = 1;
    *reg(slot, 0x70) = 11;
    number("features accepted", *reg(slot, 0x70) >> 3 & 1);
  }
  *reg(slot, 0x30) = 0;
  *reg(slot, 0x38) = 8;
  if (*reg(slot, 4) == 2) {
    *reg(slot, 0x80) = place;
    *reg(slot, 0x90) = place + 128;
    *reg(slot, 0xa0) = place + 4096;
    *reg(slot, 0x84) = *reg(slot, 0x94) = *reg(slot, 0xa4) = 0;
    *reg(slot, 0x44) = 1;
  } else {
    *reg(slot, 0x28) = 4096;
    *reg(slot, 0x3c) = 4096;
    *reg(slot, 0x40) = place >> 12;
  }
  *reg(slot, 0x70) = *reg(slot, 0x70) | 4;
}

static void ask(uint32_t slot, uint32_t buffers) {
  volatile uint16_t *available = (volatile uint16_t *)(queue + 128);
  volatile uint16_t *used = (volatile uint16_t *)(queue + 4096);
  for (uint32_t i = 128; i < QUEUE_BYTES; i++) ((volatile uint8_t *)queue)[i] = 0;
  for (uint32_t i = 0; i < buffers; i++) {
    descriptors[i].flags = (uint16_t)((i + 1 < buffers) | (i > 0 || buffers == 1 ? 2 : 0));
    descriptors[i].next = (uint16_t)(i + 1);
  }
  name_queue(slot);
  available[2] = 0;
  __asm__ volatile("fence" ::: "memory");
  available[1] = 1;
  __asm__ volatile("fence" ::: "memory");
  *reg(slot, 0x50) = 0;
  while (used[1] == 0) {
  }
}

static void try_block(uint32_t slot) {
  header[0] = 0;
  header[2] = 1; // the second sector
  descriptors[0].address = (uint32_t)header;
  descriptors[0].length = 16;
  descriptors[1].address = (uint32_t)data;
  descriptors[1].length = 512;
  descriptors[2].address = (uint32_t)&status;
  descriptors[2].length = 1;
  status = 0xff;
  number("sectors", *reg(slot, 0x100));
  ask(slot, 3);
  number("block status", status);
  number("sector 1 begins", *(uint32_t *)data);
}

static void try_entropy(uint32_t slot) {
  uint32_t ones = 0;
  descriptors[0].address = (uint32_t)data;
  descriptors[0].length = 512;
  ask(slot, 1);
  for (uint32_t i = 0; i < 512; i++) ones += (uint32_t)__builtin_popcount(data[i]);
  number("about half of the bits are ones", ones > 1700 && ones < 2400);
}

__attribute__((used)) static void run(uint32_t hart, const uint32_t *tree) {
  put("visitor\n");
  number("tree", big(tree));
  read_tree(tree);
  number("sbi version at least 0.2", call(0x10, 0, 0, 0, 0).value >= 2);
  number("time, ipi, rfence, hsm, srst",
         !!call(0x10, 3, 0x54494d45, 0, 0).value + !!call(0x10, 3, 0x735049, 0, 0).value +
             !!call(0x10, 3, 0x52464e43, 0, 0).value + !!call(0x10, 3, 0x48534d, 0, 0).value +
             !!call(0x10, 3, 0x53525354, 0, 0).value);
  start_second(hart);
  turn_paging_on();
  for (uint32_t slot = 0; slot < 8; slot++) {
    uint32_t id = *reg(slot, 8);
    if (id == 2) try_block(slot);
    if (id == 4) try_entropy(slot);
  }
  put("visitor leaves\n");
  call(0x53525354, 0, 0, 0, 0);
}

__asm__(".section .text.start,\"ax\"\n.globl _start\n_start:\n la sp, boot_stack_top\n jal run\n"
        ".bss\n.balign 16\n.space 8192\nboot_stack_top:\n");
