// Bytes of a known count, which may hold anything; and what commands ask about them.
#ifndef SPAN_H
#define SPAN_H
#include "user.h"

struct span {
  char *at;
  uint32_t count;
};

static inline struct span span_of(const char *text) {
  return (struct span){(char *)text, (uint32_t)strlen(text)};
}

int spans_equal(struct span left, struct span right);
int span_is(struct span span, const char *word); // letters of either case
// All of it a number as this program would print it: 1, and the number; else 0.
int span_to_integer(struct span span, int64_t *number);
// Patterns with * ? [a-z] [^a] and \ before a letter that means itself.
int span_matches(struct span span, struct span pattern);
#endif
