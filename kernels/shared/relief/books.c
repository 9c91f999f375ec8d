// The books: see books.h. Frames come from the kernel's own allocator through a hook.
#include "shared/relief/books.h"

#include "shared/print.h"
#include "shared/relief/relief.h"
#include "shared/string.h"

#define LIST_LENGTH (PAGE_SIZE / 4)

static const u16 sizes[RECORD_TYPES] = {
    [RECORD_MANIFEST] = sizeof(struct record_manifest),
    [RECORD_PROCESS] = sizeof(struct record_process),
    [RECORD_REGION] = sizeof(struct record_region),
    [RECORD_DESCRIPTOR] = sizeof(struct record_descriptor),
    [RECORD_FILE] = sizeof(struct record_file),
    [RECORD_INODE] = sizeof(struct record_inode),
    [RECORD_ENTRY] = sizeof(struct record_entry),
    [RECORD_PAGES] = sizeof(struct record_pages),
    [RECORD_PIPE] = sizeof(struct record_pipe),
    [RECORD_TIMER] = sizeof(struct record_timer),
    [RECORD_CONSOLE] = sizeof(struct record_console),
    [RECORD_BLOCK_DEVICE] = sizeof(struct record_block_device),
    [RECORD_THREAD] = sizeof(struct record_thread),
    [RECORD_SIGNAL_ACTION] = sizeof(struct record_signal_action),
    [RECORD_MOUNT] = sizeof(struct record_mount),
    [RECORD_SOCKET] = sizeof(struct record_socket),
    [RECORD_SOCKET_DEVICE] = sizeof(struct record_socket_device),
    [RECORD_CONSOLE_DEVICE] = sizeof(struct record_console_device),
};
static const u8 versions[RECORD_TYPES] = RECORD_VERSIONS;

u32 record_version(u32 type) { return type < RECORD_TYPES ? versions[type] : 0; }
u32 record_bytes(u32 type) { return type < RECORD_TYPES ? sizes[type] : 0; }

u32 record_checksum(const struct record *head) {
  const u32 *word = (const u32 *)head;
  u32 hash = 2166136261u;
  hash = (hash ^ word[0]) * 16777619u;
  hash = (hash ^ word[1]) * 16777619u;
  for (u32 i = 3; i < head->bytes / 4; i++) hash = (hash ^ word[i]) * 16777619u;
  return hash;
}

void books_begin(struct books_writer *w, bool keep) {
  memset(w, 0, sizeof *w);
  w->keep = keep;
  if (!keep) return;
  w->list_physical = relief_books_frame();
  w->out_of_memory = w->list_physical == 0;
}

u32 books_first(const struct books_writer *w) {
  return w->frames ? *(u32 *)linear(w->list_physical) : 0;
}

void books_return(struct books_writer *w) {
  const u32 *list = w->list_physical ? linear(w->list_physical) : NULL;
  for (u32 i = 0; i < w->frames; i++) relief_return_frames(list[i], 1);
  if (list) relief_return_frames(w->list_physical, 1);
  memset(w, 0, sizeof *w);
}

// Room for `bytes` in the chain, in a further frame where the last is full; NULL without memory.
static void *books_room(struct books_writer *w, u32 bytes) {
  if (!w->frame || w->frame->used + bytes > PAGE_SIZE) {
    u32 physical = w->frames < LIST_LENGTH ? relief_books_frame() : 0;
    if (!physical) {
      w->out_of_memory = true;
      return NULL;
    }
    struct books_frame *next = linear(physical);
    next->next_physical = 0;
    next->used = sizeof *next;
    if (w->frame) w->frame->next_physical = physical;
    w->frame = next;
    ((u32 *)linear(w->list_physical))[w->frames++] = physical;
  }
  void *room = (u8 *)w->frame + w->frame->used;
  w->frame->used += bytes;
  return room;
}

static void seal(struct record *head, enum record_type type, u32 bytes) {
  head->type = (u16)type;
  head->version = versions[type];
  head->bytes = bytes;
  head->checksum = record_checksum(head);
}

void books_add(struct books_writer *w, void *r, enum record_type type, u32 bytes) {
  if (bytes != sizes[type] || bytes % 4) panic("books: type %u with %u bytes", type, bytes);
  seal(r, type, bytes);
  w->counts[type]++;
  w->records++;
  w->checksum += ((struct record *)r)->checksum;
  if (!w->keep || w->out_of_memory) return;
  void *room = books_room(w, bytes);
  if (room) memcpy(room, r, bytes);
}

void books_add_manifest(struct books_writer *w, struct record_manifest *m) {
  memcpy(m->counts, w->counts, sizeof m->counts);
  m->counts[RECORD_MANIFEST] = 1;
  seal(&m->head, RECORD_MANIFEST, sizeof *m);
  if (!w->keep || w->out_of_memory) return;
  void *room = books_room(w, sizeof *m);
  if (room) memcpy(room, m, sizeof *m);
}

void books_open(struct books_reader *r, u32 first_physical) {
  r->frame = first_physical ? linear(first_physical) : NULL;
  r->at = sizeof(struct books_frame);
}

const struct record *books_next(struct books_reader *r) {
  while (r->frame && r->at >= r->frame->used) {
    books_open(r, r->frame->next_physical);
  }
  if (!r->frame) return NULL;
  const struct record *head = (const struct record *)((const u8 *)r->frame + r->at);
  r->at += head->bytes;
  return head;
}

bool books_have_process(u32 first_physical, s32 pid) {
  struct books_reader reader;
  books_open(&reader, first_physical);
  for (const struct record *head; (head = books_next(&reader)) != NULL;) {
    const struct record_process *r = (const void *)head;
    if (head->type == RECORD_PROCESS && r->pid == pid) return true;
  }
  return false;
}

// Whether a frame of the chain lies in ZONE_NORMAL and is owned by the off-going kernel.
static bool frame_is_offgoing(const struct log_page *log, u32 physical) {
  u32 frame = frame_of_physical(physical);
  const u8 *ledger = linear(log->ledger_physical);
  return physical % PAGE_SIZE == 0 && frame < log->normal_frames &&
         ledger[frame] == log->offgoing_node;
}

static bool record_is_sound(const struct record *head, u32 room) {
  if (room < sizeof *head || head->bytes > room) return false;
  if (record_bytes(head->type) == 0 || head->bytes != record_bytes(head->type)) return false;
  return head->version == versions[head->type] && head->checksum == record_checksum(head);
}

bool books_check(const struct log_page *log, u32 counts[RECORD_TYPES],
                 const struct record_manifest **manifest) {
  u32 frames = 0, records = 0;
  u64 checksum = 0;
  memset(counts, 0, RECORD_TYPES * sizeof *counts);
  *manifest = NULL;
  for (u32 physical = log->books_physical; physical;) {
    if (++frames > log->books_frames || !frame_is_offgoing(log, physical)) return false;
    const struct books_frame *frame = linear(physical);
    if (frame->used > PAGE_SIZE || frame->used < sizeof *frame) return false;
    for (u32 at = sizeof *frame; at < frame->used;) {
      const struct record *head = (const struct record *)((const u8 *)frame + at);
      if (!record_is_sound(head, frame->used - at)) return false;
      counts[head->type]++;
      if (head->type == RECORD_MANIFEST) {
        *manifest = (const struct record_manifest *)head;
      } else {
        records++;
        checksum += head->checksum;
      }
      at += head->bytes;
    }
    physical = frame->next_physical;
  }
  u64 stated = (u64)log->books_checksum[1] << 32 | log->books_checksum[0];
  if (!*manifest || frames != log->books_frames || records != log->books_records) return false;
  return checksum == stated && memcmp(counts, (*manifest)->counts, sizeof (*manifest)->counts) == 0;
}
