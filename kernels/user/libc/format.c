// Formatted output: a small printf into a buffer, one write per call, and the texts of errors.
#include "user.h"

#define LINE_BYTES 256

struct output {
  char *buffer;
  size_t bytes, used; // used counts what would have been written
};

// How one conversion is to look.
struct shape {
  int left, zero, width, precision, longs;
};

static void put(struct output *out, char byte) {
  if (out->used + 1 < out->bytes) out->buffer[out->used] = byte;
  out->used++;
}

// Text of a known length, padded to the width.
static void put_padded(struct output *out, const char *text, int length, struct shape shape) {
  char filler = shape.zero && !shape.left ? '0' : ' ';
  int padding = shape.width - length;
  if (filler == '0' && length > 0 && *text == '-') {
    put(out, *text++);
    length--;
  }
  for (; !shape.left && padding > 0; padding--) put(out, filler);
  for (; length > 0; length--) put(out, *text++);
  for (; padding > 0; padding--) put(out, ' ');
}

static void put_number(struct output *out, uint64_t value, unsigned base, int negative,
                       struct shape shape) {
  char digits[24];
  int at = sizeof digits;
  do {
    // Division of 64 bits is slow here: most values fit 32.
    unsigned digit = value >> 32 ? (unsigned)(value % base) : (uint32_t)value % base;
    value = value >> 32 ? value / base : (uint32_t)value / base;
    digits[--at] = "0123456789abcdef"[digit];
  } while (value);
  if (negative) digits[--at] = '-';
  put_padded(out, digits + at, (int)sizeof digits - at, shape);
}

// Reads flags, width, precision and length; returns where the conversion letter stands.
static const char *read_shape(const char *format, struct shape *shape, va_list *arguments) {
  *shape = (struct shape){.precision = -1};
  for (;; format++) {
    if (*format == '-') shape->left = 1;
    else if (*format == '0') shape->zero = 1;
    else break;
  }
  if (*format == '*') {
    shape->width = va_arg(*arguments, int);
    format++;
  }
  for (; *format >= '0' && *format <= '9'; format++)
    shape->width = shape->width * 10 + *format - '0';
  if (*format == '.') {
    shape->precision = 0;
    if (*++format == '*') {
      shape->precision = va_arg(*arguments, int);
      format++;
    }
    for (; *format >= '0' && *format <= '9'; format++)
      shape->precision = shape->precision * 10 + *format - '0';
  }
  for (; *format == 'l' || *format == 'z'; format++) shape->longs += *format == 'l';
  return format;
}

// One conversion.
static void convert(struct output *out, char letter, struct shape shape, va_list *arguments) {
  if (letter == 'd' || letter == 'i') {
    int64_t value = shape.longs > 1 ? va_arg(*arguments, int64_t) : va_arg(*arguments, int32_t);
    put_number(out, value < 0 ? -(uint64_t)value : (uint64_t)value, 10, value < 0, shape);
  } else if (letter == 'u' || letter == 'x' || letter == 'p') {
    uint64_t value = shape.longs > 1 ? va_arg(*arguments, uint64_t) : va_arg(*arguments, uint32_t);
    put_number(out, value, letter == 'u' ? 10 : 16, 0, shape);
  } else if (letter == 's') {
    const char *text = va_arg(*arguments, const char *);
    int length = 0;
    if (!text) text = "(null)";
    while (text[length] && length != shape.precision) length++;
    put_padded(out, text, length, shape);
  } else if (letter == 'c') {
    char byte = (char)va_arg(*arguments, int);
    put_padded(out, &byte, 1, shape);
  } else {
    put(out, letter);
  }
}

int vformat(char *buffer, size_t bytes, const char *format, va_list arguments) {
  struct output out = {buffer, bytes, 0};
  struct shape shape;
  va_list list;
  va_copy(list, arguments);
  for (; *format; format++) {
    if (*format != '%') {
      put(&out, *format);
      continue;
    }
    format = read_shape(format + 1, &shape, &list);
    if (!*format) break;
    convert(&out, *format, shape, &list);
  }
  va_end(list);
  if (bytes > 0) buffer[out.used < bytes ? out.used : bytes - 1] = 0;
  return (int)out.used;
}

int format(char *buffer, size_t bytes, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  int used = vformat(buffer, bytes, format, arguments);
  va_end(arguments);
  return used;
}

// Formats into a line on the stack; a longer text takes the heap.
static int print(int fd, const char *format, va_list arguments) {
  char line[LINE_BYTES], *text = line;
  int used = vformat(line, sizeof line, format, arguments);
  if (used >= LINE_BYTES) {
    text = allocate((size_t)used + 1);
    if (!text) return -ENOMEM;
    vformat(text, (size_t)used + 1, format, arguments);
  }
  int error = write_all(fd, text, (size_t)used);
  if (text != line) release(text);
  return error < 0 ? error : used;
}

int printf(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  int used = print(STDOUT, format, arguments);
  va_end(arguments);
  return used;
}

int print_to(int fd, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  int used = print(fd, format, arguments);
  va_end(arguments);
  return used;
}

const char *error_text(int error) {
  switch (error < 0 ? -error : error) {
    case EPERM: return "not permitted";
    case ENOENT: return "no such file";
    case ESRCH: return "no such process";
    case EINTR: return "interrupted";
    case EIO: return "input or output error";
    case ENXIO: return "no such device or address";
    case E2BIG: return "arguments too long";
    case ENOEXEC: return "not an executable";
    case EBADF: return "bad descriptor";
    case ECHILD: return "no child";
    case EAGAIN: return "try again";
    case ENOMEM: return "out of memory";
    case EACCES: return "access denied";
    case EFAULT: return "bad address";
    case EBUSY: return "busy";
    case EEXIST: return "file exists";
    case EXDEV: return "on another file system";
    case ENODEV: return "no such device";
    case ENOTDIR: return "not a directory";
    case EISDIR: return "is a directory";
    case EINVAL: return "invalid argument";
    case ENFILE: return "too many open files in the system";
    case EMFILE: return "too many open files";
    case ENOTTY: return "not a terminal";
    case EFBIG: return "file too large";
    case ENOSPC: return "no space left";
    case ESPIPE: return "cannot seek";
    case EROFS: return "read-only";
    case EPIPE: return "broken pipe";
    case ERANGE: return "out of range";
    case ENAMETOOLONG: return "name too long";
    case ENOSYS: return "not offered by this kernel";
    case ENOTEMPTY: return "directory not empty";
    case ENOTSOCK: return "not a socket";
    case EOPNOTSUPP: return "not supported here";
    case EAFNOSUPPORT: return "no such family of sockets";
    case EADDRINUSE: return "address in use";
    case EADDRNOTAVAIL: return "no such address here";
    case ENETUNREACH: return "unreachable";
    case ECONNRESET: return "connection reset";
    case EISCONN: return "connected already";
    case ENOTCONN: return "not connected";
    case ETIMEDOUT: return "timed out";
    case ECONNREFUSED: return "connection refused";
    case EALREADY: return "under way already";
    case EINPROGRESS: return "under way";
    default: return "error";
  }
}

void fail(const char *name, const char *what, int error) {
  print_to(STDERR, "%s: %s: %s (%d)\n", name, what, error_text(error), error < 0 ? -error : error);
  exit(1);
}
