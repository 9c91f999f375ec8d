// Memory and text functions of the freestanding kernels (ISO C 7.24, the subset in use).
#ifndef SHARED_STRING_H
#define SHARED_STRING_H
#include "shared/types.h"

void *memcpy(void *to, const void *from, size_t n);
void *memmove(void *to, const void *from, size_t n);
void *memset(void *to, int byte, size_t n);
int memcmp(const void *a, const void *b, size_t n);
size_t strlen(const char *s);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t n);
// Copies at most size - 1 characters and always terminates; size must not be 0.
void string_copy(char *to, const char *from, size_t size);
// The value of `key=` in a space-separated command line, copied to `value` (terminated), or false.
bool option_value(const char *line, const char *key, char *value, size_t size);
// A decimal or 0x number with an optional K, M or G; false when it is not one.
bool parse_size(const char *text, u32 *value);
#endif
