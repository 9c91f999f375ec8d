// Looking at a hart and changing it from outside, for a debugger: registers, privilege mode, CSRs
// by number, and where a virtual address lies. Reading has no effect on the machine.
import { readCsr, writeCsr } from "./csr";
import { Hart, hartAt, MODE_MACHINE } from "./hart";
import { frameHost, frameOf, machine, NO_FRAME, setBit, TOUCHED } from "./layout";
import { FETCH, selectContext, STATUS_MPRV } from "./mmu";

const SATP_MODE: u32 = 0x80000000;
const PTE_V: u32 = 1;
const PTE_READ_EXECUTE: u32 = 2 | 8;

export function registerWrite(hart: u32, register: u32, value: u32): void {
  const place = changetype<usize>(hartAt(hart)) + ((register & 31) << 2);
  if (register != 0) store<u32>(place, value);
}

export function pcWrite(hart: u32, pc: u32): void {
  hartAt(hart).pc = pc;
}

/** MODE_* of hart.ts. */
export function modeWrite(hart: u32, mode: u32): void {
  hartAt(hart).mode = mode;
  selectContext(hartAt(hart));
}

/** The value of a CSR, whatever the hart's mode may access; -1 when there is none. */
export function csrRead(hart: u32, number: u32): f64 {
  return <f64>readCsr(hartAt(hart), number);
}

/** Writes a CSR by its WARL rules; false when there is none. */
export function csrWrite(hart: u32, number: u32, value: u32): bool {
  const which = hartAt(hart);
  if (readCsr(which, number) < 0) return false;
  const instruction = (number & 0xf60) == 0xb00; // which a write of a counter allows for
  const cycles = which.cycleBias;
  const instructions = which.instretBias;
  writeCsr(which, number, value);
  if (instruction && which.cycleBias != cycles) which.cycleBias++;
  if (instruction && which.instretBias != instructions) which.instretBias++;
  setBit(TOUCHED, hart); // what it waits for may be there now
  machine().touchedAny = 1;
  return true;
}

/**
 * The physical address of `va` for an access of `kind` (FETCH, LOAD, STORE) at the hart's present
 * privilege, or -1 where no page is mapped. Permissions are not judged, and nothing is marked.
 */
export function translate(hart: u32, va: u32, kind: u32): f64 {
  const which = hartAt(hart);
  const status = which.status;
  const lent = kind != FETCH && (status & STATUS_MPRV) != 0;
  const mode = which.mode == MODE_MACHINE && lent ? (status >> 11) & 3 : which.mode;
  if (mode == MODE_MACHINE || (which.satp & SATP_MODE) == 0) return <f64>va;
  return lookUp(which, va);
}

/** Sv32 (Privileged ISA 1.12, 4.3.2) without permissions and marks. */
function lookUp(hart: Hart, va: u32): f64 {
  let table: u64 = (<u64>(hart.satp & 0x3fffff)) << 12;
  for (let level: i32 = 1; level >= 0; level--) {
    const at = table + (((va >> (12 + 10 * level)) & 0x3ff) << 2);
    const frame = at >> 32 == 0 ? frameOf(<u32>at) : NO_FRAME;
    if (frame == NO_FRAME) return -1;
    const pte = load<u32>(frameHost(frame) + (<usize>at & 0xfff));
    if ((pte & PTE_V) == 0) return -1;
    table = (<u64>(pte >> 10)) << 12;
    if ((pte & PTE_READ_EXECUTE) == 0) continue;
    const inside: u32 = level == 1 ? 0x3fffff : 0xfff;
    return <f64>((table & ~(<u64>inside)) | (va & inside));
  }
  return -1;
}
