// Hostile guests: whatever a guest stores to the devices, and whatever lies in the queues that it
// names to them, the machine goes on and gives the same hash twice. Nothing but a guest's own trap
// may come of it: an exception of the host here would be a way out of the machine.
import fc from "fast-check";
import { expect, it } from "vitest";
import type { Machine } from "../../emu/index.js";
import { VsockHost } from "../../emu/index.js";
import { guest, MIB, PASS, word } from "../support/guest.js";

/** By hand: `HOSTILE_RUNS=5000 npx vitest run test/machine/hostile`. */
const RUNS = Number(process.env.HOSTILE_RUNS ?? 150);
const TABLE = 0x80100000;
const QUEUES = 0x80200000;
const QUEUE_BYTES = 8192;
const RINGS = 128; // the available ring of a queue with eight descriptors

/** Does what the table says, entry by entry: {kind, address, value}; traps are skipped. */
const PLAYER = `
  la t0, trap
  csrw mtvec, t0
  li s0, ${TABLE}
next:
  lw t1, 0(s0)
  lw a0, 4(s0)
  lw a1, 8(s0)
  addi s0, s0, 12
  li t2, 1
  beq t1, t2, sw
  li t2, 2
  beq t1, t2, sh
  li t2, 3
  beq t1, t2, sb
  li t2, 4
  beq t1, t2, lw
  li t2, 5
  beq t1, t2, lh
  li t2, 6
  beq t1, t2, lb
  ${PASS}
sw:
  sw a1, 0(a0)
  j next
sh:
  sh a1, 0(a0)
  j next
sb:
  sb a1, 0(a0)
  j next
lw:
  lw a2, 0(a0)
  j next
lh:
  lh a2, 0(a0)
  j next
lb:
  lb a2, 0(a0)
  j next
  .align 64
trap:
  la t3, next
  csrw mepc, t3
  mret`;

const SMALL = [0, 1, 2, 3, 4, 7, 8, 15, 16, 255, 256, 257, 0xffff];
const value = fc.oneof(
  fc.constantFrom(...SMALL),
  fc.integer({ min: 0, max: 0xffffffff }),
  fc.integer({ min: 0, max: 0xffff }).map((low) => QUEUES + low),
  fc.constantFrom(0x80000000, 0x83fffff0, 0xffffffff, 0x7fffffff, QUEUES >>> 12),
);
const area = (base: number, bytes: number) =>
  fc.integer({ min: 0, max: bytes - 1 }).map((offset) => (base + offset) >>> 0);
const register = fc
  .tuple(fc.nat(8), fc.constantFrom(0x14, 0x20, 0x24, 0x28, 0x30, 0x38, 0x3c, 0x40, 0x44, 0x50))
  .map(([slot, offset]) => 0x10001000 + slot * 0x1000 + offset);
const queue = fc
  .tuple(fc.nat(8), fc.constantFrom(0x64, 0x70, 0x80, 0x84, 0x90, 0x94, 0xa0, 0xa4, 0x100))
  .map(([slot, offset]) => 0x10001000 + slot * 0x1000 + offset);
const address = fc.oneof(
  { weight: 6, arbitrary: register },
  { weight: 6, arbitrary: queue },
  { weight: 1, arbitrary: area(0x10001000, 0x9000) },
  { weight: 1, arbitrary: area(0x10000000, 0x110) },
  { weight: 1, arbitrary: area(0x0c000000, 0x601000) },
  { weight: 1, arbitrary: area(0x02000000, 0x11000) },
  { weight: 1, arbitrary: area(0x00101000, 0x4000) },
  { weight: 1, arbitrary: area(0x00000000, 0x20000) },
  { weight: 2, arbitrary: area(QUEUES, 0x4000) },
);
const act = fc.tuple(fc.constantFrom(1, 1, 1, 1, 2, 3, 4, 5, 6), address, value);

/** Stores that name a queue in `slot` to the device as either transport asks, and notify it. */
const named = fc
  .tuple(fc.nat(3), fc.nat(2), fc.constantFrom(1, 7, 8, 256))
  .map(([slot, number, size]) => {
    const base = 0x10001000 + slot * 0x1000;
    const page = QUEUES + number * QUEUE_BYTES;
    const stores = [
      ...[[0x30, number] as const, [0x38, size] as const, [0x28, 4096] as const],
      ...[[0x3c, 4096] as const, [0x80, page] as const, [0x90, page + RINGS] as const],
      ...[[0xa0, page + 4096] as const, [0x40, page >>> 12] as const, [0x44, 1] as const],
      ...[[0x70, 4] as const, [0x50, number] as const, [0x50, number] as const],
    ];
    return stores.map(([offset, word]) => [1, base + offset, word] as const);
  });

/** A queue's two pages: descriptors with mad lengths and chains, then a ring that names some. */
const content = fc.tuple(
  fc.array(fc.tuple(value, fc.constantFrom(0, 1, 16, 44, 600, 0xffffffff), fc.nat(3), fc.nat(9)), {
    minLength: 8,
    maxLength: 8,
  }),
  fc.nat(9),
  fc.array(fc.nat(9), { minLength: 8, maxLength: 8 }),
);

function pagesOf([descriptors, count, heads]: typeof content extends fc.Arbitrary<infer T>
  ? T
  : never): number[] {
  const words = new Array<number>(QUEUE_BYTES / 4).fill(0);
  descriptors.forEach(([place, length, flags, next], n) => {
    words.splice(n * 4, 4, place, 0, length, flags | (next << 16));
  });
  const ring = [0, count, ...heads, 0, 0];
  for (let n = 0; n < ring.length; n += 2) {
    words[RINGS / 4 + n / 2] = (ring[n] as number) | ((ring[n + 1] as number) << 16);
  }
  return words.map((word) => word >>> 0);
}

async function played(
  acts: readonly (readonly [number, number, number])[],
  memory: readonly number[],
  legacyVirtio: boolean,
): Promise<Machine> {
  const { machine } = await guest(PLAYER, {
    harts: 2,
    ramBytes: 64 * MIB,
    drive: { data: new Uint8Array(8192) },
    vsock: true,
    terminal: true,
    entropy: true,
    firewall: true,
    legacyVirtio,
  });
  const host = new VsockHost(machine);
  host.connect(7, { data: () => undefined });
  const words = Uint32Array.from([...acts.flat(), 0]);
  machine.writePhysical(TABLE, new Uint8Array(words.buffer));
  machine.writePhysical(QUEUES, new Uint8Array(Uint32Array.from(memory).buffer));
  machine.consoleInput(Uint8Array.of(1, 2, 3));
  machine.terminalInput(Uint8Array.of(1, 2, 3));
  machine.run({ cycles: 100_000 });
  return machine;
}

it("stores to devices, and queues of any content, never leave the machine", async () => {
  const all = fc.tuple(
    fc.array(fc.oneof({ weight: 9, arbitrary: act.map((one) => [one]) }, named), {
      minLength: 1,
      maxLength: 60,
      size: "max",
    }),
    fc.tuple(content, content, content),
    fc.boolean(),
  );
  let served = 0;
  await fc.assert(
    fc.asyncProperty(all, async ([acts, queues, legacy]) => {
      const memory = queues.flatMap(pagesOf);
      const first = await played(acts.flat(), memory, legacy);
      const again = await played(acts.flat(), memory, legacy);
      expect(again.hash()).toBe(first.hash());
      const used = queues.map((_, n) => word(first, QUEUES + n * QUEUE_BYTES + 4096) >>> 16);
      if (used.some((count) => count > 0)) served++;
    }),
    { numRuns: RUNS },
  );
  expect(served).toBeGreaterThan(RUNS / 10); // it is no test of devices that nobody asks
}, 86_400_000);
