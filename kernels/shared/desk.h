// The log desk: marks events for whoever measures, at one store each. On a machine without a desk
// the marks cost one load and a branch. Texts must lie in ZONE_NORMAL (kernel data or heap).
#ifndef SHARED_DESK_H
#define SHARED_DESK_H
#include "shared/types.h"

extern volatile u32 *desk_base; // NULL without a desk

void desk_attach(bool present);

static inline void desk_mark(u32 code, u32 argument) {
  if (desk_base) desk_base[DESK_MARK / 4] = code << 24 | argument;
}
static inline void desk_value(u32 code, u32 argument, u32 value) {
  if (desk_base) {
    desk_base[DESK_VALUE / 4] = value;
    desk_base[DESK_MARK / 4] = code << 24 | argument;
  }
}
static inline void desk_text(u32 code, u32 argument, const char *text) {
  desk_value(code, argument, (u32)text - LINEAR_OFFSET);
}
#endif
