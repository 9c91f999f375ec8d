// Types and small macros that every kernel file uses, and the linear map of ZONE_NORMAL.
//
//   virtual 0x00000000..0xBFFFFFFF  user space, per process
//           0xC0000000..0xF7FFFFFF  ZONE_NORMAL: virtual = physical + LINEAR_OFFSET, 896 MiB most
//           0xF8000000..0xF8FFFFFF  devices (DEVICE_*), mapped by 4 MiB superpages
//           0xFE000000..0xFE3FFFFF  kmap windows: two 4 KiB windows for each of 512 CPUs
#ifndef SHARED_TYPES_H
#define SHARED_TYPES_H

#include "abi/machine.h"

#define PAGE_SIZE 4096
#define PAGE_SHIFT 12
#define LINEAR_OFFSET 0x40000000
#define USER_END 0xc0000000
#define KERNEL_VIRTUAL 0xc0000000
#define ZONE_NORMAL_MAX 0x38000000
#define DEVICE_PERIPHERALS 0xf8000000 // physical 0x10000000: UART, virtio slots
#define DEVICE_LOW 0xf8400000         // physical 0x00000000: finisher, log desk, firewall
#define DEVICE_PLIC 0xf8800000        // physical 0x0c000000, two superpages
#define KMAP_BASE 0xfe000000
#define KMAP_WINDOWS_PER_CPU 2
#define KERNEL_STACK_SIZE 8192

#ifndef __ASSEMBLER__
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int32_t s32;
typedef int64_t s64;

#define ARRAY_LENGTH(a) (sizeof(a) / sizeof((a)[0]))
#define container_of(p, type, field) ((type *)((char *)(p) - offsetof(type, field)))
#define ROUND_UP(n, to) (((n) + (to) - 1) / (to) * (to))
#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))

// Frames are numbered from the start of RAM: frame 0 is physical RAM_BASE.
static inline u32 frame_physical(u32 frame) { return RAM_BASE + (frame << PAGE_SHIFT); }
static inline u32 frame_of_physical(u32 physical) { return (physical - RAM_BASE) >> PAGE_SHIFT; }
static inline void *linear(u32 physical) { return (void *)(physical + LINEAR_OFFSET); }
static inline u32 physical_of(const void *linear_address) {
  return (u32)linear_address - LINEAR_OFFSET;
}
#endif
#endif
