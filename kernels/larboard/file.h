// Open files, descriptors, and reading and writing through them.
#ifndef LARBOARD_FILE_H
#define LARBOARD_FILE_H
#include "abi/handover.h"
#include "shared/spinlock.h"
#include "shared/types.h"

struct process;
struct inode;
struct pipe;
struct socket;

#define DESCRIPTORS_MAX 160
#define FILES_MAX 512
#define DEVICE_NULL 0x103
#define DEVICE_ZERO 0x105
#define DEVICE_CONSOLE 0x501
#define DEVICE_DESK 0xac8  // 10:200
#define DEVICE_DISK 0xfe00 // 254:0
#define DEVICE_HVC 0xe500  // 229:0

struct file { // file_lock
  u32 references; // 0: free
  u32 id;
  u32 kind;       // FILE_*
  struct inode *inode;
  struct pipe *pipe;
  struct socket *socket;
  u32 flags;      // O_*
  u32 position;
};
struct descriptor { // file_lock
  struct file *file;
  u32 flags;
};

extern struct spinlock file_lock;
extern u32 next_id; // of files, pipes and sockets; file_lock

struct file *file_create(u32 kind, u32 flags); // one reference; NULL when the table is full
void file_hold(struct file *f);
void file_release(struct file *f);             // closes with the last reference
struct file *file_at(u32 slot);
u32 files_used(void);
u32 take_id(void);

// User memory to or from the file; bytes, or an error (-ERESTART: the call is interrupted).
s32 file_read(struct process *p, struct file *f, u32 address, u32 n);
s32 file_write(struct process *p, struct file *f, u32 address, u32 n);
// The same at a position of the caller's, which leaves the file's alone: pread, pwrite.
s32 file_read_at(struct process *p, struct file *f, u32 address, u32 n, s64 at);
s32 file_write_at(struct process *p, struct file *f, u32 address, u32 n, s64 at);
// A write that waits: how many of its n bytes went before the call was issued again; and what it
// returns, the last piece having given `put`.
u32 write_begin(u32 n);
s32 write_end(s32 put, u32 done);
void file_set_flags(struct file *f, u32 flags); // O_APPEND and O_NONBLOCK
u32 file_poll(const struct file *f);            // POLL*
s32 file_seek(struct file *f, s64 offset, u32 whence, s64 *position);
s32 file_open(struct process *p, struct inode *start, const char *path, u32 flags, u32 mode);
u32 file_mode(const struct file *f);
u64 file_size(const struct file *f);

// --- descriptor.c
// The open file of a descriptor, held against a close by another thread; NULL: there is none.
struct file *descriptor_hold(struct process *p, u32 descriptor);
// The lowest free descriptor from `lowest` on; takes over the caller's reference if it succeeds.
s32 descriptor_add(struct process *p, struct file *f, u32 lowest, u32 flags);
s32 descriptor_close(struct process *p, u32 descriptor);
// Puts f at exactly this descriptor, in the place of what is there; takes over the reference.
s32 descriptor_replace(struct process *p, struct file *f, u32 descriptor, u32 flags);
s32 descriptor_flags(struct process *p, u32 descriptor); // O_CLOEXEC, 0, or -EBADF
s32 descriptor_set_flags(struct process *p, u32 descriptor, u32 flags);
void descriptors_copy(struct process *to, struct process *from); // and the directory
void descriptors_close_all(struct process *p, u32 flags); // those that have all of `flags`
u32 descriptors_used(const struct process *p);
struct inode *directory_hold(struct process *p);             // the working directory
void directory_change(struct process *p, struct inode *to); // takes over the hold

// --- pipe.c: one frame used as a ring
#define PIPES_MAX 128
struct pipe {
  struct spinlock lock;
  u32 id;                 // 0: free
  u32 frame;
  u32 read_offset, used;
  u32 readers, writers;   // open files, not descriptors
  bool writing;           // a writer has the room that it found
};
struct pipe *pipe_create(void);
void pipe_close(struct pipe *pipe, u32 kind); // one end
s32 pipe_read(struct process *p, struct pipe *pipe, u32 address, u32 n, u32 flags);
s32 pipe_write(struct process *p, struct pipe *pipe, u32 address, u32 n, u32 flags);
u32 pipe_poll(struct pipe *pipe, u32 kind);
struct pipe *pipe_at(u32 slot);
u32 pipes_used(void);
struct pipe *pipe_import(const struct record_pipe *r);

// --- console.c
s32 console_read(struct process *p, u32 address, u32 n, u32 flags);
s32 console_write_user(struct process *p, u32 address, u32 n);
void console_interrupt(void);
u32 console_poll(void);
s32 console_control(struct process *p, u32 request, u32 address); // ioctl
void console_open(struct process *p);  // a leader without a terminal gets it
void console_leave(struct process *p); // process_lock; the end of a session's leader
void console_begin(void);              // cold boot
void console_export(struct record_console *r);
void console_import(const struct record_console *r);

// --- poll.c
s32 poll_user(struct process *p, const u32 *a); // ppoll's arguments
void poll_notify(void);                         // something may have become ready

// --- block.c: the virtio block device
void block_probe(void);                      // cold boot: looks through the slots
void block_stop(void);                       // resets the device: no request is under way
void block_restart(void);                    // probes it again
bool block_is_present(void);
u64 block_bytes(void);
s32 block_read(u64 at, void *to, u32 n);     // kernel memory; 0 or -EIO
s32 block_transfer(struct process *p, u64 at, u32 address, u32 n, bool write);
bool block_export(struct record_block_device *r); // false: no device
void block_import(const struct record_block_device *r);
#endif
