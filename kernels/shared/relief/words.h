// An array of words in frames of ZONE_NORMAL that are taken one by one: for what a relief has to
// note down, of any length, without a contiguous range.
#ifndef RELIEF_WORDS_H
#define RELIEF_WORDS_H
#include "shared/types.h"

struct words {
  u32 list; // physical: a frame of frames
  u32 frames;
};

// All zero; false, with nothing taken, when there is no memory or the array would be too long.
bool words_make(struct words *w, u32 count);
void words_free(struct words *w);
u32 *word_at(const struct words *w, u32 index);
#endif
