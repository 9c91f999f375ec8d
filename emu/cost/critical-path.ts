// The critical path of a relief: who waited for whom. From the last mark of a phase it is followed
// back to the first: the hart that made the mark ran since it woke last; if an IPI woke it, the
// sender had the path until then, and so on. A wait that a timer or a device ended stays on the
// path as such. Between two marks the segments have exactly the cycles between them.
//
// The phases' marks are in the order of the protocol, so the path goes through each of them. Where
// the next mark is made by the other kernel, that kernel had to be told: its doorbell (the last IPI
// from the one to the other in that phase) is on the path also when the hart that was rung did not
// stand in wfi, but ran programs while the relief's thread slept.
import type { Side } from "./cells.js";

/** Something that happened, in the order of the machine's events. */
export type PathEvent = { readonly hart: number; readonly cycle: number } & (
  | { readonly kind: "phase"; readonly phase: string }
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
  /** Marks at which the path changes kernels though nobody rang: a watchdog gave up. */
  readonly unrung: number;
}

/** An IPI is an event of the sender's store, which retires a cycle later; then the target wakes. */
export const STORE_CYCLE = 1;

type Of<K extends PathEvent["kind"]> = Extract<PathEvent, { kind: K }>;
/** Whom a hart works for; the node is not known before a started kernel says so. */
type Owner = { node: number | undefined };
type At<T> = T & { readonly index: number };

/** Events by hart, and who owned it when. */
class Harts {
  private readonly owners: At<{ owner: Owner }>[][] = [];
  private readonly waits: At<Of<"wait">>[][] = [];
  private readonly rings: At<Of<"ipi">>[][] = []; // by target
  readonly phases: At<Of<"phase">>[] = [];
  private readonly offgoing: number | undefined;

  constructor(events: readonly PathEvent[]) {
    events.forEach((event, index) => {
      if (event.kind === "phase") this.phases.push({ ...event, index });
      else if (event.kind === "kernel") this.kernel(event, index);
      else if (event.kind === "ipi") listOf(this.rings, event.target).push({ ...event, index });
      else this.wait(event, index);
    });
    const first = this.phases[0];
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

  /** The last IPI between two events from the kernel of the one to the kernel of the other. */
  doorbell(from: At<Of<"phase">>, to: At<Of<"phase">>): At<Of<"ipi">> | undefined {
    const [sender, receiver] = [this.sideAt(from.hart, from.index), this.sideAt(to.hart, to.index)];
    if (sender === receiver) return undefined;
    const isOne = ({ hart, target, index }: At<Of<"ipi">>) =>
      index > from.index &&
      index < to.index &&
      this.sideAt(hart, index) === sender &&
      this.sideAt(target, index) === receiver;
    const all = this.rings.flatMap((list) => (list ?? []).filter(isOne).slice(-1));
    return all.reduce<At<Of<"ipi">> | undefined>(
      (last, one) => (last && last.index > one.index ? last : one),
      undefined,
    );
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
  to({ hart, index, cycle }: At<Of<"phase">>): void {
    if (this.segments.length > 0 && this.side !== this.harts.sideAt(hart, index)) this.unrung++;
    this.hart = hart;
    this.index = index;
    this.cycle = Math.min(this.cycle, cycle);
  }

  /** From the mark that ends a phase back to the one that began it. */
  back(from: At<Of<"phase">>, to: At<Of<"phase">>): void {
    this.phase = from.phase;
    this.to(to);
    const doorbell = this.harts.doorbell(from, to);
    if (doorbell) {
      this.follow(doorbell.index, doorbell.cycle + STORE_CYCLE);
      this.ring(doorbell);
    }
    this.follow(from.index, from.cycle);
  }

  /** Back to an event, at the latest to its cycle. */
  private follow(limit: number, floor: number): void {
    while (this.cycle > floor) {
      const wait = this.harts.waitBefore(this.hart, this.index);
      if (!wait || wait.index < limit) break;
      this.segment("run", Math.max(wait.cycle, floor));
      if (this.cycle <= floor) break;
      if (wait.by === "ipi") {
        const ring = this.harts.ringBefore(this.hart, wait.index);
        if (!ring || ring.index < limit) break;
        this.ring(ring);
      } else {
        this.index = wait.index;
        this.segment(`wait-${wait.by}`, Math.max(wait.cycle - wait.cycles, floor));
      }
    }
    this.segment("run", floor);
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
  const { phases } = harts;
  const end = phases.at(-1)?.cycle ?? 0;
  if (phases.length < 2) return undefined;
  const walk = new Walk(harts, end);
  for (let i = phases.length - 1; i > 0; i--) {
    walk.back(phases[i - 1] as At<Of<"phase">>, phases[i] as At<Of<"phase">>);
  }
  const { segments, handOvers, unrung, reached } = walk;
  return {
    start: reached,
    end,
    segments: segments.reverse(),
    handOvers: handOvers.reverse(),
    unrung,
  };
}
