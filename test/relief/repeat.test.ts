// A real relief from snapshots: taken at random cycles, restored here in any order and in a fresh
// machine from a file, it brings back all of memory and comes to the same end with the same events.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type Machine,
  type MachineEvent,
  readSnapshot,
  type Snapshot,
  writeSnapshot,
} from "../../emu/index.js";
import { watched } from "../support/watched.js";

const RAM = 0x80000000;
const END = 400_000_000;

/** Marks and packets: everything but console bytes, which are cut as the host reads them. */
function eventsOf(machine: Machine): MachineEvent[] {
  const events: MachineEvent[] = [];
  for (const kind of ["mark", "finish", "packet", "terminal"] as const) {
    machine.on(kind, (event) => void events.push(event as MachineEvent));
  }
  return events;
}

function sameMemory(machine: Machine, ram: Uint8Array): boolean {
  return Buffer.compare(machine.readPhysical(RAM, ram.length), ram) === 0;
}

describe.each([
  ["larboard", "starboard", "all"],
  ["starboard", "larboard", "groups"],
] as const)("%s relieved by %s, %s", (from, to, transfer) => {
  test("from any moment, in any order, here and elsewhere, to the same end", async () => {
    const { machine } = await watched(from, to, { transfer });
    const events = eventsOf(machine);
    expect(machine.run({ cycles: END })).toMatchObject({ reason: "finished", verdict: "pass" });
    const [hash, all, last] = [machine.hash(), [...events], machine.cycle()];

    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: last - 1 }), { minLength: 2, maxLength: 4 }),
        fc.integer({ min: 1, max: 5_000_000 }),
        fc.nat(),
        async (moments, further, pick) => {
          const { machine: other } = await watched(from, to, { transfer });
          const heard = eventsOf(other);
          const kept: { snapshot: Snapshot; ram: Uint8Array; heard: number }[] = [];
          for (const moment of [...moments].sort((a, b) => a - b)) {
            other.run({ cycles: Math.max(0, moment - other.cycle()) });
            const ram = other.readPhysical(RAM, other.configuration.ramBytes);
            kept.push({ snapshot: other.snapshot(), ram, heard: heard.length });
          }
          other.run({ cycles: further });
          for (const { snapshot, ram } of [...kept, ...kept.reverse()]) {
            other.restore(snapshot);
            expect(sameMemory(other, ram)).toBe(true);
            other.run({ cycles: further });
          }
          const one = kept[pick % kept.length] as (typeof kept)[number];
          const file = await writeSnapshot(other, one.snapshot);
          const { machine: fresh } = await readSnapshot(file, "file");
          other.restore(one.snapshot);
          for (const again of [other, fresh]) {
            const rest = eventsOf(again);
            expect(again.run({ cycles: END }).reason).toBe("finished");
            expect(again.hash()).toBe(hash);
            expect(rest).toEqual(all.slice(one.heard));
          }
        },
      ),
      { numRuns: 4 },
    );
  });
});
