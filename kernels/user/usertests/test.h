// What the tests have in common. A test is a function that returns, or ends its process with a line
// that says what was not so; claims.h lists them all.
#ifndef TEST_H
#define TEST_H
#include "claims.h"
#include "pattern.h"
#include "signals.h"
#include "terminal.h"
#include "thread.h"

#define KERNEL_ADDRESS 0xc0400000u
#define UNMAPPED_ADDRESS 0x7fffe000u // below no heap, above no stack
#define DIRECTORY "/tmp/usertests"
#define MS 1000000ll
#define HOUR_NS (3600000 * MS)
#define KILLED_BY(signal) (128 + (signal))
#define ANONYMOUS (MAP_PRIVATE | MAP_ANONYMOUS)
#define READ_WRITE (PROT_READ | PROT_WRITE)

extern int on_linux; // run by a user emulator: no Quarterdeck calls, and no limits worth reaching
extern char *self_path;
extern char big[3 * PAGE_BYTES];

#define DECLARE(name) void name(void);
CLAIMS(DECLARE)

// Ends the test with a line that says what was not so.
#define expect(condition) expect_line(condition, #condition, __FILE_NAME__, __LINE__)
void expect_line(int holds, const char *text, const char *file, int line);

// expect(got == wanted), and shows both.
#define expect_equal(got, wanted) \
  expect_same((int)(got), (int)(wanted), #got, __FILE_NAME__, __LINE__)
void expect_same(int got, int wanted, const char *text, const char *file, int line);

int status_of_child(int pid);
int in_child(void (*function)(void)); // runs a function in a child; its status
int make_file(const char *path, const char *text); // a new file's descriptor
// Whether a relief may be under way, or may just have been: then memory is not what it was.
int kexec_runs(void);
// A page, followed by nothing: its end is where a buffer may begin well and end badly.
char *page_before_hole(void);
extern volatile int caught, last_caught; // signals that count_signal has seen, and the last
void count_signal(int signal);
// Forks a child that sends this process a signal after a while, and ends.
int signal_after_ns(int64_t delay_ns, int signal);
// The other sides of exec_arguments, exec_signals, exec_ends_threads and unwanted_children.
int after_exec(int argc, char **argv);
int after_exec_signals(void);
int after_exec_alone(const char *number);
int after_exec_nap(const char *number);
#endif
