// Faults for tests: see fault.h.
#include "shared/relief/fault.h"

#include "shared/print.h"
#include "shared/relief/books.h"
#include "shared/riscv.h"
#include "shared/string.h"

#define NOWHERE 0xfffffff0u

bool fault_is(const char *command_line, const char *option, const char *name, const char *phase) {
  char asked[40], wanted[40];
  if (!option_value(command_line, option, asked, sizeof asked)) return false;
  format_text(wanted, sizeof wanted, "%s@%s", name, phase);
  if (strcmp(asked, wanted) != 0) return false;
  print("%s=%s: now", option, asked);
  return true;
}

// Clears the start of the processes' page tables.
static void stray(const struct log_page *log) {
  struct books_reader r;
  const struct record *head;
  books_open(&r, log->books_physical);
  while ((head = books_next(&r))) {
    const struct record_process *p = (const struct record_process *)head;
    if (head->type != RECORD_PROCESS || !p->root_physical) continue;
    *(volatile u32 *)linear(p->root_physical) = 0;
  }
}

void fault_at(const char *command_line, const char *option, const char *phase,
              const struct log_page *log) {
  if (fault_is(command_line, option, "panic", phase)) panic("asked for by a fault");
  if (fault_is(command_line, option, "load", phase)) (void)*(volatile u32 *)NOWHERE;
  if (fault_is(command_line, option, "illegal", phase)) __asm__ volatile(".word 0");
  if (fault_is(command_line, option, "stray", phase)) stray(log);
  if (fault_is(command_line, option, "hang", phase)) {
    for (;;) {
    }
  }
}
