// Snapshot files with a right checksum and a wrong state: words of the head, harts, TLBs, frame
// maps and devices set to anything. Such a file is refused in a line, or its machine runs on
// without an exception of the host; and every state that a machine comes to is taken.
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { type Machine, readSnapshot, type Snapshot, writeSnapshot } from "../../emu/index.js";
import { guest, MIB } from "../support/guest.js";

/** By hand: `HOSTILE_RUNS=5000 npx vitest run test/machine/snapshot-state`. */
const RUNS = Number(process.env.HOSTILE_RUNS ?? 300);
const [HEAD, DEVICES, HARTS, SLOT_OF_FRAME, , FRAME_OF_SLOT, , PACKETS] = [0, 1, 2, 3, 4, 5, 6, 7];

/** Both harts load, store and jump between pages; hart 1 sleeps till its timer, again and again. */
const GUEST = `
  csrr t0, mhartid
  la t1, trap
  csrw mtvec, t1
  li s0, 0x80010000
  slli t1, t0, 12
  add s0, s0, t1
  bnez t0, sleeper
loop:
  lw a0, 0(s0)
  addi a0, a0, 1
  sw a0, 0(s0)
  call far
  j loop
sleeper:
  li s1, 0x02004008
  li s2, 0x0200bff8
  li t1, 128
  csrw mie, t1
again:
  lw a0, 0(s2)
  addi a0, a0, 50
  sw a0, 0(s1)
  sw zero, 4(s1)
  wfi
  call far
  j again
trap:
  mret
  .align 4096
far:
  lw a1, 64(s0)
  sw a1, 128(s0)
  ret`;

let machine: Machine;
let snapshot: Snapshot;

beforeAll(async () => {
  const config = { harts: 2, vsock: true, terminal: true, entropy: true, firewall: true } as const;
  const drive = { data: new Uint8Array(8192) };
  ({ machine } = await guest(GUEST, { ...config, drive, decodedPages: 8, ramBytes: 16 * MIB }));
  machine.run({ cycles: 20_000 });
  machine.terminalInput(Uint8Array.of(1, 2, 3));
  machine.consoleInput(Uint8Array.of(1, 2, 3));
  machine.sendPacket(new Uint8Array(50));
  snapshot = machine.snapshot();
});

type Change = readonly [region: number, word: number, value: number];

/** The snapshot with words of its regions changed, as a file whose checksum is right. */
function changed(changes: readonly Change[]): Promise<Uint8Array> {
  const regions = snapshot.regions.map((region) => region.slice());
  for (const [region, word, value] of changes) {
    const bytes = regions[region] as Uint8Array;
    const at = (word * 4) % (bytes.length & ~3);
    new DataView(bytes.buffer).setUint32(at, value, true);
  }
  return writeSnapshot(machine, { ...snapshot, regions });
}

/** Whether the file is taken; its machine has then run, and come to the end of its budget. */
async function taken(file: Uint8Array): Promise<boolean> {
  const read = await readSnapshot(file, "file").catch((error: Error) => error);
  if (read instanceof Error) {
    expect(`${read.name}: ${read.message}`).toMatch(/^ImageError: file: [ -~]*$/);
    return false;
  }
  read.machine.run({ cycles: 100_000 });
  read.machine.consoleInput(Uint8Array.of(4));
  read.machine.run({ cycles: 1000 });
  read.machine.snapshot();
  expect(read.machine.hash()).toMatch(/^[\da-f]{16}$/);
  return true;
}

const value = fc.oneof(
  fc.constantFrom(0, 1, 2, 3, 7, 8, 255, 256, 4096, 0x7fffffff, 0x80000000, 0xffffffff),
  fc.integer({ min: 0, max: 0xffffffff }),
  fc.nat(0x2000000), // a place in linear memory
);

it("what a machine comes to is taken", async () => {
  expect(await taken(await changed([]))).toBe(true);
  expect(machine.stats()[1]?.waiting).toBe(true);
});

describe("any words", () => {
  it.each([
    ["of the head", HEAD, 110],
    ["of the devices", DEVICES, 6000],
    ["of the harts", HARTS, 170],
    ["of all of the harts", HARTS, 9568],
    ["of the frame maps", SLOT_OF_FRAME, 2000],
    ["of the slots", FRAME_OF_SLOT, 8],
    ["of what waits for the guest", PACKETS, 12],
  ])("%s", async (_, region, words) => {
    const change = fc.tuple(fc.constant(region), fc.nat(words - 1), value);
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 3 }), async (changes) => {
        await taken(await changed(changes));
      }),
      { numRuns: RUNS / 5 },
    );
  });

  it("of entries of the TLBs that are in use", async () => {
    const { buffer, byteOffset, length } = snapshot.regions[HARTS] as Uint8Array;
    const words = new Uint32Array(buffer.slice(byteOffset, byteOffset + length));
    const used = [...words.keys()].filter((n) => n % 4784 >= 176 && words[n] !== 0xffffffff);
    expect(used.length).toBeGreaterThan(10);
    const change = fc.tuple(fc.constant(HARTS), fc.constantFrom(...used), value);
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(change, async (one) => {
        if (!(await taken(await changed([one])))) refused++;
      }),
      { numRuns: RUNS / 5 },
    );
    expect(refused).toBeGreaterThan(RUNS / 10);
  });
});

it("places and sizes that are not those of the configuration are refused, each", async () => {
  const head = new DataView((snapshot.regions[HEAD] as Uint8Array).slice().buffer);
  const { harts, ramBytes } = machine;
  expect([head.getUint32(0, true), head.getUint32(4, true)]).toEqual([harts, ramBytes]);
  for (let word = 0; word < 11; word++) {
    const other = head.getUint32(4 * word, true) + 4096;
    const read = readSnapshot(await changed([[HEAD, word, other]]), "file");
    await expect(read).rejects.toThrow(/no machine has such places/);
  }
});
