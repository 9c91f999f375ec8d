// Kernel messages kept for syslog.
#ifndef LARBOARD_MESSAGE_H
#define LARBOARD_MESSAGE_H
#include "shared/types.h"

struct process;

void message_begin(void); // messages are kept from here on
s32 message_syslog(struct process *p, u32 type, u32 address, s32 n);
#endif
