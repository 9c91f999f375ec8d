// GDB's remote serial protocol on a machine: packets in as text, replies out as text (framing and
// sockets are elsewhere). Harts are threads, hart n is thread n + 1; all run or all stand, as the
// machine's schedule has them run. The owner calls slice() as long as `running` is true; a reply
// that comes later (a stop) is sent through `send`.
import { ConfigError, ImageError } from "../errors.js";
import type { Machine, RunResult } from "../machine.js";
import { History } from "./history.js";
import { canWrite, readMemory, type View, writeMemory } from "./memory.js";
import { type Monitored, monitor } from "./monitor.js";
import { hexBytes, hexNumber, hexWord, PACKET_BYTES, toHex, wordHex } from "./packets.js";
import { GENERAL, readRegister, targetXml, writeRegister } from "./registers.js";
import { runBack, type Search, stepBack } from "./reverse.js";
import { StopSet } from "./stops.js";

/** A step gives up after so long when its hart does not execute: it waits, and others go on. */
const STEP_CYCLES = 1_000_000;
/** Most bytes of memory in one reply: two digits each. */
const READ_MAX = PACKET_BYTES / 2 - 16;
const INTERRUPTED = "T02";
const TRAPPED = "T05";
const FEATURES = [
  `PacketSize=${PACKET_BYTES.toString(16)}`,
  ...["QStartNoAckMode+", "qXfer:features:read+", "qXfer:threads:read+", "vContSupported+"],
  ...["swbreak+", "hwbreak+", "ReverseStep+", "ReverseContinue+", "multiprocess-"],
].join(";");
const OK = "OK";
const BAD = "E16"; // EINVAL: not what this packet takes
const FAULT = "E0e"; // EFAULT: no memory there

type Activity =
  | { readonly kind: "forward"; readonly step: number | "any" | undefined; left: number }
  | { readonly kind: "reverse"; readonly search: Search; readonly from: () => void };

function stopText(signal: string, hart: number, what = ""): string {
  return `${signal}thread:${(hart + 1).toString(16)};${what}`;
}

/** What the stub asks of, and tells, its owner. */
export interface StubOwner {
  readonly send: (reply: string) => void;
  /** Lines for gdb that load symbols; see `monitor kernels`. */
  readonly kernels: (machine: Machine) => string[];
  /** Something that gdb has no place for. */
  readonly notice: (text: string) => void;
}

export class Stub implements Monitored {
  history: History;
  physical = false;
  acknowledges = true;
  /** What the client wants of the session as a whole. */
  wish: "debug" | "detach" | "kill" = "debug";
  private readonly stops = new StopSet();
  private activity: Activity | undefined;
  private interrupted = false;
  private hart = 0; // of g, m and the like
  private chosen: number | undefined; // by Hc: of s and bs
  private stoppedHart = 0; // of s and bs, where none is chosen
  private lastStop = stopText(TRAPPED, 0);

  constructor(
    public machine: Machine,
    private readonly owner: StubOwner,
  ) {
    this.history = this.begin(machine);
  }

  private begin(machine: Machine): History {
    const forked = "gdb: the past was changed: what came after it is dropped, peers are cut off";
    return new History(machine, () => this.owner.notice(forked));
  }

  /** Goes on with another machine, at reset: the guest has asked for it. */
  attach(machine: Machine): void {
    this.machine = machine;
    this.history = this.begin(machine);
    this.hart = this.stoppedHart = 0;
    this.chosen = undefined;
  }

  get kernels(): (machine: Machine) => string[] {
    return this.owner.kernels;
  }

  get running(): boolean {
    return this.activity !== undefined;
  }

  // --- Running.

  /** Asks for a stop at the end of the present slice. */
  interrupt(): void {
    this.interrupted = this.running;
  }

  /** A client has come: the machine stands, and no packet tells of it. */
  hold(): void {
    if (this.activity?.kind === "reverse") this.activity.from();
    if (this.activity) this.lastStop = stopText(INTERRUPTED, this.stoppedHart);
    this.activity = undefined;
    this.interrupted = false;
    this.acknowledges = true;
    this.physical = false;
    this.wish = "debug";
  }

  /** The client has gone: a machine that runs goes on, one that stands waits for another client. */
  leave(): void {
    this.stops.clear();
    if (this.running) this.release();
  }

  /** Lets the machine run on without a debugger. */
  release(): void {
    if (this.activity?.kind === "reverse") this.activity.from();
    this.stops.clear();
    this.activity = { kind: "forward", step: undefined, left: Number.POSITIVE_INFINITY };
  }

  /** Runs a slice of what was asked for; afterwards `running` says whether there is more. */
  slice(cycles: number): RunResult {
    const { activity } = this;
    if (!activity) return { reason: "budget" };
    if (this.interrupted) {
      if (activity.kind === "reverse") activity.from();
      this.stopped(stopText(INTERRUPTED, this.stoppedHart));
      return { reason: "budget" };
    }
    if (activity.kind === "forward") return this.forward(activity, cycles);
    const next = activity.search.next();
    if (next.done && !next.value)
      this.stopped(stopText(TRAPPED, this.stoppedHart, "replaylog:begin;"));
    else if (next.done && next.value)
      this.tell(next.value.why, next.value.hart, next.value.address);
    return { reason: "budget" };
  }

  private forward(activity: Activity & { kind: "forward" }, cycles: number): RunResult {
    const { step } = activity;
    const { debug } = this.machine;
    const exact = step !== undefined || !this.stops.empty;
    if (exact) this.stops.arm(debug);
    if (step !== undefined) debug.stopAfterStep(step === "any" ? undefined : step);
    const result = this.history.run(Math.min(cycles, activity.left), exact);
    debug.cancel();
    this.stops.disarm(debug);
    if (step !== undefined) activity.left -= Math.min(cycles, activity.left);
    if (result.stop) this.tell(result.stop.why, result.stop.hart, result.stop.address);
    else if (step !== undefined && result.reason !== "finished") {
      if (result.reason === "idle" || activity.left <= 0) {
        this.stopped(stopText(TRAPPED, this.stoppedHart));
      }
    }
    return this.running ? result : { reason: "budget" };
  }

  private tell(why: string, hart: number, address: number): void {
    this.hart = this.stoppedHart = hart;
    const watch = why === "watchpoint" ? this.stops.watchText(address) : "";
    const what = why === "breakpoint" ? this.stops.breakpointText(address) : watch;
    this.stopped(stopText(TRAPPED, hart, what));
  }

  private stopped(reply: string): void {
    this.hart = this.stoppedHart;
    this.activity = undefined;
    this.interrupted = false;
    this.lastStop = reply;
    this.owner.send(reply);
  }

  private resume(step: number | "any" | undefined): undefined {
    const left = step === undefined ? Number.POSITIVE_INFINITY : STEP_CYCLES;
    this.activity = { kind: "forward", step, left };
    return undefined;
  }

  private back(search: Search): undefined {
    const present = this.history.present();
    this.activity = { kind: "reverse", search, from: () => this.history.goTo(present) };
    return undefined;
  }

  private reverse(packet: string): string | undefined {
    const { history, stops } = this;
    const { debug } = this.machine;
    if (packet === "bs") return this.back(stepBack(history, this.stepped));
    if (packet !== "bc") return "";
    const armed = { arm: () => stops.arm(debug), disarm: () => stops.disarm(debug) };
    return this.back(runBack(history, armed));
  }

  // --- Packets.

  /** Acts on a packet; undefined: the reply comes later, or there is none. */
  receive(packet: string): string | undefined {
    if (this.running) return undefined; // only an interrupt may come
    try {
      return this.act(packet);
    } catch (error) {
      const known = error instanceof ConfigError || error instanceof ImageError;
      if (known) return `E.${error.message}`;
      throw error;
    }
  }

  private act(packet: string): string | undefined {
    const rest = packet.slice(1);
    switch (packet[0]) {
      case "?":
        return this.lastStop;
      case "!":
        return OK;
      case "g":
        return this.readAll();
      case "G":
        return this.writeAll(rest);
      case "p":
        return this.readOne(rest);
      case "P":
        return this.writeOne(rest);
      case "m":
        return this.read(rest);
      case "M":
      case "X":
        return this.write(packet);
      case "H":
        return this.select(rest);
      case "T":
        return this.hartOf(rest) === undefined ? BAD : OK;
      case "Z":
      case "z":
        return this.setStop(packet);
      case "b":
        return this.reverse(packet);
      case "c":
      case "C":
      case "s":
      case "S":
        return this.goOn(packet);
      case "R":
        this.history.goTo(this.history.kept[0] as History["kept"][number]);
        return undefined;
      case "D":
        this.wish = "detach";
        return OK;
      case "k":
        this.wish = "kill";
        return undefined;
      case "v":
        return this.several(packet);
      case "q":
      case "Q":
        return this.query(packet);
      default:
        return "";
    }
  }

  /** The hart that a step is of when the packet does not say. */
  private get stepped(): number {
    return this.chosen ?? this.stoppedHart;
  }

  // --- Registers and memory.

  private readAll(): string {
    let text = "";
    for (let number = 0; number < GENERAL; number++) {
      text += wordHex(readRegister(this.machine, this.hart, number) ?? 0);
    }
    return text;
  }

  private writeAll(text: string): string {
    const words = text.match(/.{8}/g) ?? [];
    const values = words.map(hexWord);
    if (values.length === 0 || text.length > GENERAL * 8 || values.includes(undefined)) return BAD;
    this.history.change();
    values.forEach((value, number) => {
      writeRegister(this.machine, this.hart, number, value as number);
    });
    return OK;
  }

  private readOne(text: string): string {
    const number = hexNumber(text);
    if (number === undefined) return BAD;
    const value = readRegister(this.machine, this.hart, number);
    return value === undefined ? BAD : wordHex(value);
  }

  private writeOne(text: string): string {
    const [name, digits = ""] = text.split("=");
    const [number, value] = [hexNumber(name), hexWord(digits)];
    if (number === undefined || value === undefined) return BAD;
    if (readRegister(this.machine, this.hart, number) === undefined) return BAD;
    this.history.change();
    return writeRegister(this.machine, this.hart, number, value) ? OK : BAD;
  }

  private get view(): View {
    return this.physical ? { physical: true } : { hart: this.hart };
  }

  private read(text: string): string {
    const [address, bytes] = text.split(",").map(hexNumber);
    if (address === undefined || bytes === undefined) return BAD;
    const found = readMemory(this.machine, this.view, address, Math.min(bytes, READ_MAX));
    return found.length === 0 && bytes > 0 ? FAULT : toHex(found);
  }

  private write(packet: string): string {
    const [, where = "", data = ""] = /^.([^:]*):(.*)$/s.exec(packet) ?? [];
    const [address, bytes] = where.split(",").map(hexNumber);
    const content =
      packet[0] === "X" ? Uint8Array.from(Buffer.from(data, "latin1")) : hexBytes(data);
    if (address === undefined || content === undefined || content.length !== bytes) return BAD;
    if (bytes === 0) return OK; // how gdb asks whether there is X
    if (!canWrite(this.machine, this.view, address, bytes)) return FAULT;
    this.history.change();
    writeMemory(this.machine, this.view, address, content);
    return OK;
  }

  private setStop(packet: string): string {
    const [type = "", ...numbers] = packet.slice(1).split(/[,;]/);
    const [address, bytes] = numbers.map(hexNumber);
    if (!/^\d$/.test(type)) return BAD;
    if (Number(type) > 4) return "";
    if (address === undefined || bytes === undefined) return BAD;
    this.stops.set(this.machine.debug, packet[0] === "Z", Number(type), address, bytes);
    return OK;
  }

  // --- Threads, and going on.

  /** The hart of a thread's number; undefined when there is none. */
  private hartOf(text: string): number | undefined {
    const number = hexNumber(text);
    return number && number <= this.machine.harts ? number - 1 : undefined;
  }

  private select(text: string): string {
    const id = text.slice(1);
    if (!/^[gc]/.test(text)) return BAD;
    if (id === "0" || id === "-1") {
      if (text[0] === "c") this.chosen = undefined; // any, or all
      return OK;
    }
    const hart = this.hartOf(id);
    if (hart === undefined) return BAD;
    if (text[0] === "g") this.hart = hart;
    else this.chosen = hart;
    return OK;
  }

  private goOn(packet: string): string | undefined {
    const signal = /^[CS]/.test(packet); // nothing of this machine knows signals
    const address = signal ? packet.split(";")[1] : packet.slice(1) || undefined;
    if (address !== undefined) {
      const pc = hexNumber(address);
      if (pc === undefined) return BAD;
      this.history.change();
      writeRegister(this.machine, this.stepped, GENERAL - 1, pc);
    }
    return this.resume(/^[sS]/.test(packet) ? this.stepped : undefined);
  }

  private several(packet: string): string | undefined {
    if (packet === "vCont?") return "vCont;c;C;s;S;t";
    if (packet.startsWith("vKill")) {
      this.wish = "kill";
      return OK;
    }
    if (!packet.startsWith("vCont;")) return "";
    const actions = packet
      .slice("vCont;".length)
      .split(";")
      .map((text) => text.split(":"));
    let steps: number | "any" | undefined;
    for (const [action = "", thread] of actions) {
      if (!/^([cst]|[CS][\da-f]{2})$/i.test(action)) return BAD;
      const all = thread === undefined || thread === "-1" || thread === "0";
      const hart = all ? undefined : this.hartOf(thread);
      if (!all && hart === undefined) return BAD;
      // the first thread that is to step; the others go as the schedule has it
      if (/^s/i.test(action)) steps ??= hart ?? (actions.length === 1 ? "any" : undefined);
    }
    if (typeof steps === "number") this.stoppedHart = steps;
    return this.resume(steps);
  }

  // --- Queries.

  private query(packet: string): string | undefined {
    const [name = ""] = packet.split(/[:,;]/);
    const rest = packet.slice(name.length + 1);
    switch (name) {
      case "qSupported":
        return FEATURES;
      case "QStartNoAckMode":
        this.acknowledges = false;
        return OK;
      case "qC":
        return `QC${(this.hart + 1).toString(16)}`;
      case "qAttached":
        return "1";
      case "qfThreadInfo": {
        const ids = Array.from({ length: this.machine.harts }, (_, n) => (n + 1).toString(16));
        return `m${ids.join(",")}`;
      }
      case "qsThreadInfo":
        return "l";
      case "qThreadExtraInfo": {
        const hart = this.hartOf(rest);
        return hart === undefined ? BAD : toHex(this.describe(hart));
      }
      case "qXfer":
        return this.transfer(rest);
      case "qqemu.PhyMemMode":
        return this.physical ? "1" : "0";
      case "Qqemu.PhyMemMode":
        this.physical = rest === "1";
        return OK;
      case "qRcmd": {
        const text = hexBytes(rest);
        return text ? toHex(`${monitor(this, Buffer.from(text).toString())}\n`) : BAD;
      }
      default:
        return "";
    }
  }

  /** As `hart 1, supervisor, waiting (wfi)`. */
  private describe(hart: number): string {
    const stats = this.machine.stats()[hart];
    const waits = stats?.waiting ? ", waiting (wfi)" : "";
    return `hart ${hart}, ${stats?.mode}${waits}`;
  }

  private transfer(text: string): string {
    const [object, action, annex, range = ""] = text.split(":");
    const [offset, bytes] = range.split(",").map(hexNumber);
    if (action !== "read") return "";
    if (offset === undefined || bytes === undefined) return BAD;
    const features = object === "features" && annex === "target.xml";
    const whole = features ? targetXml(this.machine) : object === "threads" ? this.threads() : "";
    if (whole === "") return object === "features" ? "E00" : "";
    const part = whole.slice(offset, offset + Math.min(bytes, PACKET_BYTES / 2));
    return `${offset + part.length < whole.length ? "m" : "l"}${part}`;
  }

  private threads(): string {
    const lines = Array.from({ length: this.machine.harts }, (_, hart) => {
      const id = (hart + 1).toString(16);
      const names = `id="${id}" core="${hart}" name="hart ${hart}"`;
      return `<thread ${names}>${this.describe(hart)}</thread>`;
    });
    return `<?xml version="1.0"?>\n<threads>\n${lines.join("\n")}\n</threads>\n`;
  }
}
