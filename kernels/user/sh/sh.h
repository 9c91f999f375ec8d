// The shell's parts: text into tokens and commands (parse.c), their execution (run.c), what the
// shell does itself (builtins.c), jobs and the terminal (jobs.c), and the line editor (edit.c).
#ifndef SH_H
#define SH_H
#include "user.h"

#define LINE_MAX 1024
#define TOKENS_MAX 128
#define WORDS_MAX 64

// A token: an operator, or a word with its quotes still on.
struct token {
  const char *text;
  uint32_t length;
  int is_operator;
};

// A line, run as it is parsed: no tree is kept. `at` is the next token.
struct line {
  struct token tokens[TOKENS_MAX];
  int count, at;
};

// One command of a pipeline, its words without quotes.
struct command {
  char *words[WORDS_MAX + 1];
  int count;
  char *input, *output, *errors;
  int append, append_errors, errors_to_output;
  char storage[2 * LINE_MAX]; // where the words are; $? is the only one that grows
};

extern int last_status;

int complain(const char *what, const char *why); // one line on stderr; returns 1

int tokenize(struct line *line, const char *text); // 0 when it makes no sense
int next_is(const struct line *line, const char *operator);
int chain_end(const struct line *line); // the next ; or & or the end
int read_command(struct line *line, struct command *command); // 0: a syntax error

void run_line(const char *text);
int redirect(const struct command *command); // this process's descriptors; 0, or an error said

int is_builtin(const struct command *command);
int run_builtin(struct command *command); // its status

// Whether this shell puts jobs into groups of their own and hands them the terminal.
extern int has_job_control;
void begin_job_control(void);
// For a child of the shell, called on both sides of its fork: into `group`, 0 for a new one.
void join_group(int pid, int group, int to_foreground);
void leave_shell(int in_background); // in a child: no more job control, and the usual signals
void take_terminal(int status);      // for the shell itself, after a job that ended so
int await(int pid);                  // one child's status; says what killed it
int add_job(int pid, const struct line *line, int end);
void tell_ended_jobs(void);
int run_wait(struct command *command);
int run_jobs(struct command *command);
int run_fg(struct command *command);

// Reads a line from the terminal into LINE_MAX bytes; 0 at the end of input.
int edit_line(char *text, const char *prompt);
void add_history(const char *text);
int run_history(struct command *command);
#endif
