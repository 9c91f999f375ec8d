// The blocks of a region: what can be reached from one decoded instruction by branches, calls and
// returns, within limits, as far as it has been executed (code that is not decoded has never been).
// Blocks are found breadth first; a block ends where another begins.
//
//   block  +0 entry +4 pc +8 instructions +12 END_* +16 entry of its last instruction, or where it
//          ends +20 that one's pc +24 first edge +28 edges +32 flags; from +36 on: structure.ts
//   edge   {block or NOWHERE, flags, pc, code to leave with where it leads nowhere}
//   page   {decoded page, virtual page, lines u64}, by the block table's side
import { firstOp } from "../decode";
import { LEAVE_EVENT, LEAVE_ON, LEAVE_STEP } from "../isa/emit";
import { imm, op, PAGE_BYTES, rd, rs1, rs2, SINK } from "../isa/entry";
import { Op } from "../isa/op";
import { PARALLEL } from "../layout";
import { fetchEntryOf } from "../tlb";
import { COOLINGS_MAX, coolingOf, PAGES_MAX } from "./regions";
import {
  BLOCK_BYTES,
  BLOCKS_MAX,
  EDGE_BYTES,
  EDGES_MAX,
  TABLE_ENTRIES,
  translator,
  TRANSLATOR,
} from "./state";

export const NOWHERE: u32 = 0xffffffff;
const INSTRUCTIONS_MAX: u32 = 300; // optimizing compilers take long over more
const STRAIGHT_MAX: u32 = 200; // instructions of a block, which are counted in bytes
const RETURNS_MAX: u32 = 8; // places that a return is expected to go to

// How a block ends.
export const END_FALL: u32 = 0; // another begins
export const END_BRANCH: u32 = 1;
export const END_JUMP: u32 = 2; // to a known place
export const END_JUMP_REGISTER: u32 = 3;
export const END_LEAVE: u32 = 4; // before what cannot be translated
export const END_LAST: u32 = 5; // behind what goes elsewhere

// Flags of a block.
export const IS_ENTRANCE: u32 = 1; // the region may be entered here
export const IS_DISPATCHED: u32 = 2; // or this block is reached by number
export const IS_HEADER: u32 = 4; // of a loop
export const IS_MERGE: u32 = 8; // reached by more than one edge forward

// Flags of an edge.
export const IS_EVENT: u32 = 1; // the budget is looked at
export const CROSSES: u32 = 2; // to another page: the fetch TLB is looked at
export const BY_NUMBER: u32 = 4; // through the region's dispatch
const IS_CALL: u32 = 8;

@unmanaged
export class Blocks {
  fetchTlb: u32;
  count: u32;
  edges: u32;
  pages: u32;
  instructions: u32;
  reached: u32; // by structure.ts
}

export const BLOCKS: usize = TRANSLATOR + 800;
export const PAGES: usize = TRANSLATOR + 832; // 16 bytes each

@inline
export function blocks(): Blocks {
  return changetype<Blocks>(BLOCKS);
}
@inline
export function blockAt(block: u32): usize {
  return translator().blocks + block * BLOCK_BYTES;
}
@inline
export function edgeAt(edge: u32): usize {
  return translator().edges + edge * EDGE_BYTES;
}
@inline
export function flagsOf(block: u32): u32 {
  return load<u32>(blockAt(block), 32);
}
export function flagBlock(block: u32, flags: u32): void {
  store<u32>(blockAt(block), flagsOf(block) | flags, 32);
}

// Kinds of instructions.
const STRAIGHT: u32 = 0;
const BRANCH: u32 = 1;
const JUMP: u32 = 2;
const EXACT: u32 = 3; // done by the core, and the region goes on if nothing else is to be done
const LAST: u32 = 4; // done by the core, and goes elsewhere
const OTHERS: u32 = 5;

function kindOf(what: u32): u32 {
  if (what >= Op.BEQ && what <= Op.BGEU) return BRANCH;
  if (what >= Op.C_BEQ && what <= Op.BGEU_BACK) return BRANCH;
  if (what == Op.JAL || what == Op.JALR || what == Op.JAL_NEAR) return JUMP;
  if (what == Op.LUI || what == Op.AUIPC) return STRAIGHT;
  if (PARALLEL && isForOthers(what)) return EXACT;
  if (what >= Op.LB && what <= Op.FENCE) return STRAIGHT;
  if (what >= Op.MUL && what <= Op.REMU) return STRAIGHT;
  if (what >= Op.AMOSWAP_W && what <= Op.AMOMAXU_W) return STRAIGHT;
  if (what == Op.ECALL || what == Op.EBREAK || what == Op.SRET || what == Op.MRET) return LAST;
  if (what >= Op.CSRRW && what <= Op.CSRRCI) return STRAIGHT;
  if (what >= Op.LR_W && what <= Op.SFENCE_VMA) return EXACT;
  if (what >= Op.C_ADDI && what <= Op.C_ADD) return STRAIGHT;
  return OTHERS;
}

/** AMOs and FENCE mean more where other harts run at the same time. */
@inline
function isForOthers(what: u32): bool {
  return what == Op.FENCE || (what >= Op.AMOSWAP_W && what <= Op.AMOMAXU_W);
}

/** Whether the core does it, by the exact way. */
export function isExact(what: u32): bool {
  const kind = kindOf(what);
  return kind == EXACT || kind == LAST;
}

/** Bytes of an instruction. */
export function lengthOf(ip: usize, what: u32): u32 {
  if (kindOf(what) == JUMP) return rs2(ip);
  return what - Op.FIRST_COMPRESSED <= Op.LAST_COMPRESSED - Op.FIRST_COMPRESSED ? 2 : 4;
}

/**
 * The decoded page of virtual page `va`, as the fetch TLB has it; 0: not in it, or no room, or its
 * code is changed often: stores to it would drop regions of pages that keep theirs.
 */
function pageOf(va: u32): usize {
  const b = blocks();
  for (let n: u32 = 0; n < b.pages; n++) {
    if (load<u32>(PAGES + (n << 4), 4) == va) return load<u32>(PAGES + (n << 4));
  }
  const entry = fetchEntryOf(b.fetchTlb, va);
  if (load<u32>(entry) != va || b.pages == PAGES_MAX) return 0;
  if (b.pages != 0 && coolingOf(load<u32>(entry, 4)) >= COOLINGS_MAX) return 0;
  const place = PAGES + (b.pages << 4);
  b.pages++;
  store<u32>(place, load<u32>(entry, 4));
  store<u32>(place, va, 4);
  store<u64>(place, 0, 8);
  return load<u32>(entry, 4);
}

/** Notes that the region is made from the line of entry `ip`, which is on virtual page `va`. */
function noteLine(va: u32, ip: usize): void {
  for (let n: u32 = 0; n < blocks().pages; n++) {
    const place = PAGES + (n << 4);
    if (load<u32>(place, 4) != va) continue;
    const line = (<u32>ip - load<u32>(place)) >> 8;
    store<u64>(place, load<u64>(place, 8) | ((<u64>1) << (line & 63)), 8);
  }
}

// The table of leaders: {entry, 1 + block}, hashed by entry.
function findPlace(ip: usize): usize {
  let slot = ((<u32>ip >> 3) * 0x9e3779b1) >> 22;
  while (true) {
    const place: usize = translator().table + (slot << 3);
    if (load<u32>(place) == <u32>ip || load<u32>(place, 4) == 0) return place;
    slot = (slot + 1) & (TABLE_ENTRIES - 1);
  }
}

/** The block that begins at `ip`, or NOWHERE. */
export function blockOf(ip: usize): u32 {
  return load<u32>(findPlace(ip), 4) - 1;
}

/** A block begins at `pc`, if that may be; gives it, or NOWHERE. */
function lead(pc: u32, flags: u32): u32 {
  const b = blocks();
  const page = pageOf(pc & 0xfffff000);
  if (page == 0) return NOWHERE;
  const ip = page + ((pc & 0xffe) << 2);
  const place = findPlace(ip);
  let block = load<u32>(place, 4) - 1;
  if (block == NOWHERE) {
    const what = firstOp(ip);
    if (kindOf(what) == OTHERS) return NOWHERE;
    if (b.count == BLOCKS_MAX || b.instructions >= INSTRUCTIONS_MAX) return NOWHERE;
    block = b.count++;
    store<u32>(place, <u32>ip);
    store<u32>(place, block + 1, 4);
    memory.fill(blockAt(block), 0, BLOCK_BYTES);
    store<u32>(blockAt(block), <u32>ip);
    store<u32>(blockAt(block), pc, 4);
  } else if (load<u32>(blockAt(block), 4) != pc) return NOWHERE; // the frame is mapped twice
  flagBlock(block, flags);
  return block;
}

/** Finds the blocks from `ip` on, which is at `pc` in a fetch TLB; false: it is not, any more. */
export function findBlocks(fetchTlb: u32, ip: usize, pc: u32): bool {
  const b = blocks();
  b.fetchTlb = fetchTlb;
  b.count = b.edges = b.pages = b.instructions = 0;
  memory.fill(translator().table, 0, TABLE_ENTRIES * 8);
  if (lead(pc, IS_ENTRANCE) != 0 || load<u32>(blockAt(0)) != <u32>ip) return false;
  for (let block: u32 = 0; block < b.count; block++) explore(block);
  for (let block: u32 = 0; block < b.count; block++) close(block);
  matchReturns();
  return true;
}

/** Where the taken branch or direct jump at `ip` goes. */
function targetOf(ip: usize, what: u32, pc: u32): u32 {
  const near = what >= Op.C_BEQ_NEAR && what <= Op.JAL_NEAR;
  return pc + (near ? <u32>(<i32>imm(ip) >> 2) : imm(ip));
}

/** Is it known where the jump at `ip` goes? `before`: what stands before it in its block, or 0. */
function isDirect(ip: usize, what: u32, before: usize): bool {
  if (what != Op.JALR) return true;
  return before != 0 && firstOp(before) == Op.AUIPC && rd(before) == rs1(ip);
}

/** Where such a jump goes; AUIPC and JALR together go to any place. */
function jumpTarget(ip: usize, what: u32, pc: u32, before: usize): u32 {
  if (what != Op.JALR) return targetOf(ip, what, pc);
  return (pc - 4 + imm(before) + imm(ip)) & ~1;
}

@inline
function isCall(ip: usize): bool {
  return rd(ip) == 4 || rd(ip) == 20; // ra, or the alternate link register t0
}

/** Whether an instruction stands in one of the blocks. */
export function covers(ip: usize): bool {
  for (let block: u32 = 0; block < blocks().count; block++) {
    if (ip >= load<u32>(blockAt(block)) && ip <= load<u32>(blockAt(block), 16)) return true;
  }
  return false;
}

/** Follows a block to its end, and begins others where it leads. */
function explore(block: u32): void {
  const b = blocks();
  let ip: usize = load<u32>(blockAt(block));
  let pc = load<u32>(blockAt(block), 4);
  let before: usize = 0;
  let count: u32 = 0;
  while (true) {
    const what = firstOp(ip);
    const kind = kindOf(what);
    if (kind == OTHERS) {
      if (what == Op.PAGE_END) lead(pc, 0);
      return;
    }
    b.instructions++;
    const behind = pc + lengthOf(ip, what);
    if (kind == BRANCH) {
      lead(targetOf(ip, what, pc), 0);
      lead(behind, 0);
      return;
    }
    if (kind == LAST) {
      if (what == Op.ECALL) lead(behind, IS_ENTRANCE); // where its handler returns to
      return;
    }
    if (kind == JUMP) {
      if (isDirect(ip, what, before)) lead(jumpTarget(ip, what, pc, before), 0);
      if (isCall(ip)) lead(behind, 0);
      return;
    }
    before = ip;
    ip += (behind - pc) << 2;
    pc = behind;
    if (firstOp(ip) != Op.PAGE_END && blockOf(ip) != NOWHERE) return;
    if (++count == STRAIGHT_MAX) {
      lead(pc, 0);
      return;
    }
  }
}

function addEdge(block: u32, pc: u32, flags: u32, code: u32): void {
  const b = blocks();
  if (b.edges == EDGES_MAX) return;
  const from = load<u32>(blockAt(block), 4 * 5);
  const crosses = ((from ^ pc) & 0xfffff000) != 0;
  const page = pageOf(pc & 0xfffff000);
  const to = page == 0 ? NOWHERE : blockOf(page + ((pc & 0xffe) << 2));
  const known = to != NOWHERE && load<u32>(blockAt(to), 4) == pc;
  const place = edgeAt(b.edges);
  store<u32>(place, known ? to : NOWHERE);
  store<u32>(place, flags | (crosses ? CROSSES | IS_EVENT : 0), 4);
  store<u32>(place, pc, 8);
  store<u32>(place, code, 12);
  b.edges++;
  store<u32>(blockAt(block), load<u32>(blockAt(block), 28) + 1, 28);
}

function end(block: u32, how: u32, instructions: u32, ip: usize, pc: u32): void {
  const place = blockAt(block);
  store<u32>(place, instructions, 8);
  store<u32>(place, how, 12);
  store<u32>(place, <u32>ip, 16);
  store<u32>(place, pc, 20);
  store<u32>(place, blocks().edges, 24);
}

/** The same when all blocks are known: where it ends, and its edges. */
function close(block: u32): void {
  const first: usize = load<u32>(blockAt(block));
  let ip: usize = first;
  let pc = load<u32>(blockAt(block), 4);
  let count: u32 = 0;
  let before: usize = 0;
  while (true) {
    const what = firstOp(ip);
    const kind = kindOf(what);
    if (kind == OTHERS) {
      if (what == Op.PAGE_END) fallOff(block, count, ip, pc);
      else end(block, END_LEAVE, count, ip, pc);
      return;
    }
    if (count == STRAIGHT_MAX || (ip != first && blockOf(ip) != NOWHERE)) {
      end(block, END_FALL, count, ip, pc);
      addEdge(block, pc, 0, LEAVE_ON);
      return;
    }
    noteLine(pc & 0xfffff000, ip);
    const behind = pc + lengthOf(ip, what);
    if (((behind - 1) ^ pc) >> 6 != 0) noteLine(pc & 0xfffff000, ip + 8);
    count++;
    if (kind == LAST) {
      end(block, END_LAST, count, ip, behind);
      return;
    }
    if (kind != STRAIGHT && kind != EXACT) {
      closeWith(block, count, ip, pc, what, behind, before);
      return;
    }
    before = ip;
    ip += (behind - pc) << 2;
    pc = behind;
  }
}

/** A block that goes on at the next page, at `pc`; the interpreter is at the page's end then. */
function fallOff(block: u32, count: u32, ip: usize, pc: u32): void {
  end(block, END_FALL, count, ip, pc - 2);
  addEdge(block, pc, 0, LEAVE_ON);
}

function closeWith(
  block: u32,
  count: u32,
  ip: usize,
  pc: u32,
  what: u32,
  behind: u32,
  before: usize,
): void {
  if (kindOf(what) == BRANCH) {
    const target = targetOf(ip, what, pc);
    const near = what >= Op.C_BEQ_NEAR;
    const back = near && <i32>(target - pc) <= 0;
    end(block, END_BRANCH, count, ip, pc);
    const event = !near || back;
    addEdge(block, target, event ? IS_EVENT : 0, event ? LEAVE_EVENT : LEAVE_ON);
    addEdge(block, behind, 0, LEAVE_ON);
  } else if (!isDirect(ip, what, before)) end(block, END_JUMP_REGISTER, count, ip, pc);
  else {
    end(block, END_JUMP, count, ip, pc);
    const call = isCall(ip) ? IS_CALL : 0;
    addEdge(block, jumpTarget(ip, what, pc, before), IS_EVENT | call, LEAVE_EVENT);
  }
}

/** How to leave at a block's end that cannot be translated. */
export function leaveCode(ip: usize): u32 {
  return firstOp(ip) == Op.UNDECODED ? LEAVE_ON : LEAVE_STEP;
}

// Returns. The blocks of a called function are those that its first leads to, where a call leads
// behind itself; a return among them goes behind each call of the function.

/** The place behind a block's call, or NOWHERE; the block's last instruction is a jump. */
function behindCall(block: u32): u32 {
  const place = blockAt(block);
  const how = load<u32>(place, 12);
  if (how != END_JUMP && how != END_JUMP_REGISTER) return NOWHERE;
  const ip: usize = load<u32>(place, 16);
  if (!isCall(ip)) return NOWHERE;
  const behind = load<u32>(place, 20) + rs2(ip);
  const page = pageOf(behind & 0xfffff000);
  return page == 0 ? NOWHERE : blockOf(page + ((behind & 0xffe) << 2));
}

function isReturn(block: u32): bool {
  const place = blockAt(block);
  if (load<u32>(place, 12) != END_JUMP_REGISTER) return false;
  const ip: usize = load<u32>(place, 16);
  return rd(ip) == SINK && (rs1(ip) == 4 || rs1(ip) == 20) && imm(ip) == 0;
}

/** Gives returns the edges to where they are expected to go. */
function matchReturns(): void {
  const b = blocks();
  for (let block: u32 = 0; block < b.count; block++) {
    if (isReturn(block)) matchReturn(block);
  }
  // Where nobody in the region returns to, it is entered.
  for (let block: u32 = 0; block < b.count; block++) {
    const behind = behindCall(block);
    if (behind != NOWHERE && !isReturnedTo(behind)) flagBlock(behind, IS_ENTRANCE);
  }
}

function isReturnedTo(block: u32): bool {
  const b = blocks();
  for (let edge: u32 = 0; edge < b.edges; edge++) {
    if (load<u32>(edgeAt(edge)) == block) return true;
  }
  return false;
}

/** The edges of one return: behind each call of a function that it belongs to. */
function matchReturn(from: u32): void {
  const b = blocks();
  store<u32>(blockAt(from), b.edges, 24);
  for (let block: u32 = 0; block < b.count; block++) {
    const callee = calleeOf(block);
    if (callee == NOWHERE) continue;
    const behind = behindCall(block);
    if (behind == NOWHERE || !leadsTo(callee, from)) continue;
    addEdge(from, load<u32>(blockAt(behind), 4), IS_EVENT, LEAVE_EVENT);
    if (load<u32>(blockAt(from), 28) == RETURNS_MAX) return;
  }
}

/** The block that a block's direct call goes to, or NOWHERE. */
function calleeOf(block: u32): u32 {
  const place = blockAt(block);
  if (load<u32>(place, 12) != END_JUMP) return NOWHERE;
  const edge = edgeAt(load<u32>(place, 24));
  return (load<u32>(edge, 4) & IS_CALL) != 0 ? load<u32>(edge) : NOWHERE;
}

/** Does the function that begins at block `first` reach block `last` before it returns? */
function leadsTo(first: u32, last: u32): bool {
  const b = blocks();
  const marks: usize = translator().labels; // a byte a block, then a stack of blocks
  const stack: usize = marks + BLOCKS_MAX;
  memory.fill(marks, 0, BLOCKS_MAX);
  let top: usize = stack;
  store<u32>(top, first);
  store<u8>(marks + first, 1);
  top += 4;
  while (top != stack) {
    top -= 4;
    const block = load<u32>(top);
    if (block == last) return true;
    const behind = behindCall(block);
    if (behind != NOWHERE) {
      if (load<u8>(marks + behind) == 0) {
        store<u8>(marks + behind, 1);
        store<u32>(top, behind);
        top += 4;
      }
      continue;
    }
    if (isReturn(block)) continue;
    const edges = load<u32>(blockAt(block), 28);
    for (let n: u32 = 0; n < edges; n++) {
      const to = load<u32>(edgeAt(load<u32>(blockAt(block), 24) + n));
      if (to == NOWHERE || load<u8>(marks + to) != 0) continue;
      store<u8>(marks + to, 1);
      store<u32>(top, to);
      top += 4;
    }
  }
  return false;
}
