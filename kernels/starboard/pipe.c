// Pipes: one frame of ZONE_NORMAL as a ring. A write of at most PIPE_BUF bytes goes in whole. A
// longer one may have to stop half-way for a relief: what it has written is kept in the thread
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

// Waits until there is something to read, or nobody to write it. pipe->lock held.
static s32 await_bytes(struct pipe *pipe, u32 flags) {
  while (!pipe->used && pipe->writers) {
    if (flags & O_NONBLOCK) return -EAGAIN;
    if (!wait_on(&pipe->changed, &pipe->lock) && !pipe->used) return -ERESTART_CALL;
  }
  return 0;
}

// Reads what there is into one page, with vm->lock: nobody takes the page away.
static s32 read_piece(struct pipe *pipe, struct vm *vm, u32 user, u32 n) {
  u32 frame;
  s32 error = vm_lock_pages(vm, user, n, PROT_WRITE, &frame);
  if (error) return error;
  u8 *window = kmap(frame);
  lock(&pipe->lock);
  u32 piece = MIN(n, pipe->used);
  ring_copy(pipe, window + user % PAGE_SIZE, piece, true);
  if (piece) wake_all(&pipe->changed);
  unlock(&pipe->lock);
  kunmap(window);
  unlock(&vm->lock);
  return (s32)piece;
}

s32 pipe_read(struct pipe *pipe, u32 user, u32 n, u32 flags) {
  struct vm *vm = this_process()->vm;
  u32 done = 0;
  while (done < n) {
    s32 result = 0;
    if (!done) {
      lock(&pipe->lock);
      result = await_bytes(pipe, flags);
      bool ended = !pipe->used && !pipe->writers;
      unlock(&pipe->lock);
      if (result || ended) return result;
    }
    u32 in_page = PAGE_SIZE - (user + done) % PAGE_SIZE;
    result = read_piece(pipe, vm, user + done, MIN(n - done, in_page));
    if (result < 0) return done ? (s32)done : result;
    if (!result && done) break; // else another reader was first
    done += (u32)result;
  }
  return (s32)done;
}

// Why `needed` bytes cannot go in at once, or 0. pipe->lock held.
static s32 check_room(const struct pipe *pipe, u32 needed) {
  if (!pipe->readers) return -EPIPE;
  return PAGE_SIZE - pipe->used >= needed ? 0 : -EAGAIN;
}

static s32 await_room(struct pipe *pipe, u32 needed, u32 flags) {
  lock(&pipe->lock);
  s32 error;
  while ((error = check_room(pipe, needed)) == -EAGAIN && !(flags & O_NONBLOCK)) {
    // The signal or the freeze comes first, whatever the pipe now has.
    if (wait_on(&pipe->changed, &pipe->lock) || !pipe->readers) continue;
    error = -ERESTART_CALL;
    break;
  }
  unlock(&pipe->lock);
  return error;
}

// Copies into the ring what fits of [user, user + n), which lies in at most two pages, if it is at
// least `needed`, with vm->lock.
static s32 write_piece(struct pipe *pipe, struct vm *vm, u32 user, u32 n, u32 needed) {
  u32 frames[2], first = MIN(n, PAGE_SIZE - user % PAGE_SIZE), done = 0;
  s32 error = vm_lock_pages(vm, user, n, PROT_READ, frames);
  if (error) return error;
  lock(&pipe->lock);
  error = check_room(pipe, needed);
  for (u32 i = 0; i < 2 && !error && done < n && pipe->used < PAGE_SIZE; i++) {
    u32 piece = MIN(i ? n - first : first, PAGE_SIZE - pipe->used);
    u8 *window = kmap(frames[i]);
    ring_copy(pipe, window + (user + done) % PAGE_SIZE, piece, false);
    kunmap(window);
    done += piece;
    if (piece < (i ? n - first : first)) break;
  }
  if (done) wake_all(&pipe->changed);
  unlock(&pipe->lock);
  unlock(&vm->lock);
  return error ? error : (s32)done;
}

s32 pipe_write(struct pipe *pipe, u32 user, u32 n, u32 flags) {
  struct vm *vm = this_process()->vm;
  u32 done = write_resume(n);
  u32 needed = n <= PIPE_BUF && done == 0 ? n : 1;
  while (done < n) {
    s32 result = await_room(pipe, needed, flags);
    if (!result) {
      result = write_piece(pipe, vm, user + done, MIN(n - done, PIPE_BUF), needed);
      if (result == -EAGAIN && !(flags & O_NONBLOCK)) continue; // another writer was first
    }
    if (result < 0) return write_stop(done, result, true);
    done += (u32)result;
  }
  return (s32)done;
}

u32 pipe_poll(struct pipe *pipe, u32 kind, u32 events, struct waiter *w) {
  u32 found = 0;
  lock(&pipe->lock);
  if (kind == FILE_PIPE_READ) {
    if (pipe->used) found |= POLLIN;
    if (!pipe->writers) found |= POLLHUP;
  } else {
    if (PAGE_SIZE - pipe->used >= PIPE_BUF) found |= POLLOUT; // any write that is whole fits
    if (!pipe->readers) found |= POLLERR;
  }
  found &= events | POLLHUP | POLLERR;
  if (!found) wait_join(&pipe->changed, w);
  unlock(&pipe->lock);
  return found;
}
