// Finds the first sequence after which two machines differ, and says in words what differs.
import { disassemble, instructionLength } from "../../../emu/image/disasm.js";
import { PLACES, RAM, RECORD_WORDS, RECORDED, STVEC, SUMMARY } from "./harness.js";
import type { Image } from "./image.js";

export interface Difference {
  /** The sequence's number in its batch. */
  readonly index: number;
  readonly what: readonly string[];
}

const COUNTED = SUMMARY + 2; // not compared: QEMU does not count exactly
/** Instructions of the harness's trap handler before it reads the counter, and its mret. */
const HANDLER_INSTRUCTIONS = 32;

const TRAP_WORDS = 7;

const hex = (value: number) => `0x${(value >>> 0).toString(16)}`;
const words = (bytes: Uint8Array) => new Uint32Array(bytes.buffer, bytes.byteOffset);

function nameOf(word: number): string {
  if (word < 32) return word === 30 ? "mstatus at the last trap" : `x${word}`;
  return RECORDED[word - 32] ?? (word === SUMMARY ? "traps" : "the scratch page's sum");
}

const recordAt = (ram: Uint32Array, index: number, word: number) =>
  ram[(PLACES.records - RAM) / 4 + index * RECORD_WORDS + word] as number;

/** Generated instructions that the batch retired, as our machine counted them. */
export function instructionsOf(ours: Uint8Array, sequences: number): number {
  const ram = words(ours);
  let sum = 0;
  for (let index = 0; index < sequences; index++) {
    sum += recordAt(ram, index, COUNTED) - HANDLER_INSTRUCTIONS * recordAt(ram, index, SUMMARY);
  }
  return sum;
}

/** Compares what two machines left of a batch, record by record, then all of RAM. */
export function differenceOf(
  ours: Uint8Array,
  theirs: Uint8Array,
  sequences: number,
): Difference | undefined {
  const [a, b] = [words(ours), words(theirs)];
  for (let index = 0; index < sequences; index++) {
    const what: string[] = [];
    for (let word = 0; word <= SUMMARY + 1; word++) {
      const [mine, other] = [recordAt(a, index, word), recordAt(b, index, word)];
      if (mine !== other) what.push(`${nameOf(word)}: ours ${hex(mine)}, QEMU's ${hex(other)}`);
    }
    if (what.length > 0) return { index, what };
  }
  const records = (PLACES.records - RAM) / 4;
  const save = [(PLACES.save - RAM) / 4, (PLACES.save - RAM) / 4 + 64] as const;
  for (let at = 0; at < a.length; at++) {
    const word = (at - records) % RECORD_WORDS;
    const counted = at >= records && at < (PLACES.log - RAM) / 4 && word === COUNTED;
    if (a[at] === b[at] || counted || (at >= save[0] && at < save[1])) continue;
    const [mine, other] = [hex(a[at] as number), hex(b[at] as number)];
    return { index: -1, what: [`${hex(RAM + at * 4)}: ours ${mine}, QEMU's ${other}`] };
  }
  return undefined;
}

/** What both logged of traps: mstatus, mcause, mepc, mtval, scause, sepc, stval of each. */
export function logsOf(ram: Uint8Array, most = 40): string[] {
  const log = words(ram).subarray((PLACES.log - RAM) / 4);
  const traps = Array.from({ length: most }, (_, n) => [
    ...log.subarray(n * TRAP_WORDS, (n + 1) * TRAP_WORDS),
  ]);
  return traps.filter((all) => all.some((word) => word !== 0)).map((all) => all.map(hex).join(" "));
}

/** The causes of all traps in a log, an interrupt's with its top bit. */
export function causesOf(ram: Uint8Array): Set<number> {
  const log = words(ram).subarray((PLACES.log - RAM) / 4);
  const causes = new Set<number>();
  for (let at = 0; log[at + 2] !== 0; at += TRAP_WORDS) {
    const byHandler = log[at + 2] === STVEC[0]; // which calls at once
    causes.add(log[byHandler ? at + 4 : at + 1] as number);
  }
  return causes;
}

/** The listing of the first sequence of an image. */
export function listing(image: Image): string[] {
  const code = image.code[0] ?? [];
  const lines: string[] = [];
  for (let n = 0; n < code.length; ) {
    const word = ((code[n] as number) | ((code[n + 1] ?? 0) << 16)) >>> 0;
    const pc = PLACES.code + n * 2;
    lines.push(`${hex(pc)}: ${disassemble(word, pc)}`);
    n += instructionLength(word) / 2;
  }
  return lines;
}
