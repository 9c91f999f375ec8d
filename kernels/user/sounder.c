// sounder [SEED]: the watch over the block device. It reads sectors of /dev/vda at offsets drawn
// from the seed, one to eight at a time, and compares each word with the pattern (pattern.h).
// Without a /dev/vda there is nothing to sound, and it exits 0.
#include "watch.h"

#define SECTORS_ONCE 8

static uint32_t words[SECTORS_ONCE * SECTOR_WORDS];

// Size of the device in sectors.
static uint32_t count_sectors(int fd) {
  int end = seek(fd, 0, SEEK_END);
  if (end < SECTOR_BYTES) watch_broken("the device has %d bytes", end);
  return (uint32_t)end / SECTOR_BYTES;
}

// Reads `count` sectors and compares them.
static void sound(int fd, uint32_t sector, uint32_t count) {
  int bytes = (int)(count * SECTOR_BYTES);
  int error = seek(fd, (int64_t)sector * SECTOR_BYTES, SEEK_SET);
  if (error < 0) watch_broken("seek: %s", error_text(error));
  int got = read_all(fd, words, (size_t)bytes);
  if (got != bytes) watch_broken("reading sector %u gives %d", (unsigned)sector, got);
  for (uint32_t i = 0; i < count * SECTOR_WORDS; i++)
    if (words[i] != pattern_word(sector, i))
      watch_broken("sector %u word %u is %08x", (unsigned)(sector + i / SECTOR_WORDS),
                   (unsigned)(i % SECTOR_WORDS), (unsigned)words[i]);
}

int main(int argc, char **argv) {
  uint32_t sectors_read = 0;
  watch_begin("sounder", argc, argv);
  int fd = open("/dev/vda", O_RDONLY);
  if (fd < 0) {
    print_to(STDERR, "sounder: no /dev/vda: nothing to sound\n");
    return 0;
  }
  uint32_t sectors = count_sectors(fd);
  while (watch_goes_on()) {
    uint32_t draw = mix32(watch_seed ^ mix32(watch_rounds));
    uint32_t sector = draw % sectors, count = 1 + (draw >> 16) % SECTORS_ONCE;
    if (count > sectors - sector) count = sectors - sector;
    sound(fd, sector, count);
    sectors_read += count;
  }
  watch_kept("sectors=%u", (unsigned)sectors_read);
}
