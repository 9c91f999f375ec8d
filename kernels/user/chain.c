// chain [SEED]: the watch over computation and private memory. Eight KiB of state are hashed on and
// on, each word from its neighbours. A round first checks that the state still has the digest it
// ended the last round with, then computes the next state twice from a checkpoint and compares.
#include "watch.h"

#define STATE_WORDS 2048

static uint32_t state[STATE_WORDS], checkpoint[STATE_WORDS];

// One pass over the state.
static void advance(void) {
  uint32_t carry = state[STATE_WORDS - 1];
  for (uint32_t i = 0; i < STATE_WORDS; i++) {
    carry = mix32(carry ^ state[i]) + i;
    state[i] = carry;
  }
}

static uint32_t digest(void) {
  uint32_t sum = 0;
  for (uint32_t i = 0; i < STATE_WORDS; i++) sum = (sum << 5 | sum >> 27) ^ state[i];
  return sum;
}

// One round; returns the digest it leaves.
static uint32_t run_round(uint32_t expected) {
  uint32_t before = digest();
  if (before != expected) watch_broken("state changed: %08x, was %08x", before, expected);
  memcpy(checkpoint, state, sizeof state);
  advance();
  uint32_t first = digest();
  memcpy(state, checkpoint, sizeof state);
  advance();
  uint32_t second = digest();
  if (first != second) watch_broken("same work, two results: %08x and %08x", first, second);
  return second;
}

int main(int argc, char **argv) {
  watch_begin("chain", argc, argv);
  for (uint32_t i = 0; i < STATE_WORDS; i++) state[i] = mix32(watch_seed + i);
  uint32_t expected = digest();
  while (watch_goes_on()) expected = run_round(expected);
  // The whole chain again from the seed says whether any round went wrong unseen; it is bounded.
  uint32_t rounds = watch_rounds - 1;
  if (rounds <= 1000) {
    for (uint32_t i = 0; i < STATE_WORDS; i++) state[i] = mix32(watch_seed + i);
    for (uint32_t round = 0; round < rounds; round++) advance();
    if (digest() != expected) watch_broken("the whole chain ends in %08x", digest());
  }
  watch_kept("digest=%08x", (unsigned)expected);
}
