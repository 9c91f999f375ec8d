// The critical path of a relief: who waited for whom. From the last mark of a phase it is followed
// back to the first: the hart that made the mark ran since it woke last; if an IPI woke it, the
// sender had the path until then, and so on; a wait that a timer or a device ended stays on it. It
// goes through every phase's mark, for these are in the order of the protocol. While it is with
// another kernel than the mark before, that one must have told it: its last doorbell (an IPI from
// the one to the other) is on the path also when the hart that was rung ran programs meanwhile. A
// group's mark is behind the other kernel's answer: the path goes there by its last doorbell.
import type { Side } from "./cells.js";

/** Something that happened, in the order of the machine's events. */
export type PathEvent = { readonly hart: number; readonly cycle: number } & (
  | { readonly kind: "phase"; readonly phase: string }
  /** A group has moved; the other kernel has answered for it. */
  | { readonly kind: "group" }
  /** The hart works for the kernel of this node from now on. */
  | { readonly kind: "kernel"; readonly node: number }
  /** A software interrupt to a hart. */
  | { readonly kind: "ipi"; readonly target: number }
  | WaitEnd
);

/** A hart goes on that has stood in wfi. */
interface WaitEnd {
  readonly kind: "wait";
  /** How long it stood; `cycle` is their end. */
  readonly cycles: number;
  /** "ipi": the last one to this hart. */
  readonly by: "ipi" | "timer" | "device";
  /** It stood in the firmware, stopped: whoever starts it may be another kernel. */
  readonly stopped: boolean;
}

export type PathKind = "run" | "wait-timer" | "wait-device";

export interface PathSegment {
  readonly hart: number;
  readonly side: Side;
  readonly phase: string;
  readonly from: number;
  readonly to: number;
  readonly kind: PathKind;
}

/** An IPI on the path from one kernel to the other. */
export interface HandOver {
  /** Where the one segment ends, and the other begins. */
  readonly cycle: number;
  /** Of the sender's store, as its event has it. */
  readonly sent: number;
  readonly from: { readonly hart: number; readonly side: Side };
  readonly to: { readonly hart: number; readonly side: Side };
}

export interface CriticalPath {
  readonly start: number;
  readonly end: number;
  /** In order of time, without gaps. */
  readonly segments: readonly PathSegment[];
  readonly handOvers: readonly HandOver[];
  /** Marks at which the path changes kernels though nobody rang, as when a watchdog gave up. */
  readonly unrung: number;
}

/** An IPI is an event of the sender's store, which retires a cycle later; then the target wakes. */
export const STORE_CYCLE = 1;

type Of<K extends PathEvent["kind"]> = Extract<PathEvent, { kind: K }>;
/** Whom a hart works for; the node is not known before a started kernel says so. */
type Owner = { node: number | undefined };
type At<T> = T & { readonly index: number };
/** A mark that the path goes through; a group's lies inside of a phase. */
type Mark = At<Of<"phase"> | (Of<"group"> & { readonly phase: string })>;

/** Events by hart, and who owned it when. */
class Harts {
  private readonly owners: At<{ owner: Owner }>[][] = [];
  private readonly waits: At<Of<"wait">>[][] = [];
  private readonly rings: At<Of<"ipi">>[][] = []; // by target
  readonly marks: Mark[] = [];
  private readonly offgoing: number | undefined;

  constructor(events: readonly PathEvent[]) {
    events.forEach((event, index) => {
      const phase = this.marks.at(-1)?.phase;
      if (event.kind === "phase") this.marks.push({ ...event, index });
      else if (event.kind === "group") this.marks.push({ ...event, index, phase: phase ?? "" });
      else if (event.kind === "kernel") this.kernel(event, index);
      else if (event.kind === "ipi") listOf(this.rings, event.target).push({ ...event, index });
      else this.wait(event, index);
    });
    const first = this.marks[0];
    this.offgoing = first && this.ownerAt(first.hart, first.index)?.node;
  }

  private kernel({ hart, node }: Of<"kernel">, index: number): void {
    const last = listOf(this.owners, hart).at(-1);
    if (last && last.owner.node === undefined) last.owner.node = node;
    else listOf(this.owners, hart).push({ owner: { node }, index });
  }

  private wait(event: Of<"wait">, index: number): void {
    listOf(this.waits, event.hart).push({ ...event, index });
    if (event.stopped) listOf(this.owners, event.hart).push({ owner: { node: undefined }, index });
  }

  private ownerAt(hart: number, index: number): Owner | undefined {
    return before(listOf(this.owners, hart), index)?.owner;
  }

  /** Whose a hart is right before an event. */
  sideAt(hart: number, index: number): Side {
    const node = this.ownerAt(hart, index)?.node;
    if (node === undefined) return "firmware";
    return node === this.offgoing ? "off-going" : "on-coming";
  }

  /** The last wait of a hart that was over before an event. */
  waitBefore(hart: number, index: number): At<Of<"wait">> | undefined {
    return before(listOf(this.waits, hart), index);
  }

  ringBefore(target: number, index: number): At<Of<"ipi">> | undefined {
    return before(listOf(this.rings, target), index);
  }

  /** The doorbell of the other kernel behind which a group's mark is. */
  answer(from: Mark, { hart, index }: Mark): At<Of<"ipi">> | undefined {
    const own = this.sideAt(hart, index);
    return this.lastRing(own === "off-going" ? "on-coming" : "off-going", own, from.index, index);
  }

  /** The last IPI between two events from the one kernel to the other. */
  lastRing(sender: Side, receiver: Side, after: number, until: number): At<Of<"ipi">> | undefined {
    const isOne = ({ hart, target, index }: At<Of<"ipi">>) =>
      index > after &&
      index < until &&
      this.sideAt(hart, index) === sender &&
      this.sideAt(target, index) === receiver;
    const all = this.rings.flatMap((list) => (list ?? []).filter(isOne).slice(-1));
    return all.sort((a, b) => a.index - b.index).at(-1);
  }
}

function listOf<T>(lists: T[][], hart: number): T[] {
  const known = lists[hart];
  if (known) return known;
  const made: T[] = [];
  lists[hart] = made;
  return made;
}

/** The last of a list that lies before an event. */
function before<T extends { readonly index: number }>(list: readonly T[], index: number) {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((list[middle] as T).index < index) low = middle + 1;
    else high = middle;
  }
  return list[low - 1];
}

/** Follows the path back. */
class Walk {
  readonly segments: PathSegment[] = []; // the last one first
  readonly handOvers: HandOver[] = [];
  unrung = 0;
  private hart = 0;
  private index = 0; // it is right before this event
  private phase = "";

  constructor(
    private readonly harts: Harts,
    private cycle: number,
  ) {}

  get reached(): number {
    return this.cycle;
  }

  private get side(): Side {
    return this.harts.sideAt(this.hart, this.index);
  }

  /** Goes to the mark that ends a phase. */
  to({ hart, index, cycle }: Mark): void {
    if (this.segments.length > 0 && this.side !== this.harts.sideAt(hart, index)) this.unrung++;
    this.hart = hart;
    this.index = index;
    this.cycle = Math.min(this.cycle, cycle);
  }

  /** From the mark that ends a phase back to the one that began it. */
  back(from: Mark, to: Mark): void {
    this.phase = from.phase;
    this.to(to);
    const answer = to.kind === "group" ? this.harts.answer(from, to) : undefined;
    if (answer) {
      this.follow(answer.index, answer.cycle + STORE_CYCLE);
      this.ring(answer);
    }
    this.follow(from.index, from.cycle, this.harts.sideAt(from.hart, from.index));
  }

  /** Back to an event, at the latest to its cycle; and to the kernel of `home`. */
  private follow(limit: number, floor: number, home?: Side): void {
    while (this.cycle > floor) {
      const wait = this.harts.waitBefore(this.hart, this.index);
      const isWait = wait !== undefined && wait.index >= limit;
      const bell = this.bell(limit, home);
      const reached = Math.max(floor, bell ? bell.cycle + STORE_CYCLE : 0);
      if (isWait && wait.index > (bell?.index ?? 0)) {
        if (!this.wait(wait, limit, reached)) break;
      } else if (bell) {
        this.segment("run", reached);
        this.ring(bell);
      } else break;
    }
    this.segment("run", floor);
  }

  /** The doorbell without which the path would not be here. */
  private bell(limit: number, home: Side | undefined): At<Of<"ipi">> | undefined {
    if (home === undefined || home === this.side) return undefined;
    return this.harts.lastRing(home, this.side, limit, this.index);
  }

  /** Back over a wait, at the latest to a cycle. False: it is not known who ended it. */
  private wait(wait: At<Of<"wait">>, limit: number, floor: number): boolean {
    this.segment("run", Math.max(wait.cycle, floor));
    if (wait.by === "ipi") {
      const ring = this.harts.ringBefore(this.hart, wait.index);
      if (!ring || ring.index < limit) return false;
      this.ring(ring);
    } else {
      this.index = wait.index;
      this.segment(`wait-${wait.by}`, Math.max(wait.cycle - wait.cycles, floor));
    }
    return true;
  }

  /** The path up to here is this segment's, from a cycle on. */
  private segment(kind: PathKind, from: number): void {
    const { hart, side, phase, cycle } = this;
    if (from >= cycle) return;
    this.segments.push({ hart, side, phase, from, to: cycle, kind });
    this.cycle = from;
  }

  /** Until then the sender had it. */
  private ring({ hart, target, index, cycle }: At<Of<"ipi">>): void {
    const to = { hart: target, side: this.side };
    this.hart = hart;
    this.index = index;
    const from = { hart, side: this.side };
    if (from.side !== to.side) this.handOvers.push({ cycle: this.cycle, sent: cycle, from, to });
  }
}

/**
 * The path between the first and the last mark of a phase among these events; undefined when there
 * are fewer than two. Before the first mark there is a "kernel" for each hart that has one.
 */
export function criticalPath(events: readonly PathEvent[]): CriticalPath | undefined {
  const harts = new Harts(events);
  const { marks } = harts;
  const end = marks.at(-1)?.cycle ?? 0;
  if (marks.length < 2) return undefined;
  const walk = new Walk(harts, end);
  for (let i = marks.length - 1; i > 0; i--) walk.back(marks[i - 1] as Mark, marks[i] as Mark);
  const { segments, handOvers, unrung, reached } = walk;
  return {
    start: reached,
    end,
    segments: segments.reverse(),
    handOvers: handOvers.reverse(),
    unrung,
  };
}
