// The line editor and its history. While a line is typed the terminal is raw and the editor shows
// what there is of it; at its end the terminal is as it was, for the programs of that line.
#include "sh.h"
#include "terminal.h"

#define HISTORY_MAX 64
#define COLUMNS 72 // of the line that are shown at once
#define CONTROL(letter) ((letter)-64)
#define DELETE 127 // what the backspace key sends

// Keys that are more than a byte stand above all bytes.
enum {
  KEY_END_OF_INPUT = 256,
  KEY_UP, KEY_DOWN, KEY_LEFT, KEY_RIGHT, KEY_HOME, KEY_END, KEY_DELETE, KEY_NONE
};

struct editor {
  char *text;
  const char *prompt;
  int used, at;        // bytes, and the cursor
  int shown_entry;     // of the history; history_count: the line itself
  char draft[LINE_MAX]; // the line, while an entry of the history is shown
};

static char *history[HISTORY_MAX]; // oldest first
static int history_count, history_dropped;

void add_history(const char *text) {
  size_t bytes = strlen(text) + 1;
  if (bytes == 1) return;
  if (history_count > 0 && strcmp(history[history_count - 1], text) == 0) return;
  char *copy = allocate(bytes);
  if (!copy) return; // a line that is not remembered is still run
  memcpy(copy, text, bytes);
  if (history_count == HISTORY_MAX) {
    release(history[0]);
    memmove(history, history + 1, (HISTORY_MAX - 1) * sizeof *history);
    history_count--;
    history_dropped++;
  }
  history[history_count++] = copy;
}

int run_history(struct command *command) {
  if (command->count > 1) return complain("history", "takes no arguments");
  for (int i = 0; i < history_count; i++) printf("%5d %s\n", history_dropped + i + 1, history[i]);
  return 0;
}

static int read_byte(void) {
  unsigned char byte;
  int got = read(STDIN, &byte, 1);
  if (got == -EINTR) return CONTROL('C');
  return got == 1 ? byte : KEY_END_OF_INPUT;
}

// What follows ESC: [ or O, perhaps a number, and a letter or ~.
static int read_escape(void) {
  int byte = read_byte(), number = 0;
  if (byte != '[' && byte != 'O') return KEY_NONE;
  while ((byte = read_byte()) >= '0' && byte <= '9') number = number * 10 + byte - '0';
  if (byte == '~') byte = number == 1 || number == 7 ? 'H' : number == 3 ? 'd' : 'F';
  switch (byte) {
    case 'A': return KEY_UP;
    case 'B': return KEY_DOWN;
    case 'C': return KEY_RIGHT;
    case 'D': return KEY_LEFT;
    case 'H': return KEY_HOME;
    case 'F': return KEY_END;
    case 'd': return KEY_DELETE;
    default: return KEY_NONE;
  }
}

static int read_key(void) {
  int byte = read_byte();
  return byte == 27 ? read_escape() : byte;
}

// Shows the line from its beginning on, or the part of it around the cursor.
static void show(const struct editor *editor) {
  int from = editor->at > COLUMNS ? editor->at - COLUMNS : 0;
  int length = editor->used - from < COLUMNS ? editor->used - from : COLUMNS;
  int back = from + length - editor->at;
  printf("\r%s%.*s\33[K", editor->prompt, length, editor->text + from);
  if (back > 0) printf("\33[%dD", back);
}

// Replaces `count` bytes at `at` by one byte, or by none.
static void replace(struct editor *editor, int at, int count, int byte) {
  int more = byte != 0;
  if (editor->used - count + more >= LINE_MAX) return;
  memmove(editor->text + at + more, editor->text + at + count, (size_t)(editor->used - at - count));
  if (more) editor->text[at] = (char)byte;
  editor->used += more - count;
  editor->at = at + more;
}

// Shows another entry of the history, or, at its end, the line that was begun.
static void recall(struct editor *editor, int entry) {
  if (entry < 0 || entry > history_count) return;
  editor->text[editor->used] = 0;
  if (editor->shown_entry == history_count) memcpy(editor->draft, editor->text, LINE_MAX);
  const char *text = entry == history_count ? editor->draft : history[entry];
  editor->shown_entry = entry;
  editor->used = editor->at = (int)strlen(text);
  memcpy(editor->text, text, (size_t)editor->used);
}

// Where the word before the cursor begins.
static int word_start(const struct editor *editor) {
  int at = editor->at;
  while (at > 0 && editor->text[at - 1] == ' ') at--;
  while (at > 0 && editor->text[at - 1] != ' ') at--;
  return at;
}

// A byte of text. At the end of a line that fits, it is all there is to show.
static void insert(struct editor *editor, int byte) {
  int is_at_end = editor->at == editor->used && editor->used < COLUMNS;
  replace(editor, editor->at, 0, byte);
  if (is_at_end) printf("%c", byte);
  else show(editor);
}

// A key that is no text: changes the line or the cursor, and shows both again.
static void act(struct editor *editor, int key) {
  int at = editor->at, start = word_start(editor);
  switch (key) {
    case KEY_LEFT: case CONTROL('B'): editor->at -= at > 0; break;
    case KEY_RIGHT: case CONTROL('F'): editor->at += at < editor->used; break;
    case KEY_HOME: case CONTROL('A'): editor->at = 0; break;
    case KEY_END: case CONTROL('E'): editor->at = editor->used; break;
    case KEY_UP: case CONTROL('P'): recall(editor, editor->shown_entry - 1); break;
    case KEY_DOWN: case CONTROL('N'): recall(editor, editor->shown_entry + 1); break;
    case CONTROL('H'): case DELETE: if (at > 0) replace(editor, at - 1, 1, 0); break;
    case KEY_DELETE: case CONTROL('D'): if (at < editor->used) replace(editor, at, 1, 0); break;
    case CONTROL('U'): replace(editor, 0, at, 0); break;
    case CONTROL('K'): replace(editor, at, editor->used - at, 0); break;
    case CONTROL('W'): replace(editor, start, at - start, 0); break;
    case CONTROL('L'): printf("\33[H\33[J"); break;
  }
  show(editor);
}

// Keys until the line is complete. 1, or 0 at the end of input.
static int type_line(struct editor *editor) {
  for (;;) {
    int key = read_key();
    if (key == '\n' || key == '\r') break;
    if (key == KEY_END_OF_INPUT) return 0;
    if (key == CONTROL('D') && editor->used == 0) return 0;
    if (key == CONTROL('C')) {
      printf("^C");
      editor->used = 0;
      break;
    }
    if (key >= ' ' && key < 256 && key != DELETE) insert(editor, key);
    else act(editor, key);
  }
  editor->text[editor->used] = 0;
  return 1;
}

int edit_line(char *text, const char *prompt) {
  static struct editor editor;
  struct termios before, raw;
  editor.text = text;
  editor.prompt = prompt;
  editor.used = editor.at = 0;
  editor.shown_entry = history_count;
  if (get_terminal(STDIN, &before) < 0) return 0;
  raw = before;
  raw.lflag &= ~(uint32_t)(ICANON | ECHO | ISIG);
  raw.cc[5] = 0; // VTIME and VMIN: a read waits for one byte
  raw.cc[6] = 1;
  set_terminal(STDIN, &raw);
  printf("%s", prompt);
  int is_line = type_line(&editor);
  printf("\r\n");
  set_terminal(STDIN, &before);
  return is_line;
}
