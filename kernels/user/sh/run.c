// Runs lines: chains of pipelines of commands. A pipeline is a job; so is a chain in the
// background, which a child of the shell looks after.
#include "sh.h"

#define MEMBERS_MAX 16

// Opens `path` as this process's descriptor `fd`.
static int open_as(const char *path, int flags, int fd) {
  int opened = open(path, flags);
  if (opened < 0) return -complain(path, error_text(opened));
  if (opened == fd) return 0;
  duplicate_to(opened, fd);
  close(opened);
  return 0;
}

int redirect(const struct command *command) {
  int how = O_WRONLY | O_CREAT, error = 0;
  if (command->input) error = open_as(command->input, O_RDONLY, STDIN);
  if (error == 0 && command->output)
    error = open_as(command->output, how | (command->append ? O_APPEND : O_TRUNC), STDOUT);
  if (error == 0 && command->errors)
    error = open_as(command->errors, how | (command->append_errors ? O_APPEND : O_TRUNC), STDERR);
  if (error == 0 && command->errors_to_output) duplicate_to(STDOUT, STDERR);
  return error;
}

// In a child: becomes the program. Names without / are looked for in /bin.
__attribute__((noreturn)) static void become(struct command *command) {
  char path[256];
  if (is_builtin(command)) exit(run_builtin(command));
  if (redirect(command) < 0) exit(1);
  const char *name = command->words[0];
  format(path, sizeof path, strchr(name, '/') ? "%s" : "/bin/%s", name);
  int error = execute(path, command->words);
  print_to(STDERR, "sh: %s: %s\n", name, error_text(error));
  exit(error == -ENOENT ? 127 : 126);
}

// A pipeline while it is started.
struct pipeline {
  int pids[MEMBERS_MAX], count;
  int group; // 0 before its first member
  int input; // what the next member reads
};

// Starts the next member, which writes into a new pipe, or to our output when it is the last.
static int start(struct pipeline *pipeline, struct command *command, int is_last) {
  int fds[2] = {STDIN, STDOUT};
  int error = is_last ? 0 : make_pipe(fds);
  if (error < 0) return error;
  int pid = fork();
  if (pid == 0) {
    join_group(0, pipeline->group, 1);
    leave_shell(0);
    if (pipeline->input != STDIN) {
      duplicate_to(pipeline->input, STDIN);
      close(pipeline->input);
    }
    if (!is_last) {
      duplicate_to(fds[1], STDOUT);
      close(fds[0]);
      close(fds[1]);
    }
    become(command);
  }
  if (pipeline->input != STDIN) close(pipeline->input);
  if (!is_last) close(fds[1]);
  pipeline->input = fds[0];
  if (pid < 0) return pid;
  if (pipeline->group == 0) pipeline->group = pid;
  join_group(pid, pipeline->group, 1);
  pipeline->pids[pipeline->count++] = pid;
  return 0;
}

// Starts all members. Returns 0, or the status of what is wrong, which ends the line.
static int start_all(struct pipeline *pipeline, struct line *line, struct command *command) {
  for (;;) {
    int is_last = !next_is(line, "|");
    if (pipeline->count == MEMBERS_MAX) return complain("pipeline", "too long");
    int error = start(pipeline, command, is_last);
    if (error < 0) return complain("fork", error_text(error));
    if (is_last) return 0;
    line->at++;
    if (!read_command(line, command)) return 2;
  }
}

// command | command | ...; its status is that of the last.
static int run_pipeline(struct line *line) {
  static struct command command;
  struct pipeline pipeline = {.input = STDIN};
  int readable = read_command(line, &command);
  if (readable && !next_is(line, "|") && is_builtin(&command)) return run_builtin(&command);
  int error = readable ? start_all(&pipeline, line, &command) : 2, status = error;
  if (error) {
    line->at = line->count;
    if (pipeline.input != STDIN) close(pipeline.input);
  }
  for (int i = 0; i < pipeline.count; i++) status = await(pipeline.pids[i]);
  take_terminal(status);
  return error ? error : status;
}

// pipeline && pipeline || ...; stops at ; or &.
static void run_chain(struct line *line) {
  int skip = 0;
  for (;;) {
    int begun = line->at;
    if (!skip) last_status = run_pipeline(line);
    else
      while (line->at < line->count && !next_is(line, "&&") && !next_is(line, "||") &&
             !next_is(line, ";") && !next_is(line, "&"))
        line->at++;
    int both = next_is(line, "&&");
    if (line->at == begun || (!both && !next_is(line, "||"))) return;
    line->at++;
    skip = both ? last_status != 0 : last_status == 0;
  }
}

// Runs the chain in a child, a job; a single command becomes that child itself.
static void run_in_background(struct line *line, int end) {
  static struct command command;
  int pid = fork();
  if (pid == 0) {
    join_group(0, 0, 0);
    leave_shell(1);
    line->count = end;
    int begun = line->at;
    if (!read_command(line, &command)) exit(2);
    if (line->at == end) become(&command);
    line->at = begun;
    run_chain(line);
    exit(last_status);
  }
  if (pid < 0) {
    last_status = complain("fork", error_text(pid));
    return;
  }
  join_group(pid, pid, 0);
  last_status = add_job(pid, line, end);
}

void run_line(const char *text) {
  static struct line line;
  if (!tokenize(&line, text)) {
    last_status = 2;
    return;
  }
  while (line.at < line.count) {
    int end = chain_end(&line);
    int is_background = end < line.count && line.tokens[end].text[0] == '&';
    if (end == line.at) {
      last_status = complain("syntax", "a command is missing");
    } else if (is_background) {
      run_in_background(&line, end);
      line.at = end;
    } else {
      run_chain(&line);
    }
    if (line.at < line.count && line.at != end) {
      last_status = complain("syntax", "an operator is not expected here");
      return;
    }
    line.at = end + 1;
  }
}
