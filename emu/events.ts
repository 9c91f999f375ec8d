// What the machine tells its host: marks of the log desk, console output, the end of the run.
// Records are read from the core's ring in one batch after each return of run(); their layout is
// in assembly/event.ts.
import { type Mode, modeName } from "./debug.js";

/** Where and when an event happened. */
export interface EventStamp {
  readonly hart: number;
  readonly cycle: number;
  readonly instret: number;
}

export interface MarkEvent extends EventStamp {
  readonly kind: "mark";
  readonly code: number;
  readonly argument: number;
  readonly value: number;
  /** The captured text, for codes from DESK_TEXT_CODE up. */
  readonly text?: string;
  /** Instructions retired by each hart, for MARK_PHASE. */
  readonly instretOfHarts?: readonly number[];
}

export interface ConsoleEvent extends EventStamp {
  readonly kind: "console";
  readonly bytes: Uint8Array;
}

/** A packet that the guest sent through the socket device: header and data. */
export interface PacketEvent extends EventStamp {
  readonly kind: "packet";
  readonly bytes: Uint8Array;
}

/** Bytes that the guest sent to the virtio console. */
export interface TerminalEvent extends EventStamp {
  readonly kind: "terminal";
  readonly bytes: Uint8Array;
}

export interface FinishEvent extends EventStamp {
  readonly kind: "finish";
  readonly verdict: "pass" | "fail" | "reset";
  readonly exitCode: number;
}

/** A hart is about to execute an instruction (Debug.observe). */
export interface StepEvent extends EventStamp {
  readonly kind: "step";
  readonly mode: Mode;
  readonly pc: number;
  /** The instruction. */
  readonly bits: number;
  /** In user mode: whose address space it is. */
  readonly satp?: number;
}

/** A hart is about to take a trap (Debug.observe). */
export interface TrapEvent extends EventStamp {
  readonly kind: "trap";
  /** As in mcause: bit 31 is set for an interrupt. */
  readonly cause: number;
  readonly tval: number;
  readonly epc: number;
  readonly from: Mode;
  readonly to: Mode;
  readonly satp: number;
  /** What an ecall asks for (SBI 2.0, 3; or a system call). */
  readonly registers: {
    readonly a0: number;
    readonly a1: number;
    readonly a6: number;
    readonly a7: number;
  };
}

/** A hart returns from a trap handler, by mret or sret (Debug.observe). */
export interface ModeEvent extends EventStamp {
  readonly kind: "mode";
  readonly from: Mode;
  readonly to: Mode;
  /** Where it goes on. */
  readonly pc: number;
  readonly satp: number;
}

/** A hart goes on that has stood in wfi (Debug.observe, traps). */
export interface WaitEvent extends EventStamp {
  readonly kind: "wait";
  readonly mode: Mode;
  /** How long it stood; `cycle` is their end. */
  readonly cycles: number;
}

/** A hart sends a software interrupt to one, through the CLINT (Debug.observe, traps). */
export interface IpiEvent extends EventStamp {
  readonly kind: "ipi";
  readonly target: number;
}

/** A hart enters or leaves user mode, or goes on there behind a wfi (Debug.observeUser). */
export interface UserEvent extends EventStamp {
  readonly kind: "user";
  readonly what: "enters" | "leaves" | "stood";
  /** How long it stood; `cycle` is their end. */
  readonly cycles: number;
}

/** The timing model sees an access (Debug.observe, accesses). */
export interface AccessEvent extends EventStamp {
  readonly kind: "access";
  /** Number of the 64-byte line of memory. */
  readonly line: number;
  /** ACCESS_* of the core. */
  readonly access: number;
  /** Cycles that the hart waits for it. */
  readonly stall: number;
}

export interface MachineEvents {
  mark: MarkEvent;
  console: ConsoleEvent;
  finish: FinishEvent;
  packet: PacketEvent;
  terminal: TerminalEvent;
  step: StepEvent;
  trap: TrapEvent;
  mode: ModeEvent;
  wait: WaitEvent;
  ipi: IpiEvent;
  access: AccessEvent;
  user: UserEvent;
}

export type MachineEvent = MachineEvents[keyof MachineEvents];

const KIND_MARK = 1;
const [KIND_STEP, KIND_MODE, KIND_WAIT] = [6, 8, 9]; // and 7, a trap
const [KIND_IPI, KIND_ACCESS, KIND_USER] = [10, 11, 12];
const USER_WHATS = ["leaves", "enters", "stood"] as const;
const KIND_BYTES = { 2: "console", 4: "packet", 5: "terminal" } as const;
const HEAD_BYTES = 32;

export interface EventNumbers {
  readonly markPhase: number;
  readonly textCode: number;
  readonly pass: number;
  readonly reset: number;
}

const decoder = new TextDecoder();

/** Reads `used` bytes of records at `ring`; the texts are copied out of `memory`. */
export function readEvents(
  memory: ArrayBuffer,
  ring: number,
  used: number,
  numbers: EventNumbers,
): MachineEvent[] {
  const view = new DataView(memory, ring, used);
  const events: MachineEvent[] = [];
  for (let place = 0; place < used; ) {
    const head = view.getUint32(place, true);
    const bytes = view.getUint32(place + 4, true);
    const kind = head & 255;
    if (kind === KIND_STEP) events.push(stepOf(view, place, head, bytes));
    else if (kind === KIND_USER) events.push(userOf(view, place, head));
    else {
      const text = new Uint8Array(memory, ring + place + HEAD_BYTES, bytes);
      events.push(otherOf(view, place, head, text, numbers));
    }
    place += HEAD_BYTES + ((bytes + 7) & ~7);
  }
  return events;
}

/** A u64 that counts something, and so is below 2^53. */
function wide(view: DataView, place: number): number {
  return view.getUint32(place + 4, true) * 2 ** 32 + view.getUint32(place, true);
}

/** By itself, for there are many of them. */
function stepOf(view: DataView, place: number, head: number, bytes: number): StepEvent {
  const step = {
    kind: "step",
    hart: (head >>> 8) & 0xffff,
    cycle: wide(view, place + 8),
    instret: wide(view, place + 16),
    mode: modeName(head >>> 24),
    pc: view.getUint32(place + 24, true),
    bits: view.getUint32(place + 28, true),
  } as const;
  return bytes === 0 ? step : { ...step, satp: view.getUint32(place + HEAD_BYTES, true) };
}

/** By itself too, for they are many in a run that is only counted. */
function userOf(view: DataView, place: number, head: number): UserEvent {
  return {
    kind: "user",
    hart: (head >>> 8) & 0xffff,
    cycle: wide(view, place + 8),
    instret: wide(view, place + 16),
    what: USER_WHATS[head >>> 24] ?? "leaves",
    cycles: wide(view, place + 24),
  };
}

function otherOf(
  view: DataView,
  place: number,
  head: number,
  text: Uint8Array,
  numbers: EventNumbers,
): MachineEvent {
  const stamp: EventStamp = {
    hart: (head >>> 8) & 0xffff,
    cycle: wide(view, place + 8),
    instret: wide(view, place + 16),
  };
  const [a, b] = [view.getUint32(place + 24, true), view.getUint32(place + 28, true)];
  const kind = head & 255;
  if (kind > KIND_STEP) return observedOf(kind, stamp, head >>> 24, a, b, text);
  return eventOf(kind, stamp, a, b, text, numbers);
}

function observedOf(
  kind: number,
  stamp: EventStamp,
  modes: number,
  a: number,
  b: number,
  text: Uint8Array,
): MachineEvent {
  const from = modeName(modes);
  const to = modeName(modes >>> 4);
  const view = new DataView(text.buffer, text.byteOffset, text.length);
  const word = (index: number) => view.getUint32(4 * index, true);
  if (kind === KIND_MODE) return { ...stamp, kind: "mode", from, to, pc: a, satp: b };
  if (kind === KIND_WAIT) {
    return { ...stamp, kind: "wait", mode: from, cycles: Number(view.getBigUint64(0, true)) };
  }
  if (kind === KIND_IPI) return { ...stamp, kind: "ipi", target: a };
  if (kind === KIND_ACCESS) {
    return { ...stamp, kind: "access", line: a, access: b & 255, stall: b >>> 8 };
  }
  const registers = { a0: word(2), a1: word(3), a6: word(4), a7: word(5) };
  const [epc, satp] = [word(0), word(1)];
  return { ...stamp, kind: "trap", cause: a, tval: b, epc, from, to, satp, registers };
}

function eventOf(
  kind: number,
  stamp: EventStamp,
  a: number,
  b: number,
  text: Uint8Array,
  numbers: EventNumbers,
): MachineEvent {
  const bytes = KIND_BYTES[kind as keyof typeof KIND_BYTES];
  if (bytes) return { ...stamp, kind: bytes, bytes: text.slice() };
  if (kind !== KIND_MARK) {
    const verdict = a === numbers.pass ? "pass" : a === numbers.reset ? "reset" : "fail";
    return { ...stamp, kind: "finish", verdict, exitCode: b };
  }
  const mark = { ...stamp, kind, code: a >>> 24, argument: a & 0xffffff, value: b };
  if (mark.code === numbers.markPhase) {
    const counts = new BigUint64Array(text.slice().buffer);
    return { ...mark, kind: "mark", instretOfHarts: Array.from(counts, Number) };
  }
  if (mark.code < numbers.textCode) return { ...mark, kind: "mark" };
  return { ...mark, kind: "mark", text: decoder.decode(text.slice()) };
}
