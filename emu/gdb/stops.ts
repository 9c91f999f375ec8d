// The breakpoints and watchpoints that gdb has set. They are put into the machine only while a run
// looks for them, so that no other run of the past stops at them.
import type { Debug, Watchpoint } from "../debug.js";
import { ConfigError } from "../errors.js";

const KINDS = { 2: "write", 3: "read", 4: "access" } as const;
const NAMES = { write: "watch", read: "rwatch", access: "awatch" } as const;
/** The widest access. */
const ACCESS_BYTES = 4;

export class StopSet {
  private software = new Set<number>();
  private hardware = new Set<number>();
  private watches: readonly Watchpoint[] = [];

  get empty(): boolean {
    return this.software.size + this.hardware.size + this.watches.length === 0;
  }

  clear(): void {
    this.software.clear();
    this.hardware.clear();
    this.watches = [];
  }

  /** Z (`on`) and z packets by their number. Throws ConfigError when there are too many. */
  set(debug: Debug, on: boolean, type: number, address: number, bytes: number): void {
    const before = [new Set(this.software), new Set(this.hardware), this.watches] as const;
    if (type < 2) {
      const set = type === 0 ? this.software : this.hardware;
      if (on) set.add(address);
      else set.delete(address);
    } else this.setWatch(on, { address, bytes, on: KINDS[type as 2 | 3 | 4] });
    try {
      this.arm(debug);
    } catch (error) {
      [this.software, this.hardware, this.watches] = before;
      throw error;
    } finally {
      this.disarm(debug);
    }
  }

  private setWatch(on: boolean, watch: Watchpoint): void {
    if (watch.bytes === 0) throw new ConfigError("watchpoint: of no bytes; give some");
    const same = (other: Watchpoint) =>
      other.address === watch.address && other.bytes === watch.bytes && other.on === watch.on;
    const others = this.watches.filter((other) => !same(other));
    this.watches = on ? [...others, watch] : others;
  }

  arm(debug: Debug): void {
    this.disarm(debug);
    for (const address of [...this.software, ...this.hardware]) debug.addBreakpoint(address);
    for (const watch of this.watches) debug.addWatchpoint(watch);
  }

  disarm(debug: Debug): void {
    debug.clearBreakpoints();
    debug.clearWatchpoints();
  }

  /** The part of a stop reply that says which breakpoint it was. */
  breakpointText(address: number): string {
    return this.hardware.has(address) && !this.software.has(address) ? "hwbreak:;" : "swbreak:;";
  }

  /** The same of a watchpoint, by the address that was touched. */
  watchText(touched: number): string {
    const found = this.watches.find(
      ({ address, bytes }) => touched < address + bytes && touched + ACCESS_BYTES > address,
    );
    if (!found) return "";
    return `${NAMES[found.on]}:${Math.max(found.address, touched).toString(16)};`;
  }
}
