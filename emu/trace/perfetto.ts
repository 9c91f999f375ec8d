// A trace for the Perfetto UI, written while the machine runs. Tracks: one a CPU (whose kernel it
// works for, and inside what it does: a program, a trap in the kernel, a call of the firmware,
// waiting), the relief's phases, and one a process (its blackouts). Utterances, IPIs and other
// calls from hart to hart are instants with arrows from who sends to who takes the interrupt.
import type { MarkEvent, ModeEvent, TrapEvent, WaitEvent } from "../events.js";
import type { Machine } from "../machine.js";
import { causeName } from "../observe/causes.js";
import { type SbiCall, sbiCall, type Telling } from "./calls.js";
import { Cpu } from "./cpu.js";
import { Track } from "./packets.js";
import { Processes } from "./processes.js";
import { ReliefTracks } from "./relief-tracks.js";
import type { Scene } from "./scene.js";

const [USER_ECALL, SOFTWARE_INTERRUPT] = [8, 0x80000003];

/** A message under way. */
interface Message {
  readonly flow: number;
  readonly text: string;
}

export class PerfettoTrace {
  private readonly cpus: readonly Cpu[];
  private readonly relief: ReliefTracks;
  private readonly processes: Processes;
  private readonly mail: readonly Record<Telling, Message[]>[];
  /** What a hart has just said, until it rings the other side's doorbell. */
  private readonly said: (Message | undefined)[] = [];
  private flows = 0;
  private uuids = 0;

  constructor(
    private readonly machine: Machine,
    private readonly scene: Scene,
    private readonly write: (packet: Uint8Array) => void,
  ) {
    this.relief = new ReliefTracks((name, parent) => this.track(name, parent), scene);
    const parent = this.nextUuid();
    new Track(write, parent, "CPUs");
    const harts = Array.from({ length: machine.harts }, (_, hart) => hart);
    this.cpus = harts.map((hart) => new Cpu(this.track(`CPU ${hart}`, parent).track));
    this.mail = harts.map(() => ({ interrupt: [], start: [] }));
    this.processes = new Processes(machine, scene);
    machine.debug.observe({ marks: true, traps: true });
    machine.on("mark", (mark) => this.mark(mark));
    machine.on("trap", (trap) => this.trap(trap));
    machine.on("mode", (mode) => this.mode(mode));
    machine.on("wait", (wait) => this.wait(wait));
  }

  /** Ends what is open, where the machine is now. */
  finish(): void {
    this.machine.stats().forEach(({ cycle, waiting }, hart) => {
      const cpu = this.cpu(hart);
      if (waiting) cpu.wait(cycle, this.machine.cycle());
      cpu.track.close(Math.max(cycle, this.machine.cycle()));
    });
    this.relief.finish(this.machine.cycle());
  }

  private nextUuid(): number {
    return ++this.uuids;
  }

  private track(name: string, parent = 0): { track: Track; uuid: number } {
    const uuid = this.nextUuid();
    return { track: new Track(this.write, uuid, name, parent), uuid };
  }

  private cpu(hart: number): Cpu {
    return this.cpus[hart] as Cpu;
  }

  private mark(mark: MarkEvent): void {
    const name = this.scene.table.nameOf(mark.code);
    this.scene.add(mark);
    this.processes.add(mark);
    this.relief.add(mark);
    const cpu = this.cpu(mark.hart);
    if (name === "KERNEL") {
      const [kernel, node] = [this.scene.kernelOf(mark.hart), this.scene.nodeOf(mark.hart)];
      cpu.work(mark.cycle, `${kernel}, node ${node}`);
    }
    if (name === "PANIC") cpu.track.instant(mark.cycle, mark.text ?? "", { category: "panic" });
    if (name === "SAY") this.say(mark);
  }

  private say({ cycle, hart, text = "" }: MarkEvent): void {
    const message = { flow: ++this.flows, text };
    const details = { category: "utterance", flows: [message.flow] };
    this.cpu(hart).track.instant(cycle, text, details);
    this.said[hart] = message;
  }

  private trap(trap: TrapEvent): void {
    const { hart, cycle, cause, from, to, satp } = trap;
    const call = sbiCall(trap, this.machine.harts);
    const name = call?.name ?? (cause === USER_ECALL ? this.systemCall(trap) : causeName(cause));
    const category = cause >>> 31 ? "interrupt" : call ? "sbi" : "trap";
    const notes = from === "user" ? { program: this.processes.of(satp).name } : {};
    this.cpu(hart).trap(cycle, name, to, { category, notes });
    if (call) this.send(trap, call);
    if (cause === SOFTWARE_INTERRUPT) this.receive(hart, cycle, "interrupt");
  }

  private systemCall({ registers }: TrapEvent): string {
    return `system call ${registers.a7}`;
  }

  private send({ hart, cycle }: TrapEvent, { name, tells, targets }: SbiCall): void {
    if (name === "SBI hart stop") this.cpu(hart).halt(cycle);
    if (tells === undefined) return;
    const said = name === "SBI IPI" && targets.length === 1 ? this.said[hart] : undefined;
    if (said) this.said[hart] = undefined;
    const flows: number[] = [];
    for (const target of targets) {
      const flow = ++this.flows;
      flows.push(flow);
      const mail = this.mail[target]?.[tells];
      mail?.push({ flow, text: `${said ? "doorbell" : name} from CPU ${hart}` });
      if (said) mail?.push({ flow: said.flow, text: said.text });
    }
    const who = `CPU ${targets.join(", ")}`;
    const text = said ? `doorbell to ${who}` : `${name} to ${who}`;
    this.cpu(hart).track.instant(cycle, text, { category: "message", flows });
  }

  private receive(hart: number, cycle: number, how: Telling): void {
    const mail = this.mail[hart]?.[how].splice(0) ?? [];
    for (const { flow, text } of mail) {
      this.cpu(hart).track.instant(cycle, text, { category: "message", ends: [flow] });
    }
  }

  private mode({ hart, cycle, from, to, satp }: ModeEvent): void {
    const cpu = this.cpu(hart);
    if (to === "user") {
      const { name, pid } = this.processes.of(satp);
      const notes = { satp: `0x${satp.toString(16)}`, ...(pid === undefined ? {} : { pid }) };
      cpu.user(cycle, name, { category: "user", notes });
      return;
    }
    if (from === "machine" && (this.mail[hart]?.start.length ?? 0) > 0) {
      cpu.start(cycle);
      this.receive(hart, cycle, "start");
    } else cpu.back(cycle);
  }

  private wait({ hart, cycle, cycles }: WaitEvent): void {
    if (cycles > 0) this.cpu(hart).waited(cycle - cycles, cycle);
  }
}
