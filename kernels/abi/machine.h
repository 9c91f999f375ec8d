// Written from assembly/abi.ts by scripts/machine-header.mjs. Do not edit.
#ifndef MACHINE_H
#define MACHINE_H

// The machine as its guests see it: memory map, device registers, magic numbers.
// This file is the one truth. `kernels/abi/machine.h` is written from it by
// `scripts/machine-header.mjs` (a test compares the two), and the host imports the same numbers
// from the compiled core. Constants only: one `export const NAME: u32 = VALUE;` a line, so that
// the header writer needs no parser worth the name.

// --- Memory map: QEMU's `virt` board (hw/riscv/virt.c), so that guests of one boot on the other.
#define BOOT_ROM_BASE 0x00001000
#define BOOT_ROM_SIZE 0x0000f000
#define FINISHER_BASE 0x00100000
#define FINISHER_SIZE 0x00001000
#define RTC_BASE 0x00101000
#define RTC_SIZE 0x00001000
#define LOG_DESK_BASE 0x00102000
#define LOG_DESK_SIZE 0x00001000
#define FIREWALL_BASE 0x00103000
#define FIREWALL_SIZE 0x00001000
#define CLINT_BASE 0x02000000
#define CLINT_SIZE 0x00010000
#define PLIC_BASE 0x0c000000
#define PLIC_SIZE 0x00600000
#define UART_BASE 0x10000000
#define UART_SIZE 0x00000100
#define VIRTIO_BASE 0x10001000
#define VIRTIO_STRIDE 0x00001000
#define VIRTIO_SLOTS 8
#define RAM_BASE 0x80000000

// --- Where the host puts guest images (cold boot).
#define FIRMWARE_BASE 0x80000000
#define FIRMWARE_SIZE 0x00100000
#define KERNEL_BASE 0x80400000
#define HARTS_MAX 512

// --- Interrupt sources at the PLIC.
#define VIRTIO_IRQ 1
#define UART_IRQ 10
#define RTC_IRQ 11
#define PLIC_SOURCES 96

// --- Test finisher (SiFive test device): one 32-bit store ends the run.
#define FINISHER_FAIL 0x3333
#define FINISHER_PASS 0x5555
#define FINISHER_RESET 0x7777

// --- CLINT (SiFive): byte offsets from CLINT_BASE.
#define CLINT_MSIP 0x0000
#define CLINT_MTIMECMP 0x4000
#define CLINT_MTIME 0xbff8
#define TIMEBASE_HZ 10000000

// --- Log desk: byte offsets from LOG_DESK_BASE. All registers are 32 bits wide.
// A store to MARK appends one event {hart, cycle, instructions, code, argument, value} to the
// event ring: bits 31..24 of the stored word are the code, bits 23..0 the argument, and the value
// is what the same hart last stored to VALUE (then cleared to 0). For codes from DESK_TEXT_CODE
// up, the value is the physical address of a NUL-terminated text of at most DESK_TEXT_MAX bytes,
// which the desk copies into the event. For MARK_PHASE the desk also records the instruction
// counts of all harts.
#define DESK_MARK 0x00
#define DESK_VALUE 0x04
#define DESK_ID 0x08
#define DESK_ID_VALUE 0x51444c44
#define DESK_TEXT_CODE 0x80
#define DESK_TEXT_MAX 255

// --- Firewall: byte offsets from FIREWALL_BASE, present where the device tree says so. All
// registers are 32 bits wide. LEDGER takes the physical address of the frame ledger, one byte a
// frame of RAM, or 0: nothing is checked. SHARED takes the address of one page that every node may
// store to, or 0. NODE takes hart << 8 | node: who that hart works for; 0 is unchecked, as after
// reset. A store to any of them, or to FENCE, makes changes of the ledger bind for all harts.
#define FIREWALL_ID 0x00
#define FIREWALL_LEDGER 0x04
#define FIREWALL_SHARED 0x08
#define FIREWALL_NODE 0x0c
#define FIREWALL_FENCE 0x10
#define FIREWALL_ID_VALUE 0x51444657

// Mark codes. The argument of each stands behind it.
#define MARK_KERNEL 0x01 // node << 12 | release (281, 282): this hart now runs it
#define MARK_PHASE 0x02 // PHASE_*: this phase begins, and ends the one before
#define MARK_PROCESS_FROZEN 0x03 // pid: not runnable any more because of the relief
#define MARK_PROCESS_THAWED 0x04 // pid: runnable again
#define MARK_PROCESS_EXIT 0x05 // pid; value: wait status
#define MARK_CPU_OPEN 0x06 // hart: this CPU takes user processes
#define MARK_CPU_CLOSED 0x07 // hart: this CPU takes no more user processes
#define MARK_ABORT 0x08 // ABORT_* reason: the relief is given up
#define MARK_PROCESS_FRAMES 0x09 // pid; value: user pages that were adopted with it
#define MARK_PROCESS_DESCRIPTORS 0x0a // pid; value: open descriptors when moved
#define MARK_LEDGER_FRAMES 0x0b // value: frames in the ledger
#define MARK_LEDGER_UNOWNED 0x0c // value: frames that nobody owns
#define MARK_LEDGER_DOUBLY 0x0d // value: frames claimed twice
#define MARK_FRAMES_USED 0x0e // value: frames in use (not free) in this kernel
#define MARK_PROCESSES 0x0f // value: processes alive in this kernel
#define MARK_GROUP 0x10 // group; value: processes that it brought across
#define MARK_FORWARDED 0x11 // value: system calls that the other kernel carried out
#define MARK_PROCESS_LOST 0x12 // pid: it was still with a kernel that has died
#define MARK_DEVICE_RELEASED 0x13 // irq: from here on no kernel serves this device
#define MARK_DEVICE_OWNED 0x14 // irq: this kernel serves it
#define MARK_FRAMES_RESERVED 0x15 // value: frames set aside for the next kernel
#define MARK_FRAMES_BOOKS 0x16 // value: frames of the books
#define MARK_FRAMES_GIVEN 0x17 // value: free frames given to the next kernel
#define MARK_FRAMES_COPIED 0x18 // value: frames that it has copied
#define MARK_SAY 0x80 // 0 = offgoing, 1 = oncoming, 2 = kernel; text: what is said
#define MARK_PROCESS_NAME 0x81 // pid; text: its name
#define MARK_USER 0x82 // pid; text: a line written to /dev/logdesk
#define MARK_PANIC 0x83 // hart; text: why

// Phases of a relief, in order; then those of its rivals.
#define PHASE_HALT 1
#define PHASE_LOAD 2
#define PHASE_RELIEVING_BOOT 3
#define PHASE_QUALIFICATION 4
#define PHASE_READY_TO_RELIEVE 5
#define PHASE_READY_TO_BE_RELIEVED 6
#define PHASE_I_RELIEVE_YOU 7
#define PHASE_TRANSFER 8
#define PHASE_VERIFY 9
#define PHASE_I_STAND_RELIEVED 10
#define PHASE_ASSIMILATE 11
#define PHASE_END 12
#define PHASE_ABORTED 13
#define PHASE_GROUPS 14 // between VERIFY and I_STAND_RELIEVED
#define PHASE_CHECKPOINT 15 // all processes stand still, and are written down
#define PHASE_SHUTDOWN 16 // programs, devices and CPUs are stopped
#define PHASE_FIRMWARE 17 // the machine is reset
#define PHASE_BOOT 18 // a kernel boots, and probes what there is
#define PHASE_RESTORE 19 // it reads what was written down
#define PHASE_RESTART 20 // init starts all programs again

#endif
