// Strings and memory. Copies go by words where both sides are aligned, else by bytes.
#include "user.h"

void *memcpy(void *to, const void *from, size_t bytes) {
  char *out = to;
  const char *in = from;
  if ((((uintptr_t)out | (uintptr_t)in) & 3) == 0) {
    for (; bytes >= 4; bytes -= 4, out += 4, in += 4) *(uint32_t *)out = *(const uint32_t *)in;
  }
  while (bytes-- > 0) *out++ = *in++;
  return to;
}

void *memmove(void *to, const void *from, size_t bytes) {
  if (to <= from || (const char *)from + bytes <= (char *)to) return memcpy(to, from, bytes);
  while (bytes-- > 0) ((char *)to)[bytes] = ((const char *)from)[bytes];
  return to;
}

void *memset(void *to, int byte, size_t bytes) {
  unsigned char *out = to;
  uint32_t word = (uint8_t)byte * 0x01010101u;
  for (; bytes > 0 && (uintptr_t)out & 3; bytes--) *out++ = (unsigned char)byte;
  for (; bytes >= 4; bytes -= 4, out += 4) *(uint32_t *)out = word;
  while (bytes-- > 0) *out++ = (unsigned char)byte;
  return to;
}

int memcmp(const void *left, const void *right, size_t bytes) {
  const unsigned char *a = left, *b = right;
  for (; bytes > 0; bytes--, a++, b++)
    if (*a != *b) return *a - *b;
  return 0;
}

size_t strlen(const char *text) {
  size_t length = 0;
  while (text[length]) length++;
  return length;
}

int strcmp(const char *left, const char *right) {
  while (*left && *left == *right) left++, right++;
  return (unsigned char)*left - (unsigned char)*right;
}

int strncmp(const char *left, const char *right, size_t bytes) {
  while (bytes > 0 && *left && *left == *right) left++, right++, bytes--;
  return bytes == 0 ? 0 : (unsigned char)*left - (unsigned char)*right;
}

char *strchr(const char *text, int byte) {
  for (;; text++) {
    if (*text == (char)byte) return (char *)text;
    if (!*text) return 0;
  }
}

char *strstr(const char *text, const char *part) {
  size_t length = strlen(part);
  for (;; text++) {
    if (strncmp(text, part, length) == 0) return (char *)text;
    if (!*text) return 0;
  }
}

int parse_number(const char *text, uint32_t *number) {
  uint32_t value = 0;
  if (!*text) return 0;
  for (; *text; text++) {
    if (*text < '0' || *text > '9') return 0;
    value = value * 10 + (uint32_t)(*text - '0');
  }
  *number = value;
  return 1;
}
