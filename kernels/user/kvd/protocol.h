// The Redis serialization protocol, version 2: requests as arrays of bulk strings or as lines of
// words, and replies. See redis.io, "Redis serialization protocol specification".
#ifndef PROTOCOL_H
#define PROTOCOL_H
#include "table.h"

#define WORDS_MAX 1024u
#define REQUEST_BYTES_MAX (2 * VALUE_BYTES_MAX)

struct request {
  uint32_t count; // 0: an empty one, which gets no reply
  struct span words[WORDS_MAX];
};

// Reads a request from what came. The bytes that it takes; 0: it has not all come yet; -1: it is
// none, and *fault says why. A line's words are changed in place when they are quoted.
int read_request(struct span input, struct request *request, const char **fault);

// Replies go into a buffer. What does not fit its budget is noted: ask reply_failed() afterwards.
void reply_begin(struct buffer *output);
int reply_failed(void);
void reply_status(const char *text);
__attribute__((format(printf, 1, 2))) void reply_error(const char *format, ...);
void reply_integer(int64_t number);
void reply_bulk(struct span bytes);
void reply_null(void);
void reply_null_array(void);
void reply_array(uint32_t count); // its elements follow
#endif
