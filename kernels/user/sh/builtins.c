// What the shell does itself. Redirections hold for the built-in alone: what stood in the shell's
// descriptors is put aside and back.
#include "sh.h"

static int run_cd(struct command *command) {
  const char *path = command->count > 1 ? command->words[1] : "/";
  int error = change_directory(path);
  return error < 0 ? complain(path, error_text(error)) : 0;
}

static int run_exit(struct command *command) {
  uint32_t status = (uint32_t)last_status;
  if (command->count > 1 && !parse_number(command->words[1], &status)) status = 2;
  exit((int)status);
}

static const struct {
  const char *name;
  int (*run)(struct command *);
} builtins[] = {
  {"cd", run_cd}, {"exit", run_exit}, {"wait", run_wait},
  {"fg", run_fg}, {"jobs", run_jobs}, {"history", run_history},
};
#define BUILTINS (sizeof builtins / sizeof *builtins)

static unsigned find(const struct command *command) {
  unsigned i = 0;
  while (i < BUILTINS && strcmp(builtins[i].name, command->words[0]) != 0) i++;
  return i;
}

int is_builtin(const struct command *command) {
  return find(command) < BUILTINS;
}

int run_builtin(struct command *command) {
  int saved[3], status = 1;
  int (*run)(struct command *) = builtins[find(command)].run;
  if (!command->input && !command->output && !command->errors && !command->errors_to_output)
    return run(command);
  for (int fd = 0; fd < 3; fd++) saved[fd] = control(fd, F_DUPFD_CLOEXEC, 10);
  if (redirect(command) == 0) status = run(command);
  for (int fd = 0; fd < 3; fd++) {
    if (saved[fd] < 0) continue;
    duplicate_to(saved[fd], fd);
    close(saved[fd]);
  }
  return status;
}
