// scribe [SEED]: the watch over files and descriptors. It appends numbered records to a file on one
// descriptor, and reads them back on another with its own offset. When the file is full it begins
// anew: by truncating it, or by removing the name and making a new file, while the old one, still
// open and nameless, must keep what was written. A directory with gaps is listed meanwhile, a name
// or two a round: each must be seen once each time.
#include "watch.h"

#define RECORD_WORDS 16
#define RECORDS_ROUND 16
#define RECORDS_MAX 512 // 32 KiB
#define NAMES 24        // of which every third stays

static char path[64];
static int writer = -1, reader = -1;
static uint32_t written; // records in the file

static uint32_t word_of(uint32_t record, uint32_t index) {
  return mix32(watch_seed * 31 + record * RECORD_WORDS + index);
}

static void open_both(void) {
  watch_must(writer = open(path, O_WRONLY | O_CREAT | O_APPEND), "open for append");
  watch_must(reader = open(path, O_RDONLY), "open for reading");
  written = 0;
}

// Reads `count` records from the reader's offset on, the first being number `first`.
static void check_records(uint32_t first, uint32_t count) {
  uint32_t record[RECORD_WORDS];
  for (uint32_t number = first; number < first + count; number++) {
    int got = read_all(reader, record, sizeof record);
    watch_must(got, "read");
    if (got != sizeof record) watch_broken("record %u is cut at %d bytes", (unsigned)number, got);
    for (uint32_t i = 0; i < RECORD_WORDS; i++)
      if (record[i] != word_of(number, i))
        watch_broken("word %u of record %u is %08x", (unsigned)i, (unsigned)number,
                     (unsigned)record[i]);
  }
}

static void check_size(void) {
  struct statx status;
  watch_must(status_of_fd(writer, &status), "statx");
  if (status.size != written * RECORD_WORDS * 4)
    watch_broken("size is %llu after %u records", (unsigned long long)status.size,
                 (unsigned)written);
}

// Appends one round's records, and reads them back.
static void run_round(void) {
  uint32_t records[RECORDS_ROUND][RECORD_WORDS];
  for (uint32_t i = 0; i < RECORDS_ROUND; i++)
    for (uint32_t j = 0; j < RECORD_WORDS; j++) records[i][j] = word_of(written + i, j);
  watch_must(write_all(writer, records, sizeof records), "append");
  check_records(written, RECORDS_ROUND);
  written += RECORDS_ROUND;
  check_size();
}

static void check_whole(void) {
  watch_must(seek(reader, 0, SEEK_SET), "seek");
  check_records(0, written);
}

// A full file: checked as a whole, then begun anew, in two ways by turns.
static void rotate(uint32_t turn) {
  char byte;
  check_whole();
  if (turn % 2) {
    watch_must(truncate_to(writer, 0), "truncate");
    watch_must(seek(reader, 0, SEEK_SET), "seek");
    if (read(reader, &byte, 1) != 0) watch_broken("a truncated file has data");
    written = 0;
  } else {
    watch_must(remove_file(path), "unlink");
    check_whole();
    close(writer);
    close(reader);
    open_both();
  }
}

static char register_path[64];

static void open_register(void) {
  char name[80];
  format(register_path, sizeof register_path, "/tmp/scribe.%d.names", process_id());
  watch_must(make_directory(register_path), "mkdir");
  for (int i = 0; i < NAMES; i++) {
    format(name, sizeof name, "%s/%02d", register_path, i);
    watch_must(close(watch_must(open(name, O_WRONLY | O_CREAT), "create")), "close");
  }
  for (int i = 0; i < NAMES; i++) {
    format(name, sizeof name, "%s/%02d", register_path, i);
    if (i % 3) watch_must(remove_file(name), "unlink");
  }
}

// The next names of the directory, which stays open; after the last it begins again.
static void read_register(void) {
  static int directory = -1;
  static unsigned seen[NAMES];
  uint64_t buffer[8]; // room for two names
  if (directory < 0) directory = watch_must(open(register_path, O_RDONLY | O_DIRECTORY), "open");
  int got = watch_must(syscall(SYS_GETDENTS64, directory, buffer, sizeof buffer), "next names");
  for (int at = 0; at < got;) {
    struct linux_dirent64 *entry = (struct linux_dirent64 *)((char *)buffer + at);
    uint32_t number;
    if (parse_number(entry->name, &number) && number < NAMES) seen[number]++;
    at += entry->length;
  }
  if (got > 0) return;
  for (unsigned i = 0; i < NAMES; i++)
    if (seen[i] != (i % 3 == 0)) watch_broken("name %02u is listed %u times", i, seen[i]);
  memset(seen, 0, sizeof seen);
  watch_must(seek(directory, 0, SEEK_SET), "seek");
}

static void remove_register(void) {
  char name[80];
  for (int i = 0; i < NAMES; i += 3) {
    format(name, sizeof name, "%s/%02d", register_path, i);
    watch_must(remove_file(name), "unlink");
  }
  watch_must(remove_directory(register_path), "rmdir");
}

int main(int argc, char **argv) {
  uint32_t turns = 0;
  watch_begin("scribe", argc, argv);
  format(path, sizeof path, "/tmp/scribe.%d", process_id());
  open_both();
  open_register();
  while (watch_goes_on()) {
    if (written == RECORDS_MAX) rotate(turns++);
    run_round();
    read_register();
  }
  check_whole();
  remove_register();
  watch_must(remove_file(path), "unlink");
  watch_kept("rotations=%u", (unsigned)turns);
}
