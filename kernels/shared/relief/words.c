// Words in frames: see words.h.
#include "shared/relief/words.h"

#include "shared/relief/relief.h"
#include "shared/string.h"

#define WORDS_PER_FRAME (PAGE_SIZE / 4)

void words_free(struct words *w) {
  for (u32 i = 0; i < w->frames; i++) relief_return_frames(((u32 *)linear(w->list))[i], 1);
  if (w->list) relief_return_frames(w->list, 1);
  memset(w, 0, sizeof *w);
}

bool words_make(struct words *w, u32 count) {
  u32 frames = (count + WORDS_PER_FRAME - 1) / WORDS_PER_FRAME;
  memset(w, 0, sizeof *w);
  if (frames > WORDS_PER_FRAME || !(w->list = relief_books_frame())) return false;
  while (w->frames < frames) {
    u32 physical = relief_books_frame();
    if (!physical) {
      words_free(w);
      return false;
    }
    memset(linear(physical), 0, PAGE_SIZE);
    ((u32 *)linear(w->list))[w->frames++] = physical;
  }
  return true;
}

u32 *word_at(const struct words *w, u32 index) {
  u32 *frame = linear(((u32 *)linear(w->list))[index / WORDS_PER_FRAME]);
  return &frame[index % WORDS_PER_FRAME];
}
