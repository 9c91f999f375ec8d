// Pipes: a ring of one frame. Bytes pass through a small buffer on the stack, so that the pipe's
// lock is not held while user memory is reached.
#include "abi/syscall.h"
#include "larboard/file.h"
#include "larboard/frame.h"
#include "larboard/process.h"
#include "larboard/signal.h"
#include "shared/string.h"

#define BOUNCE 512
#define PIPE_BUF 4096 // as on Linux

static struct pipe pipes[PIPES_MAX];
static struct spinlock pipes_lock; // the table: who takes a free slot

struct pipe *pipe_at(u32 slot) { return &pipes[slot]; }

u32 pipes_used(void) {
  u32 n = 0;
  for (u32 i = 0; i < PIPES_MAX; i++) n += pipes[i].id != 0;
  return n;
}

static struct pipe *take_slot(u32 id) {
  struct pipe *pipe = NULL;
  lock(&pipes_lock);
  for (u32 i = 0; i < PIPES_MAX && !pipe; i++) {
    if (pipes[i].id == 0) pipe = &pipes[i];
  }
  if (pipe) {
    memset(pipe, 0, sizeof *pipe);
    pipe->id = id;
  }
  unlock(&pipes_lock);
  return pipe;
}

struct pipe *pipe_create(void) {
  u32 frame = frame_take(ZONE_NORMAL);
  struct pipe *pipe = frame ? take_slot(take_id()) : NULL;
  if (!pipe) {
    if (frame) frame_release(frame);
    return NULL;
  }
  pipe->frame = frame;
  pipe->readers = pipe->writers = 1;
  return pipe;
}

struct pipe *pipe_import(const struct record_pipe *r) {
  struct pipe *pipe = take_slot(r->id);
  if (!pipe) return NULL;
  pipe->frame = r->frame_physical;
  pipe->read_offset = r->read_offset;
  pipe->used = r->used;
  return pipe;
}

// Wakes whoever waits for bytes, for room, or for the other end. The pipe's lock is held.
static void changed(struct pipe *pipe) {
  wake(pipe);
  poll_notify();
}

void pipe_close(struct pipe *pipe, u32 kind) {
  lock(&pipe->lock);
  if (kind == FILE_PIPE_READ) pipe->readers--;
  else pipe->writers--;
  bool gone = pipe->readers == 0 && pipe->writers == 0;
  u32 frame = pipe->frame;
  changed(pipe);
  unlock(&pipe->lock);
  if (!gone) return;
  frame_release(frame);
  pipe->id = 0;
}

// Takes up to n bytes out of the ring. The pipe's lock is held.
static u32 take_bytes(struct pipe *pipe, u8 *to, u32 n) {
  const u8 *ring = linear(pipe->frame);
  n = MIN(n, pipe->used);
  for (u32 i = 0; i < n; i++) to[i] = ring[(pipe->read_offset + i) % PAGE_SIZE];
  pipe->read_offset = (pipe->read_offset + n) % PAGE_SIZE;
  pipe->used -= n;
  return n;
}

static u32 put_bytes(struct pipe *pipe, const u8 *from, u32 n) {
  u8 *ring = linear(pipe->frame);
  n = MIN(n, PAGE_SIZE - pipe->used);
  for (u32 i = 0; i < n; i++) {
    ring[(pipe->read_offset + pipe->used + i) % PAGE_SIZE] = from[i];
  }
  pipe->used += n;
  return n;
}

s32 pipe_read(struct process *p, struct pipe *pipe, u32 address, u32 n, u32 flags) {
  u8 bounce[BOUNCE];
  u32 done = 0;
  if (n == 0) return 0;
  // ready first, so that bytes taken from the pipe have a place to go
  if (!user_is_accessible(&p->space, address, MIN(n, PAGE_SIZE), ACCESS_WRITE)) return -EFAULT;
  lock(&pipe->lock);
  bool undisturbed = true;
  while (pipe->used == 0 && pipe->writers) {
    if ((flags & O_NONBLOCK) || !undisturbed) {
      unlock(&pipe->lock);
      return flags & O_NONBLOCK ? -EAGAIN : -ERESTART;
    }
    undisturbed = sleep_on(pipe, &pipe->lock);
  }
  while (done < MIN(n, PAGE_SIZE) && pipe->used) {
    u32 piece = take_bytes(pipe, bounce, MIN(MIN(n, PAGE_SIZE) - done, BOUNCE));
    unlock(&pipe->lock);
    if (!copy_to_user(&p->space, address + done, bounce, piece)) return -EFAULT;
    done += piece;
    lock(&pipe->lock);
  }
  changed(pipe);
  unlock(&pipe->lock);
  return (s32)done;
}

// Waits for room, and for whoever writes, and keeps both: a write of at most PIPE_BUF bytes goes in
// as a whole. How much there is room for, -EPIPE, -EAGAIN or -ERESTART.
static s32 reserve(struct pipe *pipe, u32 n, u32 least, u32 flags) {
  s32 result = 0;
  bool undisturbed = true;
  lock(&pipe->lock);
  while (result == 0) {
    u32 room = PAGE_SIZE - pipe->used;
    if (pipe->readers == 0) result = -EPIPE;
    else if (pipe->writing) sleep_firmly(pipe, &pipe->lock); // not for long
    else if (room >= least) result = (s32)MIN(n, room);
    else if (flags & O_NONBLOCK) result = -EAGAIN;
    else if (!undisturbed) result = -ERESTART;
    else undisturbed = sleep_on(pipe, &pipe->lock);
  }
  if (result > 0) pipe->writing = true;
  unlock(&pipe->lock);
  return result;
}

// Puts n bytes, for which there is room, into the ring. How many, or -EFAULT.
static s32 fill(struct process *p, struct pipe *pipe, u32 address, u32 n) {
  u8 bounce[BOUNCE];
  u32 done = 0;
  while (done < n) {
    u32 piece = MIN(n - done, BOUNCE);
    if (!copy_from_user(&p->space, bounce, address + done, piece)) break;
    lock(&pipe->lock);
    done += put_bytes(pipe, bounce, piece);
    unlock(&pipe->lock);
  }
  lock(&pipe->lock);
  pipe->writing = false;
  changed(pipe);
  unlock(&pipe->lock);
  return done || n == 0 ? (s32)done : -EFAULT;
}

s32 pipe_write(struct process *p, struct pipe *pipe, u32 address, u32 n, u32 flags) {
  u32 done = write_begin(n);
  u32 least = n <= PIPE_BUF ? n : 1;
  s32 put = 0;
  while (done < n && put >= 0) {
    put = reserve(pipe, n - done, MIN(least, n - done), flags);
    if (put > 0) put = fill(p, pipe, address + done, (u32)put);
    if (put > 0) done += (u32)put;
  }
  if (put == -EPIPE) signal_send_broken_pipe(p);
  return write_end(put, done);
}

u32 pipe_poll(struct pipe *pipe, u32 kind) {
  u32 ready = 0;
  lock(&pipe->lock);
  if (kind == FILE_PIPE_READ) {
    if (pipe->used) ready |= POLLIN;
    if (!pipe->writers) ready |= POLLHUP;
  } else {
    if (PAGE_SIZE - pipe->used >= PIPE_BUF) ready |= POLLOUT;
    if (!pipe->readers) ready |= POLLERR;
  }
  unlock(&pipe->lock);
  return ready;
}
