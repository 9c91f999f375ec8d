// What guests with 4 KiB pages have from paged.c and paged.S: tables, and a buffer whose frames lie
// in no order.
typedef unsigned u32;

enum { PAGE = 4096, BUFFER = 0x40000000, BUFFER_BYTES = 8 << 20 };

/** Bounds of the pages that U-mode may touch. */
extern char user_start[], user_end[];

/** satp of two tables that say the same. */
extern u32 address_space[2];

/** Ends the run: 0, or a number of what is wrong. */
void end_run(u32 wrong) __attribute__((noreturn));
