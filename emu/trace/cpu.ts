// A CPU's track: an outer slice for whom it works, and inside, one after the other, what it does.
import type { Mode } from "../debug.js";
import type { Details, Track } from "./packets.js";
import { NO_KERNEL } from "./scene.js";

interface Activity {
  readonly name: string;
  readonly details: Details;
}

const KERNEL: Activity = { name: "kernel", details: { category: "kernel" } };
const FIRMWARE: Activity = { name: "firmware", details: { category: "firmware" } };
const WAITING: Activity = { name: "waiting", details: { category: "idle" } };
const HALTED = "halted";

export class Cpu {
  private owner = "";
  /** What it does in S-mode, to go on with behind the firmware. */
  private inKernel: Activity = KERNEL;
  private now: Activity = FIRMWARE;

  constructor(readonly track: Track) {
    this.work(0, NO_KERNEL, FIRMWARE);
  }

  /** It works for this kernel from now on, or for none. */
  work(cycle: number, owner: string, activity = KERNEL): void {
    if (owner === this.owner) return;
    this.inKernel = KERNEL;
    this.now = activity;
    this.track.close(cycle);
    this.owner = owner;
    this.track.begin(cycle, owner, { category: "owner" });
    this.track.begin(cycle, this.now.name, this.now.details);
  }

  private turn(cycle: number, activity: Activity): void {
    this.track.end(cycle);
    this.now = activity;
    this.track.begin(cycle, activity.name, activity.details);
  }

  trap(cycle: number, name: string, to: Mode, details: Details): void {
    const activity = { name, details };
    if (to === "supervisor") this.inKernel = activity;
    this.turn(cycle, activity);
  }

  user(cycle: number, name: string, details: Details): void {
    this.inKernel = KERNEL;
    this.turn(cycle, { name, details });
  }

  /** Back from the firmware, or from a trap inside the kernel. */
  back(cycle: number): void {
    this.turn(cycle, this.inKernel);
  }

  /** Started in S-mode, after it was stopped: a kernel will say whose it is. */
  start(cycle: number): void {
    this.inKernel = KERNEL;
    if (this.owner === HALTED) this.work(cycle, NO_KERNEL);
    else this.turn(cycle, KERNEL);
  }

  halt(cycle: number): void {
    this.work(cycle, HALTED, FIRMWARE);
  }

  /** It stood in wfi, and goes on. In a kernel that is the idle loop, whatever led there. */
  waited(from: number, to: number): void {
    const before = this.now;
    this.turn(from, WAITING);
    const kernel = before === this.inKernel;
    if (kernel) this.inKernel = KERNEL;
    this.turn(to, kernel ? KERNEL : before);
  }

  /** It stands in wfi until the trace ends. */
  wait(from: number, to: number): void {
    this.turn(from, WAITING);
    this.track.end(Math.max(from, to));
  }
}
