// Memory and text functions. Copies and fills go by words when both ends are aligned: frames are
// copied with these.
#include "shared/string.h"

void *memcpy(void *to, const void *from, size_t n) {
  u8 *d = to;
  const u8 *s = from;
  if ((((u32)d | (u32)s) & 3) == 0) {
    while (n >= 16) {
      u32 a = ((const u32 *)s)[0], b = ((const u32 *)s)[1];
      u32 c = ((const u32 *)s)[2], e = ((const u32 *)s)[3];
      ((u32 *)d)[0] = a, ((u32 *)d)[1] = b, ((u32 *)d)[2] = c, ((u32 *)d)[3] = e;
      d += 16, s += 16, n -= 16;
    }
    for (; n >= 4; d += 4, s += 4, n -= 4) *(u32 *)d = *(const u32 *)s;
  }
  while (n--) *d++ = *s++;
  return to;
}

void *memmove(void *to, const void *from, size_t n) {
  if ((u32)to - (u32)from >= n) return memcpy(to, from, n);
  u8 *d = to;
  const u8 *s = from;
  while (n--) d[n] = s[n];
  return to;
}

void *memset(void *to, int byte, size_t n) {
  u8 *d = to;
  u32 word = (u8)byte * 0x01010101u;
  if (((u32)d & 3) == 0) {
    for (; n >= 16; d += 16, n -= 16) {
      ((u32 *)d)[0] = word, ((u32 *)d)[1] = word, ((u32 *)d)[2] = word, ((u32 *)d)[3] = word;
    }
    for (; n >= 4; d += 4, n -= 4) *(u32 *)d = word;
  }
  while (n--) *d++ = (u8)byte;
  return to;
}

int memcmp(const void *a, const void *b, size_t n) {
  const u8 *p = a, *q = b;
  for (; n; n--, p++, q++) {
    if (*p != *q) return *p - *q;
  }
  return 0;
}

size_t strlen(const char *s) {
  size_t n = 0;
  while (s[n]) n++;
  return n;
}

int strncmp(const char *a, const char *b, size_t n) {
  for (; n; n--, a++, b++) {
    if (*a != *b) return (u8)*a - (u8)*b;
    if (!*a) return 0;
  }
  return 0;
}

int strcmp(const char *a, const char *b) { return strncmp(a, b, (size_t)-1); }

void string_copy(char *to, const char *from, size_t size) {
  size_t n = 0;
  for (; n + 1 < size && from[n]; n++) to[n] = from[n];
  to[n] = 0;
}

bool option_value(const char *line, const char *key, char *value, size_t size) {
  size_t key_length = strlen(key);
  while (*line) {
    while (*line == ' ') line++;
    if (strncmp(line, key, key_length) == 0 && line[key_length] == '=') {
      line += key_length + 1;
      size_t n = 0;
      while (line[n] && line[n] != ' ' && n + 1 < size) value[n] = line[n], n++;
      value[n] = 0;
      return true;
    }
    while (*line && *line != ' ') line++;
  }
  return false;
}

static int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return 99;
}

bool parse_size(const char *text, u32 *value) {
  u32 base = 10, n = 0;
  if (text[0] == '0' && text[1] == 'x') base = 16, text += 2;
  if ((u32)digit_of(*text) >= base) return false;
  for (; (u32)digit_of(*text) < base; text++) n = n * base + (u32)digit_of(*text);
  u32 shift = *text == 'K' ? 10 : *text == 'M' ? 20 : *text == 'G' ? 30 : 0;
  if (shift) text++;
  *value = n << shift;
  return *text == 0;
}
