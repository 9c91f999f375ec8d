// Jobs, and whose the terminal is. An interactive shell puts each job into a process group, and
// hands the terminal to the one in the foreground, so that Ctrl-C ends that and not the shell.
// Background jobs are remembered until somebody has heard of their end.
#include "sh.h"
#include "signals.h"
#include "terminal.h"

#define JOBS_MAX 64
#define TEXT_BYTES 60

struct job {
  int pid; // 0: free
  int has_ended, status;
  char text[TEXT_BYTES];
};

static struct job jobs[JOBS_MAX];
static volatile int interrupts;
int has_job_control;

static void note_interrupt(int signal) {
  interrupts += signal;
}

void begin_job_control(void) {
  // Handlers are gone in whatever program a child becomes, as they should be.
  set_handler(SIGINT, note_interrupt, 0);
  set_handler(SIGQUIT, note_interrupt, 0);
  // Whoever hands the terminal round is told so by SIGTTOU.
  set_handler(SIGTTOU, (void (*)(int))SIG_IGN, 0);
  if (session_of(0) != process_id()) set_group(0, 0);
  has_job_control = set_foreground_group(STDIN, group_of(0)) == 0;
}

void join_group(int pid, int group, int to_foreground) {
  if (!has_job_control) return;
  set_group(pid, group);
  if (to_foreground) set_foreground_group(STDIN, group_of(pid));
}

void leave_shell(int in_background) {
  if (has_job_control) set_handler(SIGTTOU, (void (*)(int))SIG_DFL, 0);
  // Without a group of its own, a background job must not hear what is meant for the foreground.
  else if (in_background)
    for (int signal = SIGINT; signal <= SIGQUIT; signal++)
      set_handler(signal, (void (*)(int))SIG_IGN, 0);
  has_job_control = 0;
}

void take_terminal(int status) {
  if (!has_job_control) return;
  set_foreground_group(STDIN, group_of(0));
  if (status == 128 + SIGINT) write(STDERR, "\n", 1); // after the ^C
}

// A child's end, however often a signal interrupts the wait: its status, or an error.
static int wait_for(int pid) {
  int status = 1, error;
  do error = wait_child(P_PID, pid, &status, 0);
  while (error == -EINTR);
  return error < 0 ? error : status;
}

int await(int pid) {
  int status = wait_for(pid);
  if (status < 0) return complain("wait", error_text(status));
  // Ctrl-C was asked for, and who writes to a pipe that nobody reads any more ends as it should.
  int is_usual = status == 128 + SIGPIPE || (status == 128 + SIGINT && has_job_control);
  if (status > 128 && !is_usual)
    print_to(STDERR, "sh: %d: killed by signal %d\n", pid, status - 128);
  return status;
}

// Notes which jobs have ended.
static void look_after(void) {
  for (struct job *job = jobs; job < jobs + JOBS_MAX; job++)
    if (job->pid && !job->has_ended)
      job->has_ended = wait_child(P_PID, job->pid, &job->status, WNOHANG) != 0;
}

static int number_of(const struct job *job) {
  return (int)(job - jobs) + 1;
}

// The tokens up to `end`, as they were typed.
static void copy_text(char *text, const struct line *line, int end) {
  const struct token *last = &line->tokens[end - 1];
  const char *begin = line->tokens[line->at].text;
  int length = (int)(last->text + last->length - begin);
  format(text, TEXT_BYTES, "%.*s", length, begin);
}

static struct job *find_free(void) {
  for (struct job *job = jobs; job < jobs + JOBS_MAX; job++)
    if (!job->pid) return job;
  return 0;
}

int add_job(int pid, const struct line *line, int end) {
  struct job *job = find_free();
  if (!job) {
    // All that is lost is its entry, after those whose end nobody asked for.
    look_after();
    for (struct job *old = jobs; old < jobs + JOBS_MAX; old++)
      if (old->has_ended) old->pid = 0;
    job = find_free();
  }
  if (!job) return complain("jobs", "too many to remember");
  *job = (struct job){.pid = pid};
  copy_text(job->text, line, end);
  if (has_job_control) print_to(STDERR, "[%d] %d\n", number_of(job), pid);
  return 0;
}

// One line for each job; those that have ended are then forgotten.
static void list_jobs(int fd, int ended_only) {
  look_after();
  for (struct job *job = jobs; job < jobs + JOBS_MAX; job++) {
    if (!job->pid || (ended_only && !job->has_ended)) continue;
    if (!job->has_ended) print_to(fd, "[%d] %d runs    %s\n", number_of(job), job->pid, job->text);
    else print_to(fd, "[%d] %d ended %d %s\n", number_of(job), job->pid, job->status, job->text);
    if (job->has_ended) job->pid = 0;
  }
}

void tell_ended_jobs(void) {
  list_jobs(STDERR, 1);
}

int run_jobs(struct command *command) {
  if (command->count > 1) return complain("jobs", "takes no arguments");
  list_jobs(STDOUT, 0);
  return 0;
}

// The job of this pid, and forgets it; 0 when it is none.
static struct job *take_job(int pid) {
  for (struct job *job = jobs; job < jobs + JOBS_MAX; job++) {
    if (job->pid != pid) continue;
    job->pid = 0;
    return job;
  }
  return 0;
}

// All children, until Ctrl-C.
static int wait_for_all(void) {
  int pid, status, before = interrupts;
  while ((pid = wait_child(P_ALL, 0, &status, 0)) != -ECHILD) {
    if (interrupts != before) return 128 + SIGINT;
    if (pid > 0) take_job(pid);
  }
  for (struct job *job = jobs; job < jobs + JOBS_MAX; job++) job->pid = 0;
  return 0;
}

// wait [PID...]: for these children, or for all.
int run_wait(struct command *command) {
  uint32_t pid;
  int status = 0;
  if (command->count == 1) return wait_for_all();
  for (int i = 1; i < command->count; i++) {
    if (!parse_number(command->words[i], &pid)) return complain(command->words[i], "not a pid");
    struct job *job = take_job((int)pid);
    status = job && job->has_ended ? job->status : await((int)pid);
  }
  return status;
}

// fg [NUMBER]: a job gets the terminal, and is waited for; the last one when none is named.
int run_fg(struct command *command) {
  uint32_t number = 0;
  look_after();
  if (command->count > 1) {
    const char *word = command->words[1] + (command->words[1][0] == '%');
    if (!parse_number(word, &number) || number > JOBS_MAX) number = 0;
  } else {
    for (struct job *job = jobs; job < jobs + JOBS_MAX; job++)
      if (job->pid) number = (uint32_t)number_of(job);
  }
  if (number == 0 || !jobs[number - 1].pid) return complain("fg", "no such job");
  struct job *job = &jobs[number - 1];
  int pid = job->pid;
  print_to(STDERR, "%s\n", job->text);
  job->pid = 0;
  if (job->has_ended) return job->status;
  join_group(pid, pid, 1);
  int status = await(pid);
  take_terminal(status);
  return status;
}
