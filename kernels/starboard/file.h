// Open files and the tables of descriptors that name them.
#ifndef STARBOARD_FILE_H
#define STARBOARD_FILE_H
#include "inode.h"
#include "sleep.h"

#define DESCRIPTORS_MAX 256 // a process may open; one that came across may have more

struct pipe;
struct socket;

struct file { // an open file; several descriptors may share it
  struct list in_all;  // files_lock
  u32 references;      // atomic
  u32 id, kind;        // FILE_*
  u32 flags;           // O_*, without those that only open() minds
  struct inode *inode; // or
  struct pipe *pipe;   // or
  struct socket *socket; // set by who made the file, before anybody else sees it
  struct mutex position_lock;
  u64 position;
};
extern struct list all_files; // files_lock
extern u32 next_id;           // atomic: the next id of a file, pipe or socket

u32 next_object_id(void);
struct file *file_make(u32 kind, u32 flags, struct inode *inode, struct pipe *pipe);
struct file *file_make_numbered(u32 id, u32 kind, u32 flags, struct inode *i, struct pipe *p);
void file_get(struct file *file);
void file_put(struct file *file);
s32 file_open(struct inode *base, const char *path, u32 flags, u32 mode, struct file **file);
s32 file_read(struct file *file, u32 user, u32 n);
s32 file_write(struct file *file, u32 user, u32 n);
s32 file_read_at(struct file *file, u64 at, u32 user, u32 n);
s32 file_write_at(struct file *file, u64 at, u32 user, u32 n);
s32 file_seek(struct file *file, s64 offset, u32 whence, u64 *position);
// What of `events` is the case, and POLLERR and POLLHUP; if nothing, `w` joins the queue of those
// who are told of changes, until file_poll_end.
u32 file_poll(struct file *file, u32 events, struct waiter *w);
void file_poll_end(struct file *file, struct waiter *w);
// A write that had to stop for a relief goes on behind the bytes that are written already.
u32 write_resume(u32 n); // how many these are
s32 write_stop(u32 done, s32 error, bool signals); // its result; `signals`: SIGPIPE with -EPIPE

struct descriptor {
  struct file *file; // NULL: free
  u32 flags;         // O_CLOEXEC or 0
};
struct descriptor_table {
  struct spinlock lock;
  struct descriptor *slots; // grown as needed
  u32 length, used;
};
// These two take the reference, or drop it when they fail.
s32 descriptor_add(struct descriptor_table *t, struct file *file, u32 flags, u32 lowest);
s32 descriptor_set(struct descriptor_table *t, u32 number, struct file *file, u32 flags);
struct file *descriptor_file(struct descriptor_table *t, u32 number); // with a reference, or NULL
s32 descriptor_flags(struct descriptor_table *t, u32 number, bool set, u32 flags); // or -EBADF
s32 descriptor_close(struct descriptor_table *t, u32 number);
bool descriptors_copy(struct descriptor_table *to, struct descriptor_table *from);
// While nobody else uses the table.
bool descriptors_reserve(struct descriptor_table *t, u32 length);
void descriptors_close(struct descriptor_table *t, u32 flags); // those with any of `flags`; 0: all

// pipe.c
struct pipe {
  struct list in_all; // pipes_lock
  u32 id;
  struct spinlock lock;
  u32 frame, read_offset, used; // lock
  u32 readers, writers;         // lock: open files
  struct wait_queue changed;    // lock
};
extern struct list all_pipes;   // pipes_lock
struct pipe *pipe_make(u32 id, u32 frame);
void pipe_opened(struct pipe *pipe, u32 kind);
void pipe_closed(struct pipe *pipe, u32 kind);
s32 pipe_read(struct pipe *pipe, u32 user, u32 n, u32 flags);
s32 pipe_write(struct pipe *pipe, u32 user, u32 n, u32 flags);
u32 pipe_poll(struct pipe *pipe, u32 kind, u32 events, struct waiter *w);

// device.c: character and block devices, by their number.
#define DEVICE_NULL 0x0103
#define DEVICE_ZERO 0x0105
#define DEVICE_CONSOLE 0x0501
#define DEVICE_LOG_DESK 0x0ac8
#define DEVICE_HVC 0xe500
#define DEVICE_DISK 0xfe00
s32 device_open(u32 device); // 0, or -ENXIO
s32 device_read(u32 device, u64 at, u32 user, u32 n, u32 flags);
s32 device_write(u32 device, u64 at, u32 user, u32 n, u32 flags);
u64 device_bytes(u32 device); // of one that has a size
#endif
