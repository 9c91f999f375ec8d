// Pipes: one frame of ZONE_NORMAL as a ring. A write of at most PIPE_BUF bytes goes in whole. A
// longer one may have to stop half-way for a relief: what it has written is kept in the process
// (RESTART_WRITE), and the call, made again, goes on from there.
#include "process.h"

#define PIPE_BUF PAGE_SIZE

static struct spinlock pipes_lock;
struct list all_pipes = {&all_pipes, &all_pipes};

struct pipe *pipe_make(u32 id, u32 frame) {
  struct pipe *pipe = heap_allocate(sizeof *pipe);
  if (!pipe) return NULL;
  pipe->id = id;
  pipe->frame = frame == NO_FRAME ? frame_allocate_zeroed() : frame;
  if (pipe->frame == NO_FRAME) {
    heap_free(pipe);
    return NULL;
  }
  wait_queue_init(&pipe->changed);
  lock(&pipes_lock);
  list_add_last(&all_pipes, &pipe->in_all);
  unlock(&pipes_lock);
  return pipe;
}

void pipe_opened(struct pipe *pipe, u32 kind) {
  lock(&pipe->lock);
  if (kind == FILE_PIPE_READ) pipe->readers++;
  else pipe->writers++;
  unlock(&pipe->lock);
}

void pipe_closed(struct pipe *pipe, u32 kind) {
  lock(&pipe->lock);
  if (kind == FILE_PIPE_READ) pipe->readers--;
  else pipe->writers--;
  bool dead = pipe->readers + pipe->writers == 0;
  wake_all(&pipe->changed);
  unlock(&pipe->lock);
  if (!dead) return;
  lock(&pipes_lock);
  list_remove(&pipe->in_all);
  unlock(&pipes_lock);
  frame_put(pipe->frame);
  heap_free(pipe);
}

// Copies between the ring and a page of user memory; pipe->lock held.
static void ring_copy(struct pipe *pipe, u8 *memory, u32 n, bool out) {
  u8 *ring = frame_linear(pipe->frame);
  for (u32 piece; n; n -= piece, memory += piece) {
    u32 at = (pipe->read_offset + (out ? 0 : pipe->used)) % PAGE_SIZE;
    piece = MIN(n, PAGE_SIZE - at);
    if (out) {
      memcpy(memory, ring + at, piece);
      pipe->read_offset = (pipe->read_offset + piece) % PAGE_SIZE;
      pipe->used -= piece;
    } else {
      memcpy(ring + at, memory, piece);
      pipe->used += piece;
    }
  }
}

s32 pipe_read(struct pipe *pipe, u32 user, u32 n, u32 flags) {
  struct vm *vm = &this_process()->vm;
  u32 done = 0;
  for (u32 piece; done < n; done += piece) {
    u32 frame, in_page = MIN(n - done, PAGE_SIZE - (user + done) % PAGE_SIZE);
    s32 error = vm_resolve(vm, user + done, PROT_WRITE, &frame);
    if (error) return done ? (s32)done : error;
    lock(&pipe->lock);
    while (!done && !pipe->used && pipe->writers && !error) {
      if (flags & O_NONBLOCK) error = -EAGAIN;
      else if (!wait_on(&pipe->changed, &pipe->lock) && !pipe->used) error = -ERESTART_CALL;
    }
    piece = MIN(in_page, pipe->used);
    if (!error && piece) {
      u8 *window = kmap(frame);
      ring_copy(pipe, window + (user + done) % PAGE_SIZE, piece, true);
      kunmap(window);
      wake_all(&pipe->changed);
    }
    unlock(&pipe->lock);
    if (error) return error;
    if (!piece) break;
  }
  return (s32)done;
}

// Waits for room for what must go in at once. 0, or an error.
static s32 await_room(struct pipe *pipe, u32 needed, u32 flags) {
  for (;;) {
    if (!pipe->readers) return -EPIPE;
    if (PAGE_SIZE - pipe->used >= needed) return 0;
    if (flags & O_NONBLOCK) return -EAGAIN;
    if (!wait_on(&pipe->changed, &pipe->lock)) {
      // The signal or the freeze comes first, whatever the pipe now has.
      return !pipe->readers ? -EPIPE : -ERESTART_CALL;
    }
  }
}

// Copies into the ring what fits of [user, user + n), which lies in at most two pages, both of
// them resolved beforehand: a process alone changes its own page tables.
static s32 write_some(struct pipe *pipe, u32 user, u32 n, u32 flags, bool whole) {
  struct vm *vm = &this_process()->vm;
  u32 frames[2] = {NO_FRAME, NO_FRAME}, first = MIN(n, PAGE_SIZE - user % PAGE_SIZE), done = 0;
  s32 error = vm_resolve(vm, user, PROT_READ, &frames[0]);
  if (!error && n > first) error = vm_resolve(vm, user + first, PROT_READ, &frames[1]);
  if (error) return error;
  lock(&pipe->lock);
  error = await_room(pipe, whole ? n : 1, flags);
  for (u32 i = 0; i < 2 && frames[i] != NO_FRAME && !error; i++) {
    u32 piece = MIN(i ? n - first : first, PAGE_SIZE - pipe->used);
    u8 *window = kmap(frames[i]);
    ring_copy(pipe, window + (user + done) % PAGE_SIZE, piece, false);
    kunmap(window);
    done += piece;
    if (piece < (i ? n - first : first)) break;
  }
  if (done) wake_all(&pipe->changed);
  unlock(&pipe->lock);
  return error ? error : (s32)done;
}

static s32 finish_write(struct process *p, u32 done, s32 error) {
  if (error == -ERESTART_CALL && done) {
    p->restart = RESTART_WRITE;
    p->restart_done = done;
    return error;
  }
  if (error == -EPIPE && !done) signal_raise(p, SIGPIPE);
  return done ? (s32)done : error;
}

s32 pipe_write(struct pipe *pipe, u32 user, u32 n, u32 flags) {
  struct process *p = this_process();
  u32 done = p->restart == RESTART_WRITE ? MIN(p->restart_done, n) : 0;
  p->restart = RESTART_NONE;
  p->restart_done = 0;
  bool whole = n <= PIPE_BUF && done == 0;
  while (done < n) {
    u32 piece = MIN(n - done, PIPE_BUF);
    s32 written = write_some(pipe, user + done, piece, flags, whole);
    if (written < 0) return finish_write(p, done, written);
    done += (u32)written;
  }
  return (s32)done;
}
