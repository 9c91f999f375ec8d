// The log desk's one variable: where it is.
#include "shared/desk.h"

volatile u32 *desk_base;

void desk_attach(bool present) {
  desk_base = present ? (volatile u32 *)(DEVICE_LOW + LOG_DESK_BASE) : NULL;
}
