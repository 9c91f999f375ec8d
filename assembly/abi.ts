// The machine as its guests see it: memory map, device registers, magic numbers.
// This file is the one truth. `kernels/abi/machine.h` is written from it by
// `scripts/machine-header.mjs` (a test compares the two), and the host imports the same numbers
// from the compiled core. Constants only: one `export const NAME: u32 = VALUE;` a line, so that
// the header writer needs no parser worth the name.

// --- Memory map: QEMU's `virt` board (hw/riscv/virt.c), so that guests of one boot on the other.
export const BOOT_ROM_BASE: u32 = 0x00001000;
export const BOOT_ROM_SIZE: u32 = 0x0000f000;
export const FINISHER_BASE: u32 = 0x00100000;
export const FINISHER_SIZE: u32 = 0x00001000;
export const RTC_BASE: u32 = 0x00101000;
export const RTC_SIZE: u32 = 0x00001000;
export const LOG_DESK_BASE: u32 = 0x00102000;
export const LOG_DESK_SIZE: u32 = 0x00001000;
export const FIREWALL_BASE: u32 = 0x00103000;
export const FIREWALL_SIZE: u32 = 0x00001000;
export const CLINT_BASE: u32 = 0x02000000;
export const CLINT_SIZE: u32 = 0x00010000;
export const PLIC_BASE: u32 = 0x0c000000;
export const PLIC_SIZE: u32 = 0x00600000;
export const UART_BASE: u32 = 0x10000000;
export const UART_SIZE: u32 = 0x00000100;
export const VIRTIO_BASE: u32 = 0x10001000;
export const VIRTIO_STRIDE: u32 = 0x00001000;
export const VIRTIO_SLOTS: u32 = 8;
export const RAM_BASE: u32 = 0x80000000;

// --- Where the host puts guest images (cold boot).
export const FIRMWARE_BASE: u32 = 0x80000000;
export const FIRMWARE_SIZE: u32 = 0x00100000;
export const KERNEL_BASE: u32 = 0x80400000;
export const HARTS_MAX: u32 = 512;

// --- Interrupt sources at the PLIC.
export const VIRTIO_IRQ: u32 = 1;
export const UART_IRQ: u32 = 10;
export const RTC_IRQ: u32 = 11;
export const PLIC_SOURCES: u32 = 96;

// --- Test finisher (SiFive test device): one 32-bit store ends the run.
export const FINISHER_FAIL: u32 = 0x3333;
export const FINISHER_PASS: u32 = 0x5555;
export const FINISHER_RESET: u32 = 0x7777;

// --- CLINT (SiFive): byte offsets from CLINT_BASE.
export const CLINT_MSIP: u32 = 0x0000;
export const CLINT_MTIMECMP: u32 = 0x4000;
export const CLINT_MTIME: u32 = 0xbff8;
export const TIMEBASE_HZ: u32 = 10000000;

// --- Log desk: byte offsets from LOG_DESK_BASE. All registers are 32 bits wide.
// A store to MARK appends one event {hart, cycle, instructions, code, argument, value} to the
// event ring: bits 31..24 of the stored word are the code, bits 23..0 the argument, and the value
// is what the same hart last stored to VALUE (then cleared to 0). For codes from DESK_TEXT_CODE
// up, the value is the physical address of a NUL-terminated text of at most DESK_TEXT_MAX bytes,
// which the desk copies into the event. For MARK_PHASE the desk also records the instruction
// counts of all harts.
export const DESK_MARK: u32 = 0x00;
export const DESK_VALUE: u32 = 0x04;
export const DESK_ID: u32 = 0x08;
export const DESK_ID_VALUE: u32 = 0x51444c44;
export const DESK_TEXT_CODE: u32 = 0x80;
export const DESK_TEXT_MAX: u32 = 255;

// --- Firewall: byte offsets from FIREWALL_BASE, present where the device tree says so. All
// registers are 32 bits wide. LEDGER takes the physical address of the frame ledger, one byte a
// frame of RAM, or 0: nothing is checked. SHARED takes the address of one page that every node may
// store to, or 0. NODE takes hart << 8 | node: who that hart works for; 0 is unchecked, as after
// reset. A store to any of them, or to FENCE, makes changes of the ledger bind for all harts.
export const FIREWALL_ID: u32 = 0x00;
export const FIREWALL_LEDGER: u32 = 0x04;
export const FIREWALL_SHARED: u32 = 0x08;
export const FIREWALL_NODE: u32 = 0x0c;
export const FIREWALL_FENCE: u32 = 0x10;
export const FIREWALL_ID_VALUE: u32 = 0x51444657;

// Mark codes. The argument of each stands behind it.
export const MARK_KERNEL: u32 = 0x01; // node << 12 | release (281, 282): this hart now runs it
export const MARK_PHASE: u32 = 0x02; // PHASE_*: this phase begins, and ends the one before
export const MARK_PROCESS_FROZEN: u32 = 0x03; // pid: not runnable any more because of the relief
export const MARK_PROCESS_THAWED: u32 = 0x04; // pid: runnable again
export const MARK_PROCESS_EXIT: u32 = 0x05; // pid; value: wait status
export const MARK_CPU_OPEN: u32 = 0x06; // hart: this CPU takes user processes
export const MARK_CPU_CLOSED: u32 = 0x07; // hart: this CPU takes no more user processes
export const MARK_ABORT: u32 = 0x08; // ABORT_* reason: the relief is given up
export const MARK_PROCESS_FRAMES: u32 = 0x09; // pid; value: user pages that were adopted with it
export const MARK_PROCESS_DESCRIPTORS: u32 = 0x0a; // pid; value: open descriptors when moved
export const MARK_LEDGER_FRAMES: u32 = 0x0b; // value: frames in the ledger
export const MARK_LEDGER_UNOWNED: u32 = 0x0c; // value: frames that nobody owns
export const MARK_LEDGER_DOUBLY: u32 = 0x0d; // value: frames claimed twice
export const MARK_FRAMES_USED: u32 = 0x0e; // value: frames in use (not free) in this kernel
export const MARK_PROCESSES: u32 = 0x0f; // value: processes alive in this kernel
export const MARK_GROUP: u32 = 0x10; // group; value: processes that it brought across
export const MARK_FORWARDED: u32 = 0x11; // value: system calls that the other kernel carried out
export const MARK_PROCESS_LOST: u32 = 0x12; // pid: it was still with a kernel that has died
export const MARK_DEVICE_RELEASED: u32 = 0x13; // irq: from here on no kernel serves this device
export const MARK_DEVICE_OWNED: u32 = 0x14; // irq: this kernel serves it
export const MARK_FRAMES_RESERVED: u32 = 0x15; // value: frames set aside for the next kernel
export const MARK_FRAMES_BOOKS: u32 = 0x16; // value: frames of the books
export const MARK_FRAMES_GIVEN: u32 = 0x17; // value: free frames given to the next kernel
export const MARK_FRAMES_COPIED: u32 = 0x18; // value: frames that it has copied
export const MARK_SAY: u32 = 0x80; // 0 = offgoing, 1 = oncoming, 2 = kernel; text: what is said
export const MARK_PROCESS_NAME: u32 = 0x81; // pid; text: its name
export const MARK_USER: u32 = 0x82; // pid; text: a line written to /dev/logdesk
export const MARK_PANIC: u32 = 0x83; // hart; text: why

// Phases of a relief, in order; then those of its rivals.
export const PHASE_HALT: u32 = 1;
export const PHASE_LOAD: u32 = 2;
export const PHASE_RELIEVING_BOOT: u32 = 3;
export const PHASE_QUALIFICATION: u32 = 4;
export const PHASE_READY_TO_RELIEVE: u32 = 5;
export const PHASE_READY_TO_BE_RELIEVED: u32 = 6;
export const PHASE_I_RELIEVE_YOU: u32 = 7;
export const PHASE_TRANSFER: u32 = 8;
export const PHASE_VERIFY: u32 = 9;
export const PHASE_I_STAND_RELIEVED: u32 = 10;
export const PHASE_ASSIMILATE: u32 = 11;
export const PHASE_END: u32 = 12;
export const PHASE_ABORTED: u32 = 13;
export const PHASE_GROUPS: u32 = 14; // between VERIFY and I_STAND_RELIEVED
export const PHASE_CHECKPOINT: u32 = 15; // all processes stand still, and are written down
export const PHASE_SHUTDOWN: u32 = 16; // programs, devices and CPUs are stopped
export const PHASE_FIRMWARE: u32 = 17; // the machine is reset
export const PHASE_BOOT: u32 = 18; // a kernel boots, and probes what there is
export const PHASE_RESTORE: u32 = 19; // it reads what was written down
export const PHASE_RESTART: u32 = 20; // init starts all programs again
