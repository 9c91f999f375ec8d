// Lists; see list.h. An element in a chunk is its length, its bytes, and its length once more,
// mirrored, so that it is found from either side. A length below LONG_LENGTH is one byte, others
// are four, of which the outermost has its highest bit set. What a chunk holds stands from `begin`
// to `end`. A list's only chunk is as small as it may be, and grows; an empty one goes.
#include "list.h"

#define CHUNK_ROOM (1024u - 16u - (uint32_t)sizeof(struct chunk)) // a KiB of the heap
#define ROOM_MIN 24u
#define LONG_LENGTH 128u
#define LENGTH_BYTES_MAX 4u

struct chunk {
  struct chunk *next[2]; // in either direction
  uint32_t begin, end, room, count;
  uint8_t bytes[];
};

static uint32_t length_bytes(uint32_t length) {
  return length < LONG_LENGTH ? 1 : LENGTH_BYTES_MAX;
}

static uint32_t packed_bytes(uint32_t length) {
  return length + 2 * length_bytes(length);
}

// Writes a length whose outermost byte stands at `at`; the others follow inwards.
static void write_length(uint8_t *at, int inwards, uint32_t length) {
  if (length < LONG_LENGTH) {
    *at = (uint8_t)length;
    return;
  }
  for (int i = 0; i < (int)LENGTH_BYTES_MAX; i++)
    at[i * inwards] = (uint8_t)(length >> (24 - 8 * i) | (i == 0 ? LONG_LENGTH : 0));
}

static uint32_t read_length(const uint8_t *at, int inwards) {
  if (*at < LONG_LENGTH) return *at;
  uint32_t length = *at & (LONG_LENGTH - 1);
  for (int i = 1; i < (int)LENGTH_BYTES_MAX; i++) length = length << 8 | at[i * inwards];
  return length;
}

// The element that begins (FRONT) or ends (BACK) at this place.
static struct span element_at(struct chunk *chunk, int side, uint32_t at) {
  uint32_t length = side == FRONT ? read_length(chunk->bytes + at, 1)
                                  : read_length(chunk->bytes + at - 1, -1);
  uint8_t *begin = chunk->bytes + at - (side == FRONT ? 0 : packed_bytes(length));
  return (struct span){(char *)begin + length_bytes(length), length};
}

static uint32_t chunk_bytes(uint32_t room) {
  return (uint32_t)sizeof(struct chunk) + room;
}

// An empty one, which is to be filled from the other side towards this one.
static struct chunk *make_chunk(int side, uint32_t room) {
  struct chunk *chunk = store_take(chunk_bytes(room));
  uint32_t begin = side == FRONT ? room : 0;
  if (chunk) *chunk = (struct chunk){.begin = begin, .end = begin, .room = room};
  return chunk;
}

// Puts a chunk into the list at that end.
static void join(struct list *list, int side, struct chunk *chunk) {
  struct chunk *inner = list->ends[side];
  chunk->next[side] = 0;
  chunk->next[!side] = inner;
  list->ends[side] = chunk;
  if (inner) inner->next[side] = chunk;
  else list->ends[!side] = chunk;
}

// Takes the chunk at that end out of the list, and releases it.
static void part(struct list *list, int side) {
  struct chunk *chunk = list->ends[side], *inner = chunk->next[!side];
  list->ends[side] = inner;
  if (inner) inner->next[side] = 0;
  else list->ends[!side] = 0;
  store_return(chunk, chunk_bytes(chunk->room));
}

static uint32_t gap_at(const struct chunk *chunk, int side) {
  return side == FRONT ? chunk->begin : chunk->room - chunk->end;
}

// Moves what a chunk holds into `to`, which may be the same one, away from the side.
static void move_content(struct chunk *chunk, struct chunk *to, int side) {
  uint32_t held = chunk->end - chunk->begin, begin = side == FRONT ? to->room - held : 0;
  memmove(to->bytes + begin, chunk->bytes + chunk->begin, held);
  to->count = chunk->count;
  to->begin = begin;
  to->end = begin + held;
}

// Puts a larger chunk in the place of the only one.
static struct chunk *enlarge(struct list *list, int side, uint32_t needed) {
  struct chunk *chunk = list->ends[side];
  uint32_t room = 2 * chunk->room > needed ? 2 * chunk->room : needed;
  struct chunk *larger = make_chunk(side, room < CHUNK_ROOM ? room : CHUNK_ROOM);
  if (!larger) return 0;
  move_content(chunk, larger, side);
  part(list, side);
  join(list, side, larger);
  return larger;
}

// The chunk at that end, with room there for so many bytes; 0: no memory.
static struct chunk *chunk_with_room(struct list *list, int side, uint32_t bytes) {
  struct chunk *chunk = list->ends[side];
  uint32_t room = ROOM_MIN;
  if (chunk) {
    uint32_t held = chunk->end - chunk->begin, unused = chunk->room - held;
    int is_only = list->ends[FRONT] == list->ends[BACK];
    if (gap_at(chunk, side) >= bytes) return chunk;
    if (unused >= bytes && unused >= chunk->room / 4) {
      move_content(chunk, chunk, side);
      return chunk;
    }
    if (is_only && chunk->room < CHUNK_ROOM && held + bytes <= CHUNK_ROOM)
      return enlarge(list, side, held + bytes);
    room = CHUNK_ROOM;
  }
  chunk = make_chunk(side, bytes > room ? bytes : room);
  if (chunk) join(list, side, chunk);
  return chunk;
}

int list_push(struct list *list, int side, struct span element) {
  uint32_t packed = packed_bytes(element.count);
  struct chunk *chunk = chunk_with_room(list, side, packed);
  if (!chunk) return 0;
  uint32_t at = side == FRONT ? chunk->begin - packed : chunk->end;
  uint8_t *begin = chunk->bytes + at;
  write_length(begin, 1, element.count);
  memcpy(begin + length_bytes(element.count), element.at, element.count);
  write_length(begin + packed - 1, -1, element.count);
  if (side == FRONT) chunk->begin = at;
  else chunk->end += packed;
  chunk->count++;
  list->count++;
  store_checksum += hash_of(element);
  return 1;
}

void list_drop(struct list *list, int side) {
  struct chunk *chunk = list->ends[side];
  struct span element = element_at(chunk, side, side == FRONT ? chunk->begin : chunk->end);
  store_checksum -= hash_of(element);
  if (side == FRONT) chunk->begin += packed_bytes(element.count);
  else chunk->end -= packed_bytes(element.count);
  list->count--;
  if (--chunk->count == 0) part(list, side);
}

void list_release(struct list *list) {
  while (list->count > 0) list_drop(list, FRONT);
}

void list_note(struct store_need *need, uint32_t bytes) {
  if (need->bytes == 0) store_note(need, chunk_bytes(CHUNK_ROOM));
  need->bytes += 2 * packed_bytes(bytes); // chunks are at least half full
}

struct list_walk list_begin(const struct list *list, int side, uint32_t skipped) {
  struct chunk *chunk = list->ends[side];
  while (chunk && chunk->count <= skipped) {
    skipped -= chunk->count;
    chunk = chunk->next[!side];
  }
  struct list_walk walk = {.chunk = chunk, .side = side};
  if (chunk) walk.at = side == FRONT ? chunk->begin : chunk->end;
  while (chunk && skipped-- > 0) list_next(&walk);
  return walk;
}

struct span list_next(struct list_walk *walk) {
  struct chunk *chunk = walk->chunk;
  int side = walk->side;
  struct span element = element_at(chunk, side, walk->at);
  walk->at += side == FRONT ? packed_bytes(element.count) : -packed_bytes(element.count);
  if (walk->at != (side == FRONT ? chunk->end : chunk->begin)) return element;
  walk->chunk = chunk = chunk->next[!side];
  if (chunk) walk->at = side == FRONT ? chunk->begin : chunk->end;
  return element;
}

const char *list_survey(const struct list *list, struct survey *survey) {
  uint32_t count = 0;
  const struct chunk *inner = 0;
  for (struct chunk *chunk = list->ends[BACK]; chunk; inner = chunk, chunk = chunk->next[FRONT]) {
    if (chunk->next[BACK] != inner) return "the order of a list's chunks";
    survey->held += store_cost(chunk_bytes(chunk->room));
    uint32_t at = chunk->begin;
    for (uint32_t i = 0; i < chunk->count; i++) {
      struct span element = element_at(chunk, FRONT, at);
      at += packed_bytes(element.count);
      if (at > chunk->end) return "the length of an element";
      survey->checksum += hash_of(element);
    }
    if (at != chunk->end) return "the length of a list's chunk";
    count += chunk->count;
  }
  return count != list->count || inner != list->ends[FRONT] ? "the count of a list" : 0;
}
