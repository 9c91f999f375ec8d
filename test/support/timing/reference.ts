// A plain, slow model of the caches, the directory and the contention of the machine's timing
// model, written from its specification (ARCHITECTURE.md, "What it costs") and from nothing else.
// Tests compare the core with it, access by access. The protocol is the directory MESI of Hennessy
// and Patterson, Computer Architecture, 6th edition, section 5.4, between nodes that each have an
// inclusive L2.
import { Access, type Kind } from "./reference/access.js";
import { ACCESS_NAMES, type Counters, type Traffic } from "./reference/counters.js";
import { violations } from "./reference/invariants.js";
import { accessL2 } from "./reference/l2.js";
import { homeOfLine, type ReferenceConfig } from "./reference/parameters.js";
import { ModelState } from "./reference/state.js";

export const LINE_STATES = { absent: 0, S: 1, E: 2, M: 3, I: 4 } as const;

export class ReferenceModel {
  readonly state: ModelState;

  constructor(readonly config: ReferenceConfig) {
    this.state = new ModelState(config);
  }

  /** One access; returns the cycles that it stalls the hart. */
  access(hart: number, line: number, kind: Kind, cycle: number): number {
    const node = this.state.nodeOf(hart);
    const access = new Access(hart, node, homeOfLine(this.config, line), line, kind, cycle);
    if (!this.hit(access)) this.miss(access);
    if (access.isStore) this.state.versions.write(`L1D ${hart}`, line);
    const name = ACCESS_NAMES[Math.min(kind, 3)] as (typeof ACCESS_NAMES)[number];
    for (const [component, cycles] of access.components) {
      this.state.count(hart, `CYCLES_${name}_${component}`, cycles);
    }
    return access.stall;
  }

  counters(hart: number): Counters {
    return this.state.counters[hart] as Counters;
  }

  traffic(node: number): Traffic {
    return this.state.traffic[node] as Traffic;
  }

  /** Cache 0: the L1I of hart `id`, 1: its L1D, 2: the L2 of node `id`. One of LINE_STATES. */
  lineState(cache: number, id: number, line: number): number {
    const { l1i, l1d, l2 } = this.state;
    const found = [l1i, l1d, l2][cache]?.[id]?.state(line);
    return LINE_STATES[found ?? "absent"];
  }

  /** A device, or the host, has written to the line in memory. */
  dmaWrite(line: number): void {
    for (const node of this.state.directory.entry(line).nodes) {
      this.state.invalidateNode(undefined, node, line);
    }
    this.state.directory.setUncached(line);
    this.state.versions.write("memory", line);
  }

  /** The hart has loaded the line with LR. */
  reserve(hart: number, line: number): void {
    this.state.reservations.set(hart, line);
  }

  isReserved(hart: number, line: number): boolean {
    return this.state.reservations.get(hart) === line;
  }

  /** What does not hold that should; [] when all is well. */
  invariants(): string[] {
    return violations(this.state);
  }

  private l1(access: Access) {
    return access.isFetch ? this.state.l1iOf(access.hart) : this.state.l1dOf(access.hart);
  }

  /** Whether the L1 has what is asked for; if so, that is all. */
  private hit(access: Access): boolean {
    const own = this.l1(access);
    if (!own.isValid(access.line)) return false;
    if (access.isStore) {
      if (own.state(access.line) === "S") return false;
      own.setState(access.line, "M");
    }
    own.touch(access.line);
    return true;
  }

  private miss(access: Access): void {
    const { state } = this;
    const { hart, line, isStore, isFetch } = access;
    const isUpgrade = isStore && this.l1(access).isValid(line);
    if (isUpgrade) state.count(hart, "UPGRADES");
    else state.count(hart, `${isFetch ? "L1I" : "L1D"}_${this.l1(access).classify(line)}`);
    accessL2(state, access);
    if (isUpgrade) this.upgradeL1(access);
    else this.fillL1(access);
  }

  /** The L1D has the line to read it, and may now write it. */
  private upgradeL1(access: Access): void {
    const { hart, node, line } = access;
    this.state.l1dOf(hart).setState(line, "M");
    this.state.l1dOf(hart).touch(line);
    this.state.l2Line(node, line).owner = hart;
  }

  private fillL1(access: Access): void {
    const { state } = this;
    const { hart, node, line, isFetch, isStore } = access;
    const known = state.l2Line(node, line);
    const isAlone =
      state.l2Of(node).state(line) === "E" && known.sharersD.size + known.sharersI.size === 0;
    const readable = isAlone && !isFetch ? "E" : "S";
    const next = isStore ? "M" : readable;
    this.insertL1(access, next);
    state.versions.copy(`L2 ${node}`, `${isFetch ? "L1I" : "L1D"} ${hart}`, line);
    (isFetch ? known.sharersI : known.sharersD).add(hart);
    if (next !== "S") known.owner = hart;
  }

  /** Puts the line into the L1, and what that evicts into the L2. */
  private insertL1(access: Access, next: "S" | "E" | "M"): void {
    const { state } = this;
    const { hart, node, line, isFetch } = access;
    const victim = this.l1(access).insert(line, next);
    if (!victim) return;
    const known = state.l2Line(node, victim.line);
    if (victim.state === "M") state.writeBackL1(hart, hart, node, victim.line);
    (isFetch ? known.sharersI : known.sharersD).delete(hart);
    if (isFetch) return;
    if (known.owner === hart) known.owner = undefined;
    state.lost(hart, victim.line);
  }
}
