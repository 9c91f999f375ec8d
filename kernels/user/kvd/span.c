// Comparisons, numbers and patterns; see span.h.
#include "span.h"

int spans_equal(struct span left, struct span right) {
  return left.count == right.count && memcmp(left.at, right.at, left.count) == 0;
}

static char lower(char byte) {
  return byte >= 'A' && byte <= 'Z' ? (char)(byte + 'a' - 'A') : byte;
}

int span_is(struct span span, const char *word) {
  for (uint32_t i = 0; i < span.count; i++)
    if (!word[i] || lower(span.at[i]) != lower(word[i])) return 0;
  return !word[span.count];
}

int span_to_integer(struct span span, int64_t *number) {
  uint32_t negative = span.count > 0 && span.at[0] == '-', at = negative;
  uint64_t value = 0, limit = (uint64_t)INT64_MAX + negative;
  if (at == span.count) return 0;
  if (span.at[at] == '0' && span.count > 1) return 0; // neither 007 nor -0
  for (; at < span.count; at++) {
    uint32_t digit = (uint32_t)(span.at[at] - '0');
    if (digit > 9 || value > (limit - digit) / 10) return 0;
    value = value * 10 + digit;
  }
  *number = (int64_t)(negative ? -value : value);
  return 1;
}

// Whether a byte is in the class that begins behind `[`; the pattern is left behind its `]`.
static int is_in_class(char byte, struct span *pattern) {
  int found = 0, negated = pattern->count > 0 && *pattern->at == '^';
  char *at = pattern->at + negated, *end = pattern->at + pattern->count;
  while (at < end && *at != ']') {
    if (*at == '\\' && at + 1 < end) at++;
    char first = *at++, last = first;
    if (end - at >= 2 && *at == '-') {
      last = at[1];
      at += 2;
    }
    if (first > last) {
      char swapped = first;
      first = last;
      last = swapped;
    }
    found |= byte >= first && byte <= last;
  }
  at += at < end;
  *pattern = (struct span){at, (uint32_t)(end - at)};
  return found != negated;
}

// Whether a byte is what stands first in a pattern that is not empty; what is left is the rest.
static int byte_matches(char byte, struct span *pattern) {
  char first = *pattern->at++;
  pattern->count--;
  if (first == '?') return 1;
  if (first == '[') return is_in_class(byte, pattern);
  if (first == '\\' && pattern->count > 0) {
    first = *pattern->at++;
    pattern->count--;
  }
  return byte == first;
}

int span_matches(struct span span, struct span pattern) {
  // After a mismatch the last * takes one byte more; earlier ones need not be tried again.
  struct span retry_span = span, retry_pattern = {0, 0};
  for (;;) {
    if (pattern.count > 0 && *pattern.at == '*') {
      pattern = retry_pattern = (struct span){pattern.at + 1, pattern.count - 1};
      retry_span = span;
      continue;
    }
    if (span.count == 0 && pattern.count == 0) return 1;
    if (span.count > 0 && pattern.count > 0 && byte_matches(*span.at, &pattern)) {
      span = (struct span){span.at + 1, span.count - 1};
      continue;
    }
    if (!retry_pattern.at || retry_span.count == 0) return 0;
    span = retry_span = (struct span){retry_span.at + 1, retry_span.count - 1};
    pattern = retry_pattern;
  }
}
