// Snapshots of one machine: pages (RAM, boot ROM, drive) and small state, as assembly/snapshot.ts
// divides them. A snapshot shares each page that has not changed with the one before it, so many
// can be alive at once; a restore copies back only the pages that are dirty, or differ between the
// last snapshot taken or restored and this one. Any order of restores is right.
import { type CoreExports, constant } from "./core.js";
import { ConfigError } from "./errors.js";

export const PAGE_BYTES = 4096;
/** Every page that is all zero. */
export const ZERO_PAGE = new Uint8Array(PAGE_BYTES);
/** Pages next to each other are copied together, up to this many. */
const RUN_PAGES = 64;

/** A whole machine at one moment; it can be put back into a machine of the same configuration. */
export interface Snapshot {
  /** 4 KiB each: frames of RAM, frames of the boot ROM, blocks of the drive. */
  readonly pages: readonly Uint8Array[];
  /** The regions of assembly/snapshot.ts, in its order. */
  readonly regions: readonly Uint8Array[];
  /** Console input that the receive queue had no room for, and the cycle of the next attempt. */
  readonly input: Uint8Array;
  readonly inputDue: number;
  /** What two machines must have in common to exchange snapshots. */
  readonly shape: string;
  /** The cycle() at which it was taken. */
  readonly cycle: number;
}

export type SnapshotState = Pick<Snapshot, "pages" | "regions" | "shape">;

/** One stretch of pages in linear memory, and the bytes that say which of them are dirty. */
interface Area {
  readonly first: number;
  readonly pages: number;
  readonly address: number;
  readonly flags: Uint8Array;
  readonly dirty: number;
}

/** Takes and restores the snapshots of one core. */
export class SnapshotKeeper {
  private known: readonly Uint8Array[];

  /** For a core just created: all of its memory is zero, or marked dirty. */
  constructor(
    private readonly core: CoreExports,
    private readonly shape: string,
  ) {
    const pages = core.frames() + core.driveBlocks();
    this.known = new Array<Uint8Array>(pages).fill(ZERO_PAGE);
  }

  private areas(): Area[] {
    const { core } = this;
    const { buffer } = core.memory;
    const [frames, blocks] = [core.frames(), core.driveBlocks()];
    return [
      {
        first: 0,
        pages: frames,
        address: core.ramAddress() >>> 0,
        flags: new Uint8Array(buffer, core.frameFlagsAddress() >>> 0, frames),
        dirty: constant(core, "FRAME_DIRTY"),
      },
      {
        first: frames,
        pages: blocks,
        address: core.driveAddress() >>> 0,
        flags: new Uint8Array(buffer, core.dirtyBlocksAddress() >>> 0, blocks),
        dirty: 1,
      },
    ];
  }

  /** Pages that may have changed since the last snapshot or restore. */
  dirtyPages(): number {
    return this.areas().reduce(
      (sum, { flags, dirty }) =>
        sum + flags.reduce((n, flag) => n + ((flag & dirty) === 0 ? 0 : 1), 0),
      0,
    );
  }

  take(): SnapshotState {
    const pages = this.known.slice();
    for (const area of this.areas()) this.copyOut(area, pages);
    this.core.settled(); // first, so that the same state gives the same flags
    const regions = this.regions((address, bytes) =>
      new Uint8Array(this.core.memory.buffer, address, bytes).slice(),
    );
    this.known = pages;
    return { pages, regions, shape: this.shape };
  }

  /** Copies the dirty pages of an area, each run of neighbours into one buffer. */
  private copyOut({ first, pages, address, flags, dirty }: Area, to: Uint8Array[]): void {
    const { core } = this;
    const isDirty = (n: number) => n < pages && ((flags[n] as number) & dirty) !== 0;
    const at = (n: number) => address + n * PAGE_BYTES;
    for (let start = 0; start < pages; start++) {
      if (!isDirty(start)) continue;
      if (core.isZeroPage(at(start))) {
        to[first + start] = ZERO_PAGE;
        continue;
      }
      let end = start + 1;
      while (end - start < RUN_PAGES && isDirty(end) && !core.isZeroPage(at(end))) end++;
      const bytes = (end - start) * PAGE_BYTES;
      const copy = new Uint8Array(core.memory.buffer, at(start), bytes).slice();
      for (let n = start; n < end; n++) {
        const offset = (n - start) * PAGE_BYTES;
        to[first + n] = copy.subarray(offset, offset + PAGE_BYTES);
      }
      start = end - 1;
    }
  }

  private regions<T>(each: (address: number, bytes: number, index: number) => T): T[] {
    const { core } = this;
    return Array.from({ length: constant(core, "REGIONS") }, (_, index) =>
      each(core.regionAddress(index) >>> 0, core.regionBytes(index) >>> 0, index),
    );
  }

  /** Whether regions of these sizes can be restored here. */
  fits(sizes: readonly number[]): boolean {
    const each = this.regions((_, __, index) => {
      const [bytes, room] = [sizes[index] ?? -1, this.core.regionRoom(index) >>> 0];
      return index < VARIABLE_REGIONS ? bytes === room : bytes >= 0 && bytes <= room;
    });
    return sizes.length === each.length && !each.includes(false);
  }

  /**
   * Puts a snapshot back. Throws ConfigError when it is of another configuration. One that comes
   * from outside is checked against `fresh`, a snapshot of this machine at reset: when it holds
   * what no machine can come to, that throws ConfigError too, and the machine is of no more use.
   */
  restore(snapshot: SnapshotState, fresh?: SnapshotState): void {
    const { core } = this;
    const same = snapshot.shape === this.shape && snapshot.pages.length === this.known.length;
    if (!same || !this.fits(snapshot.regions.map(({ length }) => length))) {
      throw new ConfigError("restore: the snapshot is of another configuration; use the same");
    }
    if (fresh && !this.isConfigured(snapshot, fresh)) throw unsound(0);
    core.dropDecoded();
    const memory = new Uint8Array(core.memory.buffer);
    for (const area of this.areas()) this.copyIn(area, memory, snapshot.pages);
    this.regions((address, _, index) => memory.set(snapshot.regions[index] as Uint8Array, address));
    const part = fresh ? core.unsoundPart() : 0;
    if (part !== 0) throw unsound(part);
    core.restored();
    this.known = snapshot.pages;
  }

  /** Whether all that create() computes from the configuration is as it computed it. */
  private isConfigured(snapshot: SnapshotState, fresh: SnapshotState): boolean {
    const { core } = this;
    const [mine, theirs] = [fresh, snapshot].map(({ regions }) => regions.map(viewOf));
    const same = (region: number, offset: number) =>
      mine?.[region]?.getUint32(offset, true) === theirs?.[region]?.getUint32(offset, true);
    const head = fresh.regions[0]?.length ?? 0;
    for (let offset = 0; offset < head; offset += 4) {
      if (core.isConfigured(offset) && !same(0, offset)) return false;
    }
    const inboxes = [0, 1].map((index) => core.inboxAddress(index) - core.regionAddress(1));
    return inboxes.every((offset) => same(1, offset) && same(1, offset + 4));
  }

  /** Copies back the pages of an area that differ, those that lie together at one go. */
  private copyIn(area: Area, memory: Uint8Array, from: readonly Uint8Array[]): void {
    const { known } = this;
    const { first, pages, address, flags, dirty } = area;
    const differs = (n: number) =>
      ((flags[n] as number) & dirty) !== 0 || known[first + n] !== from[first + n];
    for (let start = 0; start < pages; start++) {
      if (!differs(start)) continue;
      const page = from[first + start] as Uint8Array;
      let end = start + 1;
      while (end < pages && follows(page, from[first + end] as Uint8Array, end - start)) {
        if (!differs(end)) break;
        end++;
      }
      const bytes = (end - start) * PAGE_BYTES;
      const run = bytes === PAGE_BYTES ? page : new Uint8Array(page.buffer, page.byteOffset, bytes);
      memory.set(run, address + start * PAGE_BYTES);
      start = end - 1;
    }
  }
}

/** What unsoundPart() of assembly/check.ts counts, from 0. */
const PARTS = ["places", "schedule", "frame maps", "harts", "TLBs", "clocks", "events", "devices"];

function unsound(part: number): ConfigError {
  return new ConfigError(`restore: no machine has such ${PARTS[part]}; use the original`);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** Regions from this one on have as many bytes as are in use. */
const VARIABLE_REGIONS = 6;

/** Whether `page` lies `distance` pages behind `first` in the same buffer. */
function follows(first: Uint8Array, page: Uint8Array, distance: number): boolean {
  return (
    page.buffer === first.buffer && page.byteOffset === first.byteOffset + distance * PAGE_BYTES
  );
}
