// The handover contract: all that two kernels share during a relief, and nothing else.
//
// This interface is a contract. Every field has an explicit width, every record a type, a version,
// a length and a checksum. Within a major version (the high byte) any kernel can relieve any
// other; a record type that is unknown, or of another version, is refused before "I relieve you".
// Any change of a layout here raises the record's version or HANDOVER_VERSION.
//
// These lie in memory that both kernels reach:
//   the ledger    one byte a frame: the node that owns it. A frame has one owner at every
//                 instruction, because its owner is one byte.
//   the log page  one frame: configuration, needs, qualifications, and the utterances.
//   the books     a chain of frames of records, written by the off-going kernel while all
//                 processes are frozen; readable until I_STAND_RELIEVED.
//   mailboxes     while groups of processes move one after the other: the system calls of those
//                 that have not come yet, and their results.
// All stand in ZONE_NORMAL, named by physical address, so both linear maps reach them.
#ifndef ABI_HANDOVER_H
#define ABI_HANDOVER_H
#include <stdint.h>

#define HANDOVER_MAGIC 0x51444c50 // "PLDQ" in memory: never the first word of a device tree
#define HANDOVER_VERSION 0x0806   // contract 8, revision 6

// --- Ledger. Nodes 2 and 3 alternate; more nodes come with clusters.
#define OWNER_NONE 0
#define OWNER_FIRMWARE 1
#define OWNER_FIRST_NODE 2
#define OWNER_NODES_END 4

// --- The image's note (type NOTE_IMAGE, name "Quarterdeck"): what kexec must know beforehand.
#define NOTE_IMAGE 1
struct image_note {
  uint32_t contract_version;  // HANDOVER_VERSION it was built with
  uint32_t release;           // 281, 282
  uint32_t arena_bytes;       // memory it needs besides its image, at least
  uint32_t arena_per_frame;   // and for each frame of RAM
  uint32_t arena_per_process; // and for each process it is to take over
  uint32_t arena_per_hart;    // and for each hart
  uint32_t arena_per_thread;  // and for each thread but the first of each process
};

// --- The log page.
// A side's word only ever grows, so one that speaks twice before the other looks is not misheard.
enum utterance {
  SILENT = 0,
  READY_TO_RELIEVE = 1,       // on-coming: qualified for all that is needed
  READY_TO_BE_RELIEVED = 2,   // off-going: relief double-checked; freezes and writes the books
  BOOKS_WRITTEN = 3,          // off-going: all is frozen and written
  I_RELIEVE_YOU = 4,          // on-coming: books checked; the authority is mine. The commit.
  TRANSFER_COMPLETE = 5,      // on-coming: the receipt is written
  I_STAND_RELIEVED = 6,       // off-going: all that left has arrived
  ABORT = 15,                 // either, before I_STAND_RELIEVED; reason in its *_abort word
};

// Who holds the watch: one word, changed by compare and swap alone. So a watchdog that gives up and
// a relief that commits at the same moment cannot both succeed, and each process has one owner.
//
//   OFFGOING -> ONCOMING    the relief: I_RELIEVE_YOU. It imports, and runs nothing yet.
//   OFFGOING -> WITHDRAWN   the off-going kernel: it gave up, the relief may not commit any more
//   ONCOMING -> RETURNED    the off-going kernel: the relief died before it had all; nothing has
//                           run yet, so frames and processes are taken back as they stand
//   ONCOMING -> FINAL       the off-going kernel: I_STAND_RELIEVED; or the relief, which has all,
//                           when the off-going kernel has died without saying so
enum authority {
  AUTHORITY_OFFGOING = 0,
  AUTHORITY_ONCOMING = 1,
  AUTHORITY_WITHDRAWN = 2,
  AUTHORITY_RETURNED = 3,
  AUTHORITY_FINAL = 4,
};

enum abort_reason {
  ABORT_NONE = 0,
  ABORT_DIGEST = 1,           // the image's SHA-256 differs from the one given
  ABORT_NOT_AN_IMAGE = 2,     // not a static-PIE ELF for this machine, or no image note
  ABORT_CONTRACT_VERSION = 3, // the two kernels speak different contracts
  ABORT_ZONE_NORMAL = 4,      // no contiguous range of ZONE_NORMAL is large enough
  ABORT_MISSING_DRIVER = 5,   // a driver in use is missing in the relief
  ABORT_WATCHDOG = 6,         // the relief did not answer in time
  ABORT_CONFIGURATION = 7,    // the relief's configuration is not the one it was given
  ABORT_RECORD = 8,           // the books hold a record that is unknown or damaged
  ABORT_MEMORY = 9,           // the relief has too little memory to take over all processes
  ABORT_NO_CPU = 10,          // there is no second CPU to halt
  ABORT_MISSING_FILE_SYSTEM = 11,
  ABORT_PANIC = 12,           // the relief failed
  ABORT_RECEIPT = 13,         // what arrived is not what left
  ABORT_OPERATOR = 14,        // whoever asked for the relief asked to end it
  ABORT_REASONS = 15,
};

enum need_kind { NEED_DRIVER = 1, NEED_FILE_SYSTEM = 2, NEED_RECORD = 3 };
struct handover_need {        // a thing in use, or a thing the relief has
  uint16_t kind, version;     // NEED_RECORD: version of the record type
  uint32_t number;            // NEED_RECORD: the record type; else 0
  char name[24];              // driver or file system: its name; NUL-padded
};
#define HANDOVER_NEEDS_MAX 40
#define HANDOVER_COMMAND_LINE_MAX 256

// How the relief takes over memory; `memory=NAME` in its command line.
enum memory_mode {
  MEMORY_ADOPT = 0, // page tables and pages stay where they are and change their owner
  MEMORY_REMAP = 1, // pages stay; the relief builds page tables of its own
  MEMORY_COPY = 2,  // and copies pages, file cache and rings into frames of its own
};

// Who comes across when; `transfer=NAME` in the command line.
enum transfer_mode {
  TRANSFER_ALL = 0,    // all processes stand still, and come together
  TRANSFER_GROUPS = 1, // first all that is not a process, and who shares memory with a file; then
                       // one closed group after the other, while the rest runs
};

// How one kernel takes the place of the other; `method=NAME` in the command line.
enum change_method {
  METHOD_RELIEF = 0,
  METHOD_CHECKPOINT = 1, // all processes are written into the books, then all CPUs and devices are
                         // stopped, and the next kernel boots, probes, and reads the books
  METHOD_KEXEC = 2,      // nothing is kept, and no log page is written
};

struct log_page {
  // Written by the off-going kernel before the relief starts; never changed afterwards.
  uint32_t magic, version, bytes;
  uint32_t offgoing_node, oncoming_node;
  uint32_t offgoing_release;
  uint32_t ram_frames, normal_frames;   // frames of RAM, and of them in ZONE_NORMAL
  uint32_t ledger_physical;             // ram_frames bytes
  uint32_t device_tree_physical, device_tree_bytes;
  uint32_t arena_physical, arena_frames; // the relief's: its image is at the start
  uint32_t image_bytes;                 // from the start of the arena, with bss
  uint32_t oncoming_hart, offgoing_hart; // whom each side's doorbell rings at
  uint32_t harts;
  uint32_t processes, threads;          // how many it will be, about; all threads
  uint32_t need_count;
  struct handover_need needs[HANDOVER_NEEDS_MAX];
  char command_line[HANDOVER_COMMAND_LINE_MAX];
  uint32_t memory_mode;                 // enum memory_mode
  uint32_t transfer_mode;               // enum transfer_mode
  // Spoken: a word for each side, and its reason if it aborts. Release stores, acquire loads.
  uint32_t offgoing_word, offgoing_abort;
  uint32_t oncoming_word, oncoming_abort;
  uint32_t authority;                   // enum authority
  // Written by the on-coming kernel before READY_TO_RELIEVE: its qualifications.
  uint32_t oncoming_version, oncoming_release;
  uint32_t seen_ram_frames, seen_harts, seen_device_tree_checksum;
  uint32_t qualification_count;
  struct handover_need qualifications[HANDOVER_NEEDS_MAX];
  // Written by the off-going kernel before BOOKS_WRITTEN: the books.
  uint32_t books_physical;              // first frame of the chain
  uint32_t books_frames, books_records;
  uint32_t books_checksum[2];           // low, high: sum of all records' checksums
  // MEMORY_REMAP, MEMORY_COPY: free frames that the ledger gives to the relief, outside its arena.
  uint32_t given_frames;
  uint32_t given_physical;              // a frame of the addresses of frames of their addresses
  // Written by the on-coming kernel before TRANSFER_COMPLETE: the receipt, made by writing the
  // books again from its own structures, with the physical addresses that the off-going kernel
  // wrote where the relief's are others.
  uint32_t receipt_records;
  uint32_t receipt_checksum[2];
  // TRANSFER_GROUPS. Frames that the ledger gives to the relief to work with, by a list as above:
  // before READY_TO_BE_RELIEVED, and more when a group was refused.
  uint32_t working_frames, working_physical;
  // The mailboxes, written before BOOKS_WRITTEN: all requests, then all replies.
  uint32_t mailboxes_physical, mailboxes;
  // Where a group is: a word of each side, which only grows. The off-going kernel's is 1 when the
  // first books are delivered, 2n when the books of group n are written (in the fields above), and
  // 2n + 1 when it is delivered; for the last group I_STAND_RELIEVED says that. The on-coming one's
  // is 2n when the receipt of group n is written; or, with a reason, when it cannot take that group
  // now and has changed nothing. Then the off-going kernel writes the books of a group n + 1, with
  // more working frames; or gives this one up, by 2n + 1, and the on-coming kernel ends its
  // processes and says 2n + 1 too.
  uint32_t offgoing_group;
  uint32_t oncoming_group, oncoming_refusal; // enum abort_reason
  // Written before BOOKS_WRITTEN: regions of the process that has most, of all that come.
  uint32_t most_regions;
  uint32_t method;                      // enum change_method: relief, or checkpoint
};
_Static_assert(sizeof(struct log_page) <= 4096, "the log is one frame");

// --- The books: a chain of frames; each starts with this header, then records, 4-byte aligned.
// No record crosses a frame.
struct books_frame {
  uint32_t next_physical; // 0 in the last
  uint32_t used;          // bytes in use, this header included
};
struct record {
  uint16_t type, version;
  uint32_t bytes;         // header included; a multiple of 4
  uint32_t checksum;      // FNV-1a, 32 bits, over the words of type|version, bytes, and payload
};
#define RECORD_BYTES_MAX (4096 - (uint32_t)sizeof(struct books_frame))

enum record_type {
  RECORD_MANIFEST = 1, // first
  RECORD_PROCESS = 2,
  RECORD_REGION = 3,
  RECORD_DESCRIPTOR = 4,
  RECORD_FILE = 5,
  RECORD_INODE = 6,
  RECORD_ENTRY = 7,
  RECORD_PAGES = 8,
  RECORD_PIPE = 9,
  RECORD_TIMER = 10,
  RECORD_CONSOLE = 11,
  RECORD_BLOCK_DEVICE = 12,
  RECORD_THREAD = 13,
  RECORD_SIGNAL_ACTION = 14,
  RECORD_MOUNT = 15,
  RECORD_SOCKET = 16,
  RECORD_SOCKET_DEVICE = 17,
  RECORD_CONSOLE_DEVICE = 18,
  RECORD_TYPES = 19,
};
// Version of each type, by number; 0: there is no such type.
#define RECORD_VERSIONS {0, 1, 3, 1, 1, 1, 2, 2, 1, 1, 2, 2, 1, 1, 1, 1, 1, 1, 1}

// Identifiers keep their values across a relief: pids, inode numbers, and the ids of open files,
// pipes and sockets, which share one series. Order: INODE before ENTRY, PAGES and MOUNT; INODE,
// PIPE and SOCKET before FILE; a listening SOCKET before those that wait on it; FILE before
// DESCRIPTOR; a PROCESS before its THREADs, REGIONs, DESCRIPTORs, SIGNAL_ACTIONs and TIMER, of
// which DESCRIPTORs and SIGNAL_ACTIONs stand in ascending order. Parents may come after children.
// A zombie has its PROCESS record alone, and one that is absent its DESCRIPTORs too. In the books
// of a group there are only its PROCESSes, all alive, with what follows them but DESCRIPTORs; and
// before them the INODEs and PAGES of memory that the group alone shares. All of this is checked
// before the commit, or before a group is taken, by shared/relief/check.c.

struct record_manifest {     // not counted in books_records or the checksum
  struct record head;
  uint32_t counts[RECORD_TYPES]; // of each type
  uint32_t next_pid, next_inode, next_id; // the next numbers to give out
  uint32_t root_inode;
};

#define HANDOVER_NAME_MAX 16
enum {
  HANDOVER_ALIVE = 0,
  HANDOVER_ZOMBIE = 1,
  // Comes later, with a group: its number, parent, group, session, directory and descriptors are
  // here; root, heap, signals and ticks, which are 0 now, come with the group; then those are 0.
  HANDOVER_ABSENT = 2,
};
struct record_process {
  struct record head;
  int32_t pid, parent_pid;
  int32_t group, session;    // process group and session
  uint32_t state;            // HANDOVER_*
  uint32_t wait_status;      // zombie: as in siginfo: code << 16 | status
  uint32_t root_physical;    // Sv32 root table; entries 0..767 are the process's; 0 for a zombie
  uint32_t heap_start, heap_end; // brk
  uint32_t signals[2];       // pending for the process, bit signal - 1
  uint32_t working_directory; // inode number
  uint32_t user_ticks[2];
  char name[HANDOVER_NAME_MAX];
};

enum { // what a restarted system call goes on with
  RESTART_NONE = 0,
  RESTART_SLEEP = 1,   // clock_nanosleep: until the thread's deadline
  RESTART_WRITE = 2,   // write: restart_done bytes are already in the pipe
  RESTART_TIMEOUT = 3, // futex wait or ppoll: its timeout ends at the thread's deadline
};
// A thread at its boundary. A blocked call stands at its ecall, with its arguments, and is issued
// again; a mask that sigsuspend or ppoll had put in force is taken back first.
struct record_thread {
  struct record head;
  int32_t pid, tid;          // tid == pid: the first thread, which may have ended
  uint32_t registers[32];    // [0] = pc
  uint32_t restart, restart_done;
  uint32_t deadline[2];      // timebase ticks; 0 unless `restart` has one
  uint32_t mask[2];          // blocked signals
  uint32_t signals[2];       // pending for this thread
  uint32_t clear_tid;        // user address, or 0: CLONE_CHILD_CLEARTID
};

struct record_signal_action { // one for each signal of a process that is not SIG_DFL
  struct record head;
  int32_t pid;
  uint32_t signal;           // 1 .. NSIG
  uint32_t handler, flags;   // SIG_IGN or a user address; SA_*
  uint32_t mask[2];
};

enum { // region flags
  REGION_SHARED = 1,     // MAP_SHARED; anonymous ones have an inode without a name
  REGION_STACK = 2,      // grows down on demand
  REGION_HEAP = 4,       // brk area
  REGION_READ_ONLY_FILE = 8, // shared, of a file that was opened for reading: never writable
};
struct record_region {
  struct record head;
  int32_t pid;
  uint32_t start, end;       // page-aligned
  uint32_t protection;       // PROT_*
  uint32_t flags;
  uint32_t inode;            // backing file, or 0: anonymous and private, zero-filled
  uint32_t file_page;        // page of the file at `start`
  uint32_t file_bytes;       // bytes from there that come from the file; zero-filled beyond
};

enum { FILE_INODE = 1, FILE_PIPE_READ = 2, FILE_PIPE_WRITE = 3, FILE_SOCKET = 4 };
struct record_file {         // an open file, which several descriptors may share
  struct record head;
  uint32_t id;
  uint32_t kind;
  uint32_t object;           // inode number, pipe id or socket id
  uint32_t flags;            // O_*
  uint32_t position[2];
};
struct record_descriptor {
  struct record head;
  int32_t pid;
  uint32_t descriptor;
  uint32_t file;             // record_file.id
  uint32_t flags;            // O_CLOEXEC or 0
};

#define HANDOVER_FILE_NAME_MAX 60
struct record_inode {
  struct record head;
  uint32_t inode;
  uint32_t mode;             // S_IF* and permissions
  uint32_t device;           // character and block devices: major << 8 | minor
  uint32_t links;            // directory entries that name it; 1 for the root; 0: open or mapped
  uint32_t size[2];          // bytes; 0 for directories: tmpfs's have ENTRY and no PAGES records
  uint32_t disk_offset;      // romfs: of the file's data, or of a directory's first header
};

// romfs (Linux, Documentation/filesystems/romfs.rst) numbers an inode by where its header stands on
// the disk. Of these, INODE records are written for those that are open, mapped, a working
// directory or hold cached pages, and for the mount's root; links are 1, and no ENTRY names them.
#define INODE_ROMFS 0x80000000u // set in the numbers: | offset of the header / 16
struct record_mount {        // a file system on the disk
  struct record head;
  uint32_t directory;        // the tmpfs directory that it covers
  uint32_t root;             // its root's inode number
  uint32_t device;           // major << 8 | minor
  char type[HANDOVER_NAME_MAX]; // "romfs": also a NEED_FILE_SYSTEM
};
// A directory entry of tmpfs; none for "." and "..". Those of one directory stand together. The
// position of a FILE that is a directory is the least that its listing has not come to; 0 and 1 are
// those of the dots.
#define ENTRY_POSITION_FIRST 2
struct record_entry {
  struct record head;
  uint32_t directory, inode;
  uint32_t position;         // in listings: from 2 on, ascending; kept while the entry is there
  char name[HANDOVER_FILE_NAME_MAX]; // NUL-padded
};
#define HANDOVER_PAGES 64
struct record_pages {        // cached pages of a file; records without any page are left out
  struct record head;
  uint32_t inode;
  uint32_t first;            // a multiple of HANDOVER_PAGES
  uint32_t physical[HANDOVER_PAGES]; // 0: a hole
};
struct record_pipe {         // one frame used as a ring
  struct record head;
  uint32_t id;
  uint32_t frame_physical;
  uint32_t read_offset, used; // bytes
};
struct record_timer {        // a process's ITIMER_REAL, if it runs
  struct record head;
  int32_t pid;
  uint32_t deadline[2], interval[2]; // timebase ticks; interval 0: once
};
struct record_console {      // what was typed and not read yet
  struct record head;
  uint32_t irq;
  uint32_t complete;         // bytes of whole lines, ready for read()
  uint32_t used;             // all bytes, with the line being typed
  uint32_t input_flags, local_flags; // termios: ICRNL; ISIG, ICANON, ECHO
  int32_t session, group;    // whose terminal it is, and the foreground group; 0: nobody's
  char bytes[256];
};
#define HANDOVER_QUEUE_MAX 64 // legacy devices: 64 exactly, which gives the layout below
struct record_block_device { // a virtio-mmio block device, adopted in place, without reset
  struct record head;
  uint32_t base, irq;        // physical address of its registers
  uint32_t mmio_version;     // 1 or 2
  uint32_t queue_physical;   // one frame: descriptors, available ring at 1024, used ring at 2048
  uint32_t queue_size;       // entries, at most HANDOVER_QUEUE_MAX
  uint32_t available_index, used_index; // as the driver last left and saw them
  uint32_t sectors[2];
};

// A stream socket. Its receive buffer is one frame used as a ring: that is the credit it offers. A
// local connection is two sockets, each with the other's ports; no packet is ever made for it.
enum socket_state {
  SOCKET_OPEN = 0,       // no address, or bound
  SOCKET_LISTENING = 1,
  SOCKET_CONNECTING = 2, // a request was sent; connect is issued again and goes on waiting
  SOCKET_CONNECTED = 3,
  SOCKET_CLOSED = 4,     // was connected, and is over; what was received can still be read
};
enum { // socket flags
  SOCKET_SHUT_RECEIVE = 1,   // SHUT_RD
  SOCKET_SHUT_SEND = 2,      // SHUT_WR
  SOCKET_PEER_SENDS_NO_MORE = 4,
  SOCKET_PEER_RECEIVES_NO_MORE = 8,
  SOCKET_LINGERS = 16,       // has no FILE any more; waits for the peer's last word
};
struct record_socket {
  struct record head;
  uint32_t id;
  uint32_t state, flags;
  uint32_t local_port;       // 0: not bound
  uint32_t peer_cid, peer_port;
  uint32_t error;            // errno that SO_ERROR gives, or 0
  uint32_t backlog;          // LISTENING: at most so many wait
  uint32_t listener;         // id of the socket it waits on for accept, in order of id; or 0
  uint32_t frame_physical;   // the ring; 0 when none is needed yet
  uint32_t read_offset, used; // bytes
  uint32_t received, taken;  // bytes that came, and that the user took; modulo 2^32, as all below
  uint32_t told;             // `taken` as last told to the peer
  uint32_t sent, peer_taken; // bytes sent, and of these taken by the peer as last heard
  uint32_t peer_buffer;      // the peer's buffer in bytes
};

// The virtio drivers' queues have one frame each: descriptors, the available ring at 1024, the used
// ring at 2048, and 64 entries. While a device is handed over nothing is in its transmit queue, and
// its interrupt may be pending at the PLIC, but is not claimed.
#define HANDOVER_RECEIVE_BUFFERS 16
struct queue_state {
  uint32_t physical;
  uint32_t available_index, used_index; // as the driver last left and saw them
};
struct record_socket_device { // virtio-vsock; descriptor i of queue 0 is buffer i, a whole frame
  struct record head;
  uint32_t base, irq, mmio_version;
  uint32_t guest_cid;
  struct queue_state queues[3]; // receive, transmit, event (its one buffer: 8 bytes at 3072)
  uint32_t buffers_physical[HANDOVER_RECEIVE_BUFFERS];
  uint32_t next_port;        // the next that is tried for a socket without one
};
struct record_console_device { // virtio-console; descriptor i of queue 0: 256 bytes at 256 * i
  struct record head;
  uint32_t base, irq, mmio_version;
  struct queue_state queues[2]; // receive, transmit
  uint32_t buffers_physical; // one frame: 16 receive buffers
  uint32_t used;             // received and not read yet
  char bytes[1024];
};

// --- Mailboxes (TRANSFER_GROUPS): one for each thread that comes later. What such a thread asks of
// files, sockets, pipes, the terminal or other processes is done in the on-coming kernel by the
// thread's ghost. Addresses in the arguments are those of the ghost, which sees its mailbox's reply
// at MAILBOX_WINDOW + index * MAILBOX_BYTES. Each half is written by one side alone.
#define MAILBOX_BYTES 8192
#define MAILBOX_DATA 8128
#define MAILBOX_WINDOW 0x10000000u
#define MAILBOXES_MAX 512 // what one page table shows of the window
struct mailbox_request { // the off-going kernel's
  int32_t pid, tid;
  uint32_t sequence;     // of the call: a release store; 0: none yet
  uint32_t ended;        // sequence of a call that is to end, with what it has
  uint32_t number, arguments[6];
  uint32_t data_bytes;   // of `data`, which the ghost copies to its reply first
  uint32_t restart, restart_done, deadline[2]; // as in record_thread
  uint8_t data[MAILBOX_DATA];
};
struct mailbox_reply {   // the on-coming kernel's
  uint32_t sequence;     // of the call that this answers: a release store
  int32_t result;
  uint32_t again;        // the call is to be issued again, with the four words below
  uint32_t restart, restart_done, deadline[2];
  uint32_t unhandled;    // ... and no handler of a signal may run before, but to end it
  uint32_t wanted;       // its process has a signal to take, or should come for another reason
  uint32_t spare[7];
  uint8_t data[MAILBOX_DATA];
};
_Static_assert(sizeof(struct mailbox_request) == MAILBOX_BYTES, "a mailbox");
_Static_assert(sizeof(struct mailbox_reply) == MAILBOX_BYTES, "a mailbox");

// --- Marks of what is spoken, for logs: index = enum utterance.
#define UTTERANCE_TEXTS                                                                    \
  { "...", "I am ready to relieve you", "I am ready to be relieved", "The books are written", \
    "I relieve you", "All have come across", "I stand relieved" }
#define ABORT_TEXTS                                                                        \
  { "no reason", "the image's SHA-256 is not the one given",                               \
    "the image is not a relocatable kernel for this machine",                              \
    "the relief speaks another version of the handover contract",                          \
    "no contiguous range of ZONE_NORMAL is large enough for the relief",                   \
    "the relief lacks a driver that is in use", "the relief did not answer in time",       \
    "the relief's configuration is not the one it was given",                              \
    "the books hold a record that is unknown or damaged",                                  \
    "the relief has too little memory", "there is no second CPU to halt",                  \
    "the relief lacks a file system that is in use", "the relief failed",                  \
    "what arrived is not what left", "the operator ended it" }
#endif
