// What keys and values are made of: memory within one budget, of which small blocks share pages,
// and one checksum over all that is held. Whoever adds something adds its sum; whoever removes it
// reads it once more and takes its sum off: so what memory has lost or changed is found.
#ifndef STORE_H
#define STORE_H
#include "buffer.h"

extern struct budget store_budget;
extern uint32_t store_held; // the cost of all blocks taken
extern uint32_t store_checksum; // the sum over all that is held

void *store_take(uint32_t bytes); // 0: beyond the limit, or no memory
void store_return(void *memory, uint32_t bytes);
uint32_t store_cost(uint32_t bytes); // what a block of so many bytes adds to store_held

// Whether several blocks fit: each is noted, then asked is once for all.
struct store_need {
  uint32_t bytes, classes;
};
void store_note(struct store_need *need, uint32_t bytes);
int store_has(const struct store_need *need);

// What is found when all is counted afresh.
struct survey {
  uint32_t held, checksum;
};

uint32_t hash_of(struct span bytes);
#endif
