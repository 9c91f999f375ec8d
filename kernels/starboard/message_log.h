// This kernel's last messages: see message_log.c.
#ifndef STARBOARD_MESSAGE_LOG_H
#define STARBOARD_MESSAGE_LOG_H
#include "kernel.h"

#define MESSAGE_LOG_BYTES 8192
void message_log_begin(void);
// Copies the last `n` bytes of messages, or as many as there are, to the user: how many.
s32 message_log_read(u32 user, u32 n);
#endif
