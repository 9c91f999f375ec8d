// Time: ticks of the timebase since the machine started, and the date from the RTC.
#ifndef STARBOARD_CLOCK_H
#define STARBOARD_CLOCK_H
#include "kernel.h"

void clock_begin(bool has_rtc);
#endif
