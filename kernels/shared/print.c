// Formatting and kernel messages. The console lock is a bare atomic flag and not a struct
// spinlock, because panic() prints while any lock may be held.
#include "shared/print.h"

#include "shared/desk.h"
#include "shared/riscv.h"
#include "shared/sbi.h"
#include "shared/string.h"
#include "shared/uart.h"

struct sink {
  char *buffer;
  size_t size, length;
};

static void put(struct sink *s, char c) {
  if (s->length + 1 < s->size) s->buffer[s->length] = c;
  s->length++;
}

static void put_padded(struct sink *s, const char *text, u32 n, u32 width, char pad, bool left) {
  if (!left) {
    for (u32 i = n; i < width; i++) put(s, pad);
  }
  for (u32 i = 0; i < n; i++) put(s, text[i]);
  if (left) {
    for (u32 i = n; i < width; i++) put(s, ' ');
  }
}

// Digits of value into the end of `digits`; returns where they start.
static char *digits_of(u64 value, u32 base, char *end) {
  if (value >> 32 == 0) { // the common case, without 64-bit division
    u32 v = (u32)value;
    do *--end = "0123456789abcdef"[v % base];
    while (v /= base);
    return end;
  }
  do *--end = "0123456789abcdef"[value % base];
  while (value /= base);
  return end;
}

static void put_number(struct sink *s, u64 value, char kind, u32 width, char pad, bool left) {
  char digits[24], *end = digits + sizeof digits;
  bool negative = (kind == 'd' || kind == 'i') && (s64)value < 0;
  char *start = digits_of(negative ? -value : value, kind == 'x' || kind == 'p' ? 16 : 10, end);
  if (negative) *--start = '-';
  put_padded(s, start, (u32)(end - start), width, pad, left);
}

u32 format_arguments(char *buffer, size_t size, const char *format, va_list arguments) {
  struct sink s = {buffer, size, 0};
  for (; *format; format++) {
    if (*format != '%') {
      put(&s, *format);
      continue;
    }
    format++;
    bool left = false, wide = false;
    char pad = ' ';
    u32 width = 0;
    for (; *format == '-' || *format == '0'; format++) {
      if (*format == '-') left = true;
      else pad = '0';
    }
    for (; *format >= '0' && *format <= '9'; format++) width = width * 10 + (u32)(*format - '0');
    for (; *format == 'l' || *format == 'z'; format++) wide = format[0] == 'l' && format[-1] == 'l';
    if (*format == 0) break;
    if (*format == 's') {
      const char *text = va_arg(arguments, const char *);
      put_padded(&s, text, strlen(text), width, ' ', left);
    } else if (*format == 'c') {
      put(&s, (char)va_arg(arguments, int));
    } else if (*format == '%') {
      put(&s, '%');
    } else {
      bool is_signed = *format == 'd' || *format == 'i';
      u64 value = wide        ? va_arg(arguments, u64)
                  : is_signed ? (u64)(s64)va_arg(arguments, s32)
                              : va_arg(arguments, u32);
      put_number(&s, value, *format, width, pad, left);
    }
  }
  if (size) buffer[MIN(s.length, size - 1)] = 0;
  return s.length;
}

u32 format_text(char *buffer, size_t size, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  u32 n = format_arguments(buffer, size, format, arguments);
  va_end(arguments);
  return n;
}

static u32 console_busy;
static const char *prefix = "";
void (*panic_hook)(void);
void (*print_hook)(const char *line, u32 bytes);

void print_prefix(const char *text) { prefix = text; }

void console_write(const char *bytes, size_t n) {
  while (__atomic_exchange_n(&console_busy, 1, __ATOMIC_ACQUIRE)) {
  }
  for (size_t i = 0; i < n; i++) {
    if (bytes[i] == '\n') uart_put('\r');
    uart_put(bytes[i]);
  }
  __atomic_store_n(&console_busy, 0, __ATOMIC_RELEASE);
}

void print(const char *format, ...) {
  char line[200];
  u32 n = format_text(line, sizeof line, "%s", prefix);
  va_list arguments;
  va_start(arguments, format);
  n += format_arguments(line + n, sizeof line - 1 - n, format, arguments);
  va_end(arguments);
  n = MIN(n, sizeof line - 2);
  line[n++] = '\n';
  console_write(line, n);
  if (print_hook) print_hook(line, n);
}

void panic(const char *format, ...) {
  static char why[200]; // static: the log desk reads it through the linear map
  va_list arguments;
  va_start(arguments, format);
  format_arguments(why, sizeof why, format, arguments);
  va_end(arguments);
  console_busy = 0; // its holder may be what failed
  print("panic: %s", why);
  if (panic_hook) panic_hook();
  desk_text(MARK_PANIC, 0, why);
  sbi_system_reset(SBI_SRST_SHUTDOWN, SBI_SRST_SYSTEM_FAILURE);
  for (;;) wait_for_interrupt();
}
