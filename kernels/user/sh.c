// sh [-c LINE | FILE]: a small shell. Words with '' "" and \, # comments, pipes, < > >>, &, ;, &&,
// ||, and the built-ins cd, exit and wait. A line is cut into tokens, then run as it is parsed: no
// tree is kept. It prompts only when its input is a character device (the console cooks the line).
#include "user.h"

#define LINE_MAX 1024
#define TOKENS_MAX 128
#define WORDS_MAX 64

// A token: a word, or an operator's text. Operators stand for themselves only when not quoted.
struct token {
  char *text;
  int is_operator;
};

struct line {
  struct token tokens[TOKENS_MAX];
  int count, at;
  char storage[2 * LINE_MAX]; // where the tokens' texts are
};

// One command of a pipeline.
struct command {
  char *words[WORDS_MAX + 1];
  int count;
  char *input, *output;
  int append;
};

static int last_status;

static int complain(const char *what, const char *why) {
  print_to(STDERR, "sh: %s: %s\n", what, why);
  return 1;
}

static int is_blank(char byte) {
  return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

// Length of the operator that begins here, or 0.
static size_t operator_length(const char *text) {
  if (!*text || !strchr("|&;<>", *text)) return 0;
  return text[0] == text[1] && strchr("|&>", *text) ? 2 : 1;
}

// Copies one word without its quotes; returns where it ended, or 0 when a quote is not closed.
static const char *read_word(const char *text, char **out) {
  char quote = 0;
  for (; *text; text++) {
    if (quote) {
      if (*text == quote) quote = 0;
      else *(*out)++ = *text;
    } else if (*text == '\'' || *text == '"') {
      quote = *text;
    } else if (*text == '\\' && text[1]) {
      *(*out)++ = *++text;
    } else if (is_blank(*text) || operator_length(text)) {
      break;
    } else {
      *(*out)++ = *text;
    }
  }
  *(*out)++ = 0;
  return quote ? 0 : text;
}

// Cuts a line into tokens. Returns 0 when it makes no sense.
static int tokenize(struct line *line, const char *text) {
  char *out = line->storage;
  line->count = line->at = 0;
  for (;;) {
    while (is_blank(*text)) text++;
    if (!*text || *text == '#') return 1;
    if (line->count == TOKENS_MAX) return !complain("line", "too many words");
    struct token *token = &line->tokens[line->count++];
    size_t length = operator_length(text);
    token->text = out;
    token->is_operator = length > 0;
    if (length > 0) {
      memcpy(out, text, length);
      out[length] = 0;
      out += length + 1;
      text += length;
    } else {
      text = read_word(text, &out);
      if (!text) return !complain("line", "a quote is not closed");
    }
  }
}

static int next_is(const struct line *line, const char *operator) {
  const struct token *token = &line->tokens[line->at];
  return line->at < line->count && token->is_operator && strcmp(token->text, operator) == 0;
}

// The file name behind a redirection.
static char *take_name(struct line *line) {
  line->at++;
  if (line->at >= line->count || line->tokens[line->at].is_operator) return 0;
  return line->tokens[line->at++].text;
}

// Reads one command up to the next operator that is no redirection. 0: a syntax error.
static int read_command(struct line *line, struct command *command) {
  memset(command, 0, sizeof *command);
  while (line->at < line->count) {
    char **name = 0;
    if (next_is(line, "<")) name = &command->input;
    else if (next_is(line, ">") || next_is(line, ">>")) name = &command->output;
    if (name) {
      if (name == &command->output) command->append = next_is(line, ">>");
      *name = take_name(line);
      if (!*name) return !complain("redirection", "a file name is missing");
    } else if (line->tokens[line->at].is_operator) {
      break;
    } else {
      if (command->count == WORDS_MAX) return !complain("command", "too many words");
      command->words[command->count++] = line->tokens[line->at++].text;
    }
  }
  if (command->count == 0) return !complain("syntax", "a command is missing");
  return 1;
}

// Makes `path` this process's descriptor `fd`.
static void redirect(const char *path, int flags, int fd) {
  int opened = open(path, flags);
  if (opened < 0) fail("sh", path, opened);
  if (opened == fd) return;
  duplicate_to(opened, fd);
  close(opened);
}

// In the child: sets descriptors, and becomes the program. Names without / are looked for in /bin.
__attribute__((noreturn)) static void become(struct command *command) {
  char path[256];
  int how = command->append ? O_APPEND : O_TRUNC;
  if (command->input) redirect(command->input, O_RDONLY, STDIN);
  if (command->output) redirect(command->output, O_WRONLY | O_CREAT | how, STDOUT);
  const char *name = command->words[0];
  format(path, sizeof path, strchr(name, '/') ? "%s" : "/bin/%s", name);
  int error = execute(path, command->words);
  print_to(STDERR, "sh: %s: %s\n", name, error_text(error));
  exit(error == -ENOENT ? 127 : 126);
}

// Waits for one child, and returns its status.
static int await(int pid) {
  int status = 1;
  int error = wait_child(P_PID, pid, &status, 0);
  if (error < 0) return complain("wait", error_text(error));
  if (status > 128) print_to(STDERR, "sh: %d: killed by signal %d\n", pid, status - 128);
  return status;
}

// wait [PID...]: for these children, or for all.
static int run_wait(struct command *command) {
  uint32_t pid;
  int status = 0;
  if (command->count == 1)
    while (wait_child(P_ALL, 0, &status, 0) > 0) {
    }
  for (int i = 1; i < command->count; i++) {
    if (!parse_number(command->words[i], &pid)) return complain(command->words[i], "not a pid");
    status = await((int)pid);
  }
  return command->count == 1 ? 0 : status;
}

// Runs a built-in in the shell itself; -1 when the command is none.
static int run_builtin(struct command *command) {
  const char *name = command->words[0];
  uint32_t number = (uint32_t)last_status;
  if (strcmp(name, "cd") == 0) {
    const char *path = command->count > 1 ? command->words[1] : "/";
    int error = change_directory(path);
    return error < 0 ? complain(path, error_text(error)) : 0;
  }
  if (strcmp(name, "exit") == 0) {
    if (command->count > 1 && !parse_number(command->words[1], &number)) number = 2;
    exit((int)number);
  }
  return strcmp(name, "wait") == 0 ? run_wait(command) : -1;
}

// Starts one member of a pipeline, which reads `input` and writes into a new pipe, or to our output
// when it is the last. Returns its pid; *input becomes the pipe's reading end.
static int start(struct command *command, int *input, int is_last) {
  int fds[2] = {-1, STDOUT};
  if (!is_last) {
    int error = make_pipe(fds);
    if (error < 0) return error;
  }
  int pid = fork();
  if (pid == 0) {
    if (*input != STDIN) {
      duplicate_to(*input, STDIN);
      close(*input);
    }
    if (!is_last) {
      duplicate_to(fds[1], STDOUT);
      close(fds[0]);
      close(fds[1]);
    }
    become(command);
  }
  if (*input != STDIN) close(*input);
  if (!is_last) close(fds[1]);
  *input = fds[0];
  return pid;
}

// command | command | ...; its status is that of the last.
static int run_pipeline(struct line *line) {
  static struct command command;
  int pids[16], count = 0, input = STDIN, status = 2;
  for (;;) {
    if (!read_command(line, &command)) {
      line->at = line->count;
      break;
    }
    int is_last = !next_is(line, "|");
    if (is_last && count == 0) {
      int done = run_builtin(&command);
      if (done >= 0) return done;
    }
    if (count == 16) return complain("pipeline", "too long");
    int pid = start(&command, &input, is_last);
    if (pid < 0) {
      status = complain("fork", error_text(pid));
      line->at = line->count;
      break;
    }
    pids[count++] = pid;
    if (is_last) break;
    line->at++;
  }
  for (int i = 0; i < count; i++) status = await(pids[i]);
  return status;
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

// Where the chain that begins here ends: the index of its ; or &, or of the end.
static int chain_end(const struct line *line) {
  int at = line->at;
  for (; at < line->count; at++) {
    const struct token *token = &line->tokens[at];
    if (!token->is_operator) continue;
    if (strcmp(token->text, ";") == 0 || strcmp(token->text, "&") == 0) break;
  }
  return at;
}

// Whether the line holds one command alone, which needs no shell to look after it.
static int is_single(const struct line *line) {
  for (int at = line->at; at < line->count; at++)
    if (line->tokens[at].is_operator && !strchr("<>", line->tokens[at].text[0])) return 0;
  return 1;
}

// Runs the chain in a child that nobody waits for here.
static void run_in_background(struct line *line, int end) {
  static struct command command;
  int pid = fork();
  if (pid == 0) {
    line->count = end;
    if (is_single(line) && read_command(line, &command)) become(&command);
    run_chain(line);
    exit(last_status);
  }
  last_status = pid < 0 ? complain("fork", error_text(pid)) : 0;
  line->at = end;
}

static void run_line(const char *text) {
  static struct line line;
  if (!tokenize(&line, text)) {
    last_status = 2;
    return;
  }
  while (line.at < line.count) {
    int end = chain_end(&line);
    int is_background = end < line.count && line.tokens[end].text[0] == '&';
    if (end == line.at) last_status = complain("syntax", "a command is missing");
    else if (is_background) run_in_background(&line, end);
    else run_chain(&line);
    if (line.at < line.count && line.at != end) {
      last_status = complain(line.tokens[line.at].text, "not expected here");
      return;
    }
    line.at = end + 1;
  }
}

// Reads one line byte by byte, since children go on reading where we stop. 0 at the end of input.
static int read_line(int fd, char *text) {
  int used = 0;
  char byte;
  for (;;) {
    int got = read(fd, &byte, 1);
    if (got <= 0) break;
    if (byte == '\n') {
      text[used] = 0;
      return 1;
    }
    if (used < LINE_MAX - 1) text[used++] = byte;
  }
  text[used] = 0;
  return used > 0;
}

// Reaps background children that have ended.
static void reap(void) {
  int status;
  while (wait_child(P_ALL, 0, &status, WNOHANG) > 0) {
  }
}

int main(int argc, char **argv) {
  static char text[LINE_MAX];
  struct statx status;
  int fd = STDIN;
  if (argc > 2 && strcmp(argv[1], "-c") == 0) {
    run_line(argv[2]);
    return last_status;
  }
  if (argc > 1) {
    fd = open(argv[1], O_RDONLY | O_CLOEXEC);
    if (fd < 0) fail("sh", argv[1], fd);
  }
  int interactive = argc == 1 && status_of_fd(STDIN, &status) == 0 &&
                    (status.mode & S_IFMT) == S_IFCHR;
  for (;;) {
    if (interactive) {
      reap();
      printf("$ ");
    }
    if (!read_line(fd, text)) break;
    run_line(text);
  }
  return last_status;
}
