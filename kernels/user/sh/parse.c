// Text into tokens, and tokens into commands. Words may have '' "" and \, and $? outside of ''; a #
// begins a comment. Operators are only what is not quoted.
#include "sh.h"

static const char *const operators[] = {"2>&1", "2>>", "2>", ">>", "&&", "||",
                                        "|",    "&",   ";",  "<",  ">"};

static int is_blank(char byte) {
  return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

// Length of the operator that begins here, or 0.
static uint32_t operator_length(const char *text) {
  for (unsigned i = 0; i < sizeof operators / sizeof *operators; i++) {
    uint32_t length = strlen(operators[i]);
    if (strncmp(text, operators[i], length) == 0) return length;
  }
  return 0;
}

// Length of the word that begins here, or 0 when a quote is not closed.
static uint32_t word_length(const char *text) {
  const char *at = text;
  for (char quote = 0;; at++) {
    if (!*at) return quote ? 0 : (uint32_t)(at - text);
    if (*at == '\\' && quote != '\'' && at[1]) at++;
    else if (*at == quote) quote = 0;
    else if (!quote && (*at == '\'' || *at == '"')) quote = *at;
    else if (!quote && (is_blank(*at) || strchr("|&;<>", *at))) return (uint32_t)(at - text);
  }
}

int tokenize(struct line *line, const char *text) {
  line->count = line->at = 0;
  for (;;) {
    while (is_blank(*text)) text++;
    if (!*text || *text == '#') return 1;
    if (line->count == TOKENS_MAX) return !complain("line", "too many words");
    uint32_t operator = operator_length(text), length = operator ? operator : word_length(text);
    if (length == 0) return !complain("line", "a quote is not closed");
    line->tokens[line->count++] = (struct token){text, length, operator > 0};
    text += length;
  }
}

static int token_is(const struct token *token, const char *operator) {
  return token->is_operator && token->length == strlen(operator) &&
         strncmp(token->text, operator, token->length) == 0;
}

int next_is(const struct line *line, const char *operator) {
  return line->at < line->count && token_is(&line->tokens[line->at], operator);
}

int chain_end(const struct line *line) {
  int at = line->at;
  while (at < line->count && !token_is(&line->tokens[at], ";") &&
         !token_is(&line->tokens[at], "&"))
    at++;
  return at;
}

// Copies a word to *out without its quotes, and with the last status for $?.
static char *expand(const struct token *token, char **out) {
  char *word = *out, quote = 0;
  for (const char *at = token->text, *end = at + token->length; at < end; at++) {
    int escapes = quote ? quote == '"' && strchr("\"\\$", at[1]) != 0 : 1;
    if (*at == '\\' && escapes && at + 1 < end) *(*out)++ = *++at;
    else if (*at == quote) quote = 0;
    else if (!quote && (*at == '\'' || *at == '"')) quote = *at;
    else if (*at == '$' && quote != '\'' && at + 1 < end && at[1] == '?') {
      *out += format(*out, 4, "%d", last_status & 255);
      at++;
    } else {
      *(*out)++ = *at;
    }
  }
  *(*out)++ = 0;
  return word;
}

// Takes one redirection, if one stands here: 1, or 0 when there is none, or -1 without a name.
static int read_redirection(struct line *line, struct command *command, char **out) {
  int input = next_is(line, "<"), append = next_is(line, ">>"), errors = next_is(line, "2>");
  int append_errors = next_is(line, "2>>");
  if (next_is(line, "2>&1")) {
    line->at++;
    return command->errors_to_output = 1;
  }
  if (!input && !append && !errors && !append_errors && !next_is(line, ">")) return 0;
  if (++line->at >= line->count || line->tokens[line->at].is_operator) return -1;
  char *name = expand(&line->tokens[line->at++], out);
  if (input) {
    command->input = name;
  } else if (errors || append_errors) {
    command->errors = name;
    command->append_errors = append_errors;
  } else {
    command->output = name;
    command->append = append;
  }
  return 1;
}

int read_command(struct line *line, struct command *command) {
  char *out = command->storage;
  memset(command, 0, offsetof(struct command, storage));
  while (line->at < line->count) {
    int redirected = read_redirection(line, command, &out);
    if (redirected < 0) return !complain("redirection", "a file name is missing");
    if (redirected) continue;
    if (line->tokens[line->at].is_operator) break;
    if (command->count == WORDS_MAX) return !complain("command", "too many words");
    command->words[command->count++] = expand(&line->tokens[line->at++], &out);
  }
  if (command->count == 0) return !complain("syntax", "a command is missing");
  return 1;
}
