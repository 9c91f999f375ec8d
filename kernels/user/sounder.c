// sounder [SEED]: the watch over the disk. It reads at offsets drawn from the seed and compares
// each word with the pattern (pattern.h): in /disk/soundings, by read, pread and a mapping in turn,
// when a file system is mounted there, or else on /dev/vda itself. Of the file system it also looks
// at the names now and then, reads a text and runs a program; and it keeps two things from round
// to round: a mapping for reading only, and a directory of which it reads one name after the other.
// Without a disk it exits 0.
#include "watch.h"

#define WORDS_ONCE (8 * SECTOR_WORDS)
#define MAPPED_PAGES 2u
#define LOOK_ROUNDS 64 // between two looks at the file system
#define TEXT_START "Quarterdeck"
#define MAGIC "-rom1fs-" // a disk that begins so holds no pattern

static uint32_t words[WORDS_ONCE];
static int file;
static uint32_t file_words; // words in it

// Compares words that stand at word `first` of the file.
static void compare(const uint32_t *got, uint32_t first, uint32_t count, const char *how) {
  for (uint32_t i = 0; i < count; i++)
    if (got[i] != pattern_word(0, first + i))
      watch_broken("word %u is %08x by %s", (unsigned)(first + i), (unsigned)got[i], how);
}

static void sound_by_read(uint32_t first, uint32_t count) {
  watch_must(seek(file, (int64_t)first * 4, SEEK_SET), "seek");
  int got = read_all(file, words, count * 4);
  if (got != (int)(count * 4)) watch_broken("reading word %u gives %d", (unsigned)first, got);
  compare(words, first, count, "read");
}

static void sound_by_pread(uint32_t first, uint32_t count) {
  int got = read_at(file, words, count * 4, first * 4);
  if (got != (int)(count * 4)) watch_broken("pread of word %u gives %d", (unsigned)first, got);
  compare(words, first, count, "pread");
}

// A private mapping: what is stored there must never reach the file.
static void sound_by_mapping(uint32_t first, uint32_t count) {
  uint32_t page = first * 4 / PAGE_BYTES, page_word = page * (PAGE_BYTES / 4);
  uint32_t end = page_word + MAPPED_PAGES * (PAGE_BYTES / 4);
  if (end > file_words) end = file_words;
  if (count > end - first) count = end - first;
  uint32_t bytes = (end - page_word) * 4;
  uint32_t *map = map_memory(bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, page);
  if (!map) watch_broken("no mapping of page %u", (unsigned)page);
  compare(map + first - page_word, first, count, "mapping");
  map[first - page_word] = ~map[first - page_word];
  sound_by_pread(first, count);
  watch_must(unmap_memory(map, bytes), "unmap");
}

static int lists(const char *directory, const char *name) {
  static char buffer[1024] __attribute__((aligned(8)));
  int found = 0, got, fd = watch_must(open(directory, O_RDONLY | O_DIRECTORY), directory);
  while ((got = syscall(SYS_GETDENTS64, fd, buffer, sizeof buffer)) > 0)
    for (int at = 0; at < got;) {
      struct linux_dirent64 *entry = (struct linux_dirent64 *)(buffer + at);
      found += strcmp(entry->name, name) == 0;
      at += entry->length;
    }
  watch_must(got, "list");
  close(fd);
  return found;
}

static void read_text(void) {
  char text[sizeof TEXT_START] = "";
  int fd = watch_must(open("/disk/log/README", O_RDONLY), "log/README");
  watch_must(read_all(fd, text, sizeof text - 1), "log/README");
  if (strcmp(text, TEXT_START) != 0) watch_broken("log/README begins with %s", text);
  close(fd);
}

// Runs a program that stands on the disk, and reads what it says.
static void run_program(void) {
  char *arguments[] = {"echo", "sounded", 0}, said[16] = "";
  int fds[2];
  watch_must(make_pipe(fds), "pipe");
  int pid = watch_fork();
  if (pid == 0) {
    duplicate_to(fds[1], STDOUT);
    close(fds[0]);
    close(fds[1]);
    watch_must(execute("/disk/bin/echo", arguments), "exec");
  }
  close(fds[1]);
  watch_must(read_all(fds[0], said, sizeof said - 1), "read");
  close(fds[0]);
  if (strcmp(said, "sounded\n") != 0) watch_broken("bin/echo says %s", said);
  watch_await(pid, 0, "bin/echo");
}

// A page that is mapped all the time, shared, and may never be stored to.
static void look_at_mapping(void) {
  static uint32_t *map;
  if (!map) map = map_memory(PAGE_BYTES, PROT_READ, MAP_SHARED, file, MAPPED_PAGES);
  if (!map) watch_broken("no shared mapping");
  compare(map, MAPPED_PAGES * (PAGE_BYTES / 4), PAGE_BYTES / 4, "shared mapping");
  int error = protect_memory(map, PAGE_BYTES, PROT_READ | PROT_WRITE);
  if (error != -EACCES) watch_broken("what is open for reading becomes writable: %d", error);
}

// The next name of a directory that stays open; after the last one they have to be as many as the
// first time, and it begins again.
static void look_at_next_name(void) {
  static int directory = -1;
  static unsigned seen, all;
  uint64_t buffer[4]; // room for one name
  if (directory < 0) directory = watch_must(open("/disk", O_RDONLY | O_DIRECTORY), "/disk");
  int got = watch_must(syscall(SYS_GETDENTS64, directory, buffer, sizeof buffer), "next name");
  if (got > 0) {
    seen += ((struct linux_dirent64 *)buffer)->name[0] != '.';
    return;
  }
  if (!all) all = seen;
  if (seen == 0 || seen != all) watch_broken("/disk has %u names of %u", seen, all);
  watch_must(seek(directory, 0, SEEK_SET), "seek");
  seen = 0;
}

static void look_around(void) {
  struct statx status;
  if (lists("/disk", "soundings") != 1) watch_broken("/disk does not list soundings once");
  if (lists("/disk/log", "README") != 1) watch_broken("/disk/log does not list README once");
  if (status_of("/disk/nothing", &status) != -ENOENT) watch_broken("there is a file nothing");
  read_text();
  if (status_of("/disk/bin/echo", &status) == 0) run_program();
}

// Opens what is to be sounded: 1 in a file system, 0 on the device. Ends when there is nothing.
static int open_file(void) {
  char start[sizeof MAGIC] = "";
  file = open("/disk/soundings", O_RDONLY | O_CLOEXEC);
  int is_mounted = file >= 0;
  if (!is_mounted) file = open("/dev/vda", O_RDONLY | O_CLOEXEC);
  if (file >= 0) watch_must(read_at(file, start, sizeof start - 1, 0), "pread");
  if (file < 0 || strcmp(start, MAGIC) == 0) {
    print_to(STDERR, "sounder: no %s: nothing to sound\n", file < 0 ? "/dev/vda" : "/disk");
    exit(0);
  }
  int end = seek(file, 0, SEEK_END);
  if (end < SECTOR_BYTES) watch_broken("there are %d bytes to sound", end);
  file_words = (uint32_t)end / 4;
  return is_mounted;
}

int main(int argc, char **argv) {
  static void (*const ways[])(uint32_t, uint32_t) = {sound_by_read, sound_by_pread,
                                                     sound_by_mapping};
  uint32_t sounded = 0;
  watch_begin("sounder", argc, argv);
  int is_mounted = open_file();
  while (watch_goes_on()) {
    uint32_t draw = mix32(watch_seed ^ mix32(watch_rounds));
    uint32_t first = draw % file_words, count = 1 + (draw >> 16) % WORDS_ONCE;
    if (count > file_words - first) count = file_words - first;
    ways[is_mounted ? watch_rounds % 3 : watch_rounds % 2](first, count);
    if (is_mounted && watch_rounds % LOOK_ROUNDS == 1) look_around();
    if (is_mounted && watch_rounds % LOOK_ROUNDS == 2) look_at_mapping();
    if (is_mounted && watch_rounds % LOOK_ROUNDS % 4 == 3) look_at_next_name();
    sounded += count;
  }
  watch_kept("words=%u", (unsigned)sounded);
}
