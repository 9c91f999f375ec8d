// Which process an address space is: by the books of a relief, which name each process's root, and
// by the marks that a process makes itself. Both can grow old, when a root's frame has been given
// to another; so a process counts only while the program in its memory has its name.
import type { MarkEvent } from "../events.js";
import { booksAreWritten, findLogs, readBooks } from "../handover/books.js";
import type { Machine } from "../machine.js";
import type { Scene } from "./scene.js";

const CSR_SATP = 0x180;
const ROOT_MASK = 0x3fffff;

export class Processes {
  private readonly pids = new Map<number, { pid: number; name: string }>();

  constructor(
    private readonly machine: Machine,
    private readonly scene: Scene,
  ) {}

  /** For each mark, right behind it. */
  add(mark: MarkEvent): void {
    const name = this.scene.table.nameOf(mark.code);
    if (name === "PHASE" && this.scene.phase === "I relieve you") this.readBooks();
    if (name !== "USER") return;
    const satp = this.machine.debug.csr(mark.hart, CSR_SATP) ?? 0;
    const program = this.scene.symbolizer.programs.of(satp);
    if (program) this.pids.set(satp & ROOT_MASK, { pid: mark.argument, name: program.name });
  }

  /** Name of the program in an address space, and the process's number where it is known. */
  of(satp: number): { readonly name: string; readonly pid?: number } {
    const program = this.scene.symbolizer.programs.of(satp);
    if (!program) return { name: `root 0x${((satp & ROOT_MASK) * 4096).toString(16)}` };
    const known = this.pids.get(satp & ROOT_MASK);
    return known?.name === program.name ? known : { name: program.name };
  }

  private readBooks(): void {
    const { machine } = this;
    const base = machine.abi("RAM_BASE");
    const end = base + machine.ramBytes;
    const read = (at: number, bytes: number) =>
      at >= base && at + bytes <= end ? machine.readPhysical(at, bytes) : undefined;
    const logs = findLogs(machine.readPhysical(base, machine.ramBytes), base);
    const log = logs.filter((page) => booksAreWritten(read, page)).at(-1);
    if (log === undefined) return;
    for (const { name, fields } of readBooks(read, log).records) {
      if (name !== "process" || fields.root_physical === 0) continue;
      const root = (fields.root_physical as number) / 4096;
      this.pids.set(root, { pid: fields.pid as number, name: fields.name as string });
    }
  }
}
