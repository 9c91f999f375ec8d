// Reads requests; see protocol.h. Nothing is remembered between two calls: a request of which more
// has come is read again from its beginning, which passes over each of its words in one step.
#include "protocol.h"

#define LINE_BYTES_MAX (64u << 10)

enum { MALFORMED = -1, INCOMPLETE = 0, COMPLETE = 1 };

// What is left to read, and what is wrong with it.
struct reader {
  struct span rest;
  const char *fault;
};

static int fail_with(struct reader *reader, const char *fault) {
  reader->fault = fault;
  return MALFORMED;
}

static void pass(struct reader *reader, uint32_t count) {
  reader->rest.at += count;
  reader->rest.count -= count;
}

// The next line, without its end.
static int take_line(struct reader *reader, struct span *line, const char *too_long) {
  uint32_t count = 0;
  while (count < reader->rest.count && reader->rest.at[count] != '\n') count++;
  if (count > LINE_BYTES_MAX) return fail_with(reader, too_long);
  if (count == reader->rest.count) return INCOMPLETE;
  *line = (struct span){reader->rest.at, count};
  if (count > 0 && line->at[count - 1] == '\r') line->count--;
  pass(reader, count + 1);
  return COMPLETE;
}

// A line that is a letter and a number.
static int take_number(struct reader *reader, int64_t *number, const char *too_long,
                       const char *invalid) {
  struct span line;
  int taken = take_line(reader, &line, too_long);
  if (taken != COMPLETE) return taken;
  line = (struct span){line.at + 1, line.count - 1};
  return span_to_integer(line, number) ? COMPLETE : fail_with(reader, invalid);
}

static int take_bulk(struct reader *reader, struct span *word) {
  static char expected[] = "expected '$', got '?'";
  int64_t count;
  if (reader->rest.count == 0) return INCOMPLETE;
  if (*reader->rest.at != '$') {
    char got = *reader->rest.at;
    expected[sizeof expected - 3] = got >= ' ' && got <= '~' ? got : '?';
    return fail_with(reader, expected);
  }
  int taken = take_number(reader, &count, "too big bulk count string", "invalid bulk length");
  if (taken != COMPLETE) return taken;
  if (count < 0 || count > VALUE_BYTES_MAX) return fail_with(reader, "invalid bulk length");
  if (reader->rest.count < (uint32_t)count + 2) return INCOMPLETE;
  *word = (struct span){reader->rest.at, (uint32_t)count};
  pass(reader, (uint32_t)count + 2);
  return COMPLETE;
}

static int take_array(struct reader *reader, struct request *request) {
  static const char invalid[] = "invalid multibulk length";
  int64_t count;
  int taken = take_number(reader, &count, "too big mbulk count string", invalid);
  if (taken != COMPLETE) return taken;
  if (count > WORDS_MAX) return fail_with(reader, invalid);
  for (; request->count < count; request->count++) {
    taken = take_bulk(reader, &request->words[request->count]);
    if (taken != COMPLETE) return taken;
  }
  return COMPLETE;
}

static int hex_digit(char byte) {
  if (byte >= '0' && byte <= '9') return byte - '0';
  byte |= 'a' - 'A';
  return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}

// What stands behind a \ between ""; `at` is left at its last byte.
static char escaped(char **at, const char *end) {
  static const char letters[] = "n\nr\rt\tb\ba\a";
  if (**at == 'x' && end - *at > 2 && hex_digit((*at)[1]) >= 0 && hex_digit((*at)[2]) >= 0) {
    *at += 2;
    return (char)(hex_digit((*at)[-1]) << 4 | hex_digit(**at));
  }
  for (const char *letter = letters; *letter; letter += 2)
    if (*letter == **at) return letter[1];
  return **at;
}

static int is_space(char byte) {
  return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

// A word between quotes, unescaped in place. `at` is behind the first quote; returns the place
// behind the last, or 0 if the quotes do not pair or the word does not end there.
static char *unquote(char *at, char *end, struct span *word) {
  char quote = at[-1], *to = at;
  word->at = at;
  for (; at < end && *at != quote; at++) {
    int escapes = *at == '\\' && at + 1 < end && (quote == '"' || at[1] == '\'');
    if (escapes) at++;
    *to++ = escapes && quote == '"' ? escaped(&at, end) : *at;
  }
  word->count = (uint32_t)(to - word->at);
  if (at == end) return 0;
  at++;
  return at == end || is_space(*at) ? at : 0;
}

static int take_words(struct reader *reader, struct request *request) {
  struct span line;
  int taken = take_line(reader, &line, "too big inline request");
  if (taken != COMPLETE) return taken;
  for (char *at = line.at, *end = at + line.count; at < end;) {
    if (is_space(*at)) {
      at++;
      continue;
    }
    if (request->count == WORDS_MAX) return fail_with(reader, "too big inline request");
    struct span *word = &request->words[request->count++];
    if (*at == '"' || *at == '\'') {
      at = unquote(at + 1, end, word);
      if (!at) return fail_with(reader, "unbalanced quotes in request");
      continue;
    }
    word->at = at;
    while (at < end && !is_space(*at)) at++;
    word->count = (uint32_t)(at - word->at);
  }
  return COMPLETE;
}

int read_request(struct span input, struct request *request, const char **fault) {
  struct reader reader = {.rest = input};
  request->count = 0;
  if (input.count == 0) return 0;
  int is_array = *input.at == '*';
  int taken = is_array ? take_array(&reader, request) : take_words(&reader, request);
  if (taken == INCOMPLETE && input.count > REQUEST_BYTES_MAX)
    taken = fail_with(&reader, "too big request");
  *fault = reader.fault;
  return taken == COMPLETE ? (int)(input.count - reader.rest.count) : taken;
}
