// What the programs of the standing watch have in common. Each checks its invariants in short
// rounds until the file /run/stand-down appears, then says `watch NAME kept: rounds=N ...` on
// /dev/logdesk and exits 0. A broken invariant is said on stderr and /dev/logdesk, and exits 1.
#ifndef WATCH_H
#define WATCH_H
#include "pattern.h"
#include "user.h"

extern uint32_t watch_seed;   // the first argument; 1 when there is none
extern uint32_t watch_rounds; // rounds begun so far

// Reads the seed, opens the log desk if there is one, and says there `watch NAME begins`.
void watch_begin(const char *name, int argc, char **argv);
void watch_say(const char *line); // on /dev/logdesk, or stdout if there is none
// Counts a round. Returns 0 once the watch is to stand down.
int watch_goes_on(void);
// Says what broke (one line), and exits 1.
__attribute__((noreturn, format(printf, 1, 2))) void watch_broken(const char *format, ...);
// An error here breaks the watch; returns the result.
int watch_must(int result, const char *what);
int watch_fork(void);
// Waits for one child, which must end with this status.
void watch_await(int pid, int status, const char *who);
// Whether a child has ended, or, in a child, its parent: who waits for it waits in vain.
int watch_is_alone(int child);
// Says that the watch was kept, with further `name=value` words, and exits 0.
__attribute__((noreturn, format(printf, 1, 2))) void watch_kept(const char *format, ...);
#endif
