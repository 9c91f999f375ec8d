// Kernel messages: formatted text to the console's UART, whole lines at a time.
#ifndef SHARED_PRINT_H
#define SHARED_PRINT_H
#include <stdarg.h>

#include "shared/types.h"

// Formats like C's vsnprintf: %d %i %u %x %p %s %c %% and %llu %llx %lld, with width, 0 and -.
// Always terminates; returns the length it would have had.
u32 format_arguments(char *buffer, size_t size, const char *format, va_list arguments);
__attribute__((format(printf, 3, 4))) u32 format_text(char *buffer, size_t size,
                                                      const char *format, ...);

// One message, with the prefix set by print_prefix; a newline is added.
__attribute__((format(printf, 1, 2))) void print(const char *format, ...);
void print_prefix(const char *prefix);

// Bytes to the UART, polled; safe from any context. Serialised by a lock of its own.
void console_write(const char *bytes, size_t n);

// Given each whole line that print() writes, if set: a kernel's log of its last messages.
extern void (*print_hook)(const char *line, u32 bytes);

// Called by panic() after it has said why, if set: a kernel that fails before it has relieved the
// other gives up the relief instead of the machine, and does not return.
extern void (*panic_hook)(void);

// Says why on the console and at the log desk, and ends the machine with a failure code.
__attribute__((noreturn, format(printf, 1, 2))) void panic(const char *format, ...);
#endif
