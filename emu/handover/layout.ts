// Written from kernels/abi/handover.h by scripts/handover-layout.mjs. Do not edit.
export const HANDOVER_MAGIC = 1363430480;
export const HANDOVER_VERSION = 2050;
export const BOOKS_WRITTEN = 3;
export const UTTERANCES = [
  "...",
  "I am ready to relieve you",
  "I am ready to be relieved",
  "The books are written",
  "I relieve you",
  "All have come across",
  "I stand relieved",
] as const;

/** Name, type (an integer's, text, or a struct's), offset in bytes, length of an array. */
export type Field = readonly [name: string, type: string, offset: number, length?: number];
export interface Layout {
  readonly bytes: number;
  readonly fields: readonly Field[];
}
export const RECORDS: readonly {
  readonly type: number;
  readonly name: string;
  readonly version: number;
}[] = [
  { type: 1, name: "manifest", version: 1 },
  { type: 2, name: "process", version: 2 },
  { type: 3, name: "region", version: 1 },
  { type: 4, name: "descriptor", version: 1 },
  { type: 5, name: "file", version: 1 },
  { type: 6, name: "inode", version: 1 },
  { type: 7, name: "entry", version: 1 },
  { type: 8, name: "pages", version: 1 },
  { type: 9, name: "pipe", version: 1 },
  { type: 10, name: "timer", version: 2 },
  { type: 11, name: "console", version: 2 },
  { type: 12, name: "block_device", version: 1 },
  { type: 13, name: "thread", version: 1 },
  { type: 14, name: "signal_action", version: 1 },
];
export const LAYOUTS: Readonly<Record<string, Layout>> = {
  record: {
    bytes: 12,
    fields: [
      ["type", "u16", 0],
      ["version", "u16", 2],
      ["bytes", "u32", 4],
      ["checksum", "u32", 8],
    ],
  },
  books_frame: {
    bytes: 8,
    fields: [
      ["next_physical", "u32", 0],
      ["used", "u32", 4],
    ],
  },
  handover_need: {
    bytes: 32,
    fields: [
      ["kind", "u16", 0],
      ["version", "u16", 2],
      ["number", "u32", 4],
      ["name", "text", 8, 24],
    ],
  },
  log_page: {
    bytes: 2968,
    fields: [
      ["magic", "u32", 0],
      ["version", "u32", 4],
      ["bytes", "u32", 8],
      ["offgoing_node", "u32", 12],
      ["oncoming_node", "u32", 16],
      ["offgoing_release", "u32", 20],
      ["ram_frames", "u32", 24],
      ["normal_frames", "u32", 28],
      ["ledger_physical", "u32", 32],
      ["device_tree_physical", "u32", 36],
      ["device_tree_bytes", "u32", 40],
      ["arena_physical", "u32", 44],
      ["arena_frames", "u32", 48],
      ["image_bytes", "u32", 52],
      ["oncoming_hart", "u32", 56],
      ["offgoing_hart", "u32", 60],
      ["harts", "u32", 64],
      ["processes", "u32", 68],
      ["need_count", "u32", 72],
      ["needs", "handover_need", 76, 40],
      ["command_line", "text", 1356, 256],
      ["offgoing_word", "u32", 1612],
      ["offgoing_abort", "u32", 1616],
      ["oncoming_word", "u32", 1620],
      ["oncoming_abort", "u32", 1624],
      ["authority", "u32", 1628],
      ["oncoming_version", "u32", 1632],
      ["oncoming_release", "u32", 1636],
      ["seen_ram_frames", "u32", 1640],
      ["seen_harts", "u32", 1644],
      ["seen_device_tree_checksum", "u32", 1648],
      ["qualification_count", "u32", 1652],
      ["qualifications", "handover_need", 1656, 40],
      ["books_physical", "u32", 2936],
      ["books_frames", "u32", 2940],
      ["books_records", "u32", 2944],
      ["books_checksum", "u32", 2948, 2],
      ["receipt_records", "u32", 2956],
      ["receipt_checksum", "u32", 2960, 2],
    ],
  },
  record_manifest: {
    bytes: 88,
    fields: [
      ["head", "record", 0],
      ["counts", "u32", 12, 15],
      ["next_pid", "u32", 72],
      ["next_inode", "u32", 76],
      ["next_id", "u32", 80],
      ["root_inode", "u32", 84],
    ],
  },
  record_process: {
    bytes: 84,
    fields: [
      ["head", "record", 0],
      ["pid", "s32", 12],
      ["parent_pid", "s32", 16],
      ["group", "s32", 20],
      ["session", "s32", 24],
      ["state", "u32", 28],
      ["wait_status", "u32", 32],
      ["root_physical", "u32", 36],
      ["heap_start", "u32", 40],
      ["heap_end", "u32", 44],
      ["signals", "u32", 48, 2],
      ["working_directory", "u32", 56],
      ["user_ticks", "u32", 60, 2],
      ["name", "text", 68, 16],
    ],
  },
  record_region: {
    bytes: 44,
    fields: [
      ["head", "record", 0],
      ["pid", "s32", 12],
      ["start", "u32", 16],
      ["end", "u32", 20],
      ["protection", "u32", 24],
      ["flags", "u32", 28],
      ["inode", "u32", 32],
      ["file_page", "u32", 36],
      ["file_bytes", "u32", 40],
    ],
  },
  record_descriptor: {
    bytes: 28,
    fields: [
      ["head", "record", 0],
      ["pid", "s32", 12],
      ["descriptor", "u32", 16],
      ["file", "u32", 20],
      ["flags", "u32", 24],
    ],
  },
  record_file: {
    bytes: 36,
    fields: [
      ["head", "record", 0],
      ["id", "u32", 12],
      ["kind", "u32", 16],
      ["object", "u32", 20],
      ["flags", "u32", 24],
      ["position", "u32", 28, 2],
    ],
  },
  record_inode: {
    bytes: 36,
    fields: [
      ["head", "record", 0],
      ["inode", "u32", 12],
      ["mode", "u32", 16],
      ["device", "u32", 20],
      ["links", "u32", 24],
      ["size", "u32", 28, 2],
    ],
  },
  record_entry: {
    bytes: 80,
    fields: [
      ["head", "record", 0],
      ["directory", "u32", 12],
      ["inode", "u32", 16],
      ["name", "text", 20, 60],
    ],
  },
  record_pages: {
    bytes: 276,
    fields: [
      ["head", "record", 0],
      ["inode", "u32", 12],
      ["first", "u32", 16],
      ["physical", "u32", 20, 64],
    ],
  },
  record_pipe: {
    bytes: 28,
    fields: [
      ["head", "record", 0],
      ["id", "u32", 12],
      ["frame_physical", "u32", 16],
      ["read_offset", "u32", 20],
      ["used", "u32", 24],
    ],
  },
  record_timer: {
    bytes: 32,
    fields: [
      ["head", "record", 0],
      ["pid", "s32", 12],
      ["deadline", "u32", 16, 2],
      ["interval", "u32", 24, 2],
    ],
  },
  record_console: {
    bytes: 296,
    fields: [
      ["head", "record", 0],
      ["irq", "u32", 12],
      ["complete", "u32", 16],
      ["used", "u32", 20],
      ["input_flags", "u32", 24],
      ["local_flags", "u32", 28],
      ["session", "s32", 32],
      ["group", "s32", 36],
      ["bytes", "text", 40, 256],
    ],
  },
  record_block_device: {
    bytes: 48,
    fields: [
      ["head", "record", 0],
      ["base", "u32", 12],
      ["irq", "u32", 16],
      ["mmio_version", "u32", 20],
      ["queue_physical", "u32", 24],
      ["queue_size", "u32", 28],
      ["available_index", "u32", 32],
      ["used_index", "u32", 36],
      ["sectors", "u32", 40, 2],
    ],
  },
  record_thread: {
    bytes: 184,
    fields: [
      ["head", "record", 0],
      ["pid", "s32", 12],
      ["tid", "s32", 16],
      ["registers", "u32", 20, 32],
      ["restart", "u32", 148],
      ["restart_done", "u32", 152],
      ["deadline", "u32", 156, 2],
      ["mask", "u32", 164, 2],
      ["signals", "u32", 172, 2],
      ["clear_tid", "u32", 180],
    ],
  },
  record_signal_action: {
    bytes: 36,
    fields: [
      ["head", "record", 0],
      ["pid", "s32", 12],
      ["signal", "u32", 16],
      ["handler", "u32", 20],
      ["flags", "u32", 24],
      ["mask", "u32", 28, 2],
    ],
  },
};
