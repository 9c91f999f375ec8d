// Repeatability: the same configuration and inputs give the same events and the same hash, however
// the machine is driven, after snapshot and restore at any point, and from a recording.
import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import {
  type Machine,
  type MachineConfig,
  type MachineEvent,
  Recorder,
  readRecording,
  readSnapshot,
  replaySegment,
  type Segment,
  writeSnapshot,
} from "../../emu/index.js";
import { guest } from "../support/guest.js";
import { driver, fillQueue, HOST, packet, QUEUES } from "../support/virtio.js";

const END = 400_000;

/**
 * Two harts: hart 0 answers the socket device's interrupts; hart 1 reads a byte of the console
 * every few hundred cycles, echoes it with its time folded in, and counts in memory.
 */
const TALK = `
    csrr t0, mhartid
    bnez t0, reader
    ${driver(1, 2)}
reader:
    li a0, 0x10000000
    li s1, 0x80020000
    li s4, 0x102000
again:
    li t0, 60
pause:
    addi t0, t0, -1
    bnez t0, pause
    lw t1, 0(s1)
    addi t1, t1, 1
    sw t1, 0(s1)
    lbu t2, 5(a0)
    andi t2, t2, 1
    beqz t2, again
    lbu t3, 0(a0)
    csrr t4, mcycle
    xor t3, t3, t4
    sb t3, 0(a0)
    sw t3, 4(s4)
    li t5, 0x04000001
    sw t5, 0(s4)
    j again`;

interface Input {
  readonly cycle: number;
  readonly kind: "console" | "packet";
  readonly bytes: number;
}

/** Up to 6,000 bytes at once: more than the UART's queue of 4,096 holds. */
const inputs: fc.Arbitrary<Input[]> = fc.array(
  fc.record({
    cycle: fc.nat(END - 1000),
    kind: fc.constantFrom("console" as const, "packet" as const),
    bytes: fc.oneof(fc.nat(40), fc.constant(6000)),
  }),
  { maxLength: 6 },
);

function content({ bytes, kind, cycle }: Input): Uint8Array {
  const data = Array.from({ length: bytes }, (_, i) => (cycle + i * 7) & 255);
  return kind === "console" ? Uint8Array.from(data) : packet(data.slice(0, 100));
}

async function talker(config: Partial<MachineConfig> = {}): Promise<Machine> {
  const { machine } = await guest(TALK, { harts: 2, seed: 3, ...HOST, ...config });
  fillQueue(
    machine,
    0,
    Array.from({ length: 4 }, () => ({ bytes: 200, writable: true })),
  );
  return machine;
}

function enter(machine: Machine, input: Input): void {
  const bytes = content(input);
  if (input.kind === "console") machine.consoleInput(bytes);
  else machine.sendPacket(bytes);
}

/** Fills the socket device's transmit queue with `many` packets of `bytes`, far from all else. */
function fillAt(machine: Machine, many: number, bytes: number): { at: number } {
  const at = 0x81000000;
  fillQueue(
    machine,
    1,
    Array.from({ length: many }, () => ({ bytes, writable: false })),
  );
  for (let n = 0; n < many; n++) {
    const place = at + n * 65536;
    const word = new Uint8Array(Uint32Array.of(place).buffer);
    machine.writePhysical(QUEUES + 4096 + n * 16, word);
    machine.writePhysical(place, packet(new Array(16).fill(n)));
  }
  return { at };
}

/** Events from here on; what a hart says on the console without a break is one, as it is cut. */
class Log {
  readonly events: MachineEvent[] = [];

  constructor(machine: Machine) {
    for (const kind of ["mark", "console", "finish", "packet", "terminal"] as const) {
      machine.on(kind, (event) => void this.events.push(event as MachineEvent));
    }
  }

  joined(): unknown[] {
    const all: { kind: string; hart: number; cycle: number; text: number[] }[] = [];
    for (const event of this.events) {
      const last = all.at(-1);
      const text = "bytes" in event ? [...event.bytes] : [JSON.stringify(event).length];
      if (event.kind === "console" && last?.kind === "console" && last.hart === event.hart) {
        last.text.push(...text);
      } else all.push({ kind: event.kind, hart: event.hart, cycle: event.cycle, text });
    }
    return all;
  }
}

/** Runs to END in steps of `steps` cycles each, in turn; what enters does so at its cycle. */
function drive(machine: Machine, steps: readonly number[]): void {
  for (let turn = 0; machine.cycle() < END; turn++) {
    const step = steps[turn % steps.length] as number;
    machine.run({ cycles: Math.min(step, END - machine.cycle()) });
  }
}

describe("however it is driven", () => {
  it("one cycle, small steps and one large one give the same events and hash", async () => {
    await fc.assert(
      fc.asyncProperty(
        inputs,
        fc.array(fc.integer({ min: 1, max: 30_000 }), { minLength: 1, maxLength: 5 }),
        async (list, steps) => {
          const run = async (cuts: readonly number[]) => {
            const machine = await talker();
            const log = new Log(machine);
            for (const input of list) machine.at(input.cycle, () => enter(machine, input));
            drive(machine, cuts);
            return { events: log.joined(), hash: machine.hash() };
          };
          const whole = await run([END]);
          expect(await run(steps)).toEqual(whole);
          expect(await run([97])).toEqual(whole);
        },
      ),
      { numRuns: 12 },
    );
  });

  it("single cycles, with an overflow of the UART's queue", async () => {
    const input = { cycle: 500, kind: "console", bytes: 6000 } as const;
    const hashes = [];
    for (const step of [1, END]) {
      const machine = await talker();
      machine.at(input.cycle, () => enter(machine, input));
      drive(machine, [step]);
      hashes.push(machine.hash());
    }
    expect(hashes[1]).toBe(hashes[0]);
  });
});

describe("events that wait for room", () => {
  /** Marks until the event ring is nearly full, then six packets of 60,000 bytes at one store. */
  const FLOOD = `
    li s4, 0x102000
    li t0, 5000
flood:
    sw zero, 0(s4)
    addi t0, t0, -1
    bnez t0, flood
    ${driver(1, 2)}`;

  it("have the cycle at which the guest sent them, however full the ring was", async () => {
    const cyclesOf = async (step: number) => {
      const { machine } = await guest(FLOOD, { ...HOST, ramBytes: 32 << 20 });
      const { at } = fillAt(machine, 6, 60_000);
      const cycles: number[] = [];
      machine.on("packet", ({ cycle }) => void cycles.push(cycle));
      while (machine.cycle() < 50_000 && machine.run({ cycles: step }).reason !== "idle");
      expect(at).toBeGreaterThan(0);
      return [...cycles, machine.hash()];
    };
    const whole = await cyclesOf(50_000);
    expect(whole).toHaveLength(7);
    expect(new Set(whole.slice(0, 6)).size).toBe(1);
    expect(await cyclesOf(777)).toEqual(whole);
  });
});

describe("after snapshot and restore", () => {
  it("the same events and hash, here and in a fresh machine from a file", async () => {
    await fc.assert(
      fc.asyncProperty(inputs, fc.integer({ min: 1, max: END - 1 }), async (list, moment) => {
        const machine = await talker();
        const early = list.filter(({ cycle }) => cycle < moment);
        for (const input of early) machine.at(input.cycle, () => enter(machine, input));
        machine.run({ cycles: moment });
        const snapshot = machine.snapshot();
        const futures = [];
        const again = await readSnapshot(await writeSnapshot(machine, snapshot), "file");
        for (const one of [machine, machine, again.machine]) {
          if (futures.length > 0 && one === machine) one.restore(snapshot);
          const log = new Log(one);
          for (const input of list.filter(({ cycle }) => cycle >= moment)) {
            one.at(input.cycle, () => enter(one, input));
          }
          drive(one, [END]);
          futures.push({ events: log.joined(), hash: one.hash() });
        }
        expect(futures[1]).toEqual(futures[0]);
        expect(futures[2]).toEqual(futures[0]);
      }),
      { numRuns: 15 },
    );
  });
});

/** A recording of machines that were driven from outside in steps, input between them. */
async function record(list: readonly Input[], step: number, machines = 1) {
  let text = "";
  const recorder = await Recorder.begin({ test: true }, (line) => {
    text += line;
  });
  for (let n = 0; n < machines; n++) {
    const machine = await talker({ seed: n });
    recorder.attach(machine);
    const waiting = [...list].sort((a, b) => a.cycle - b.cycle);
    while (machine.cycle() < END) {
      while ((waiting[0]?.cycle ?? END) <= machine.cycle()) {
        enter(machine, waiting.shift() as Input);
      }
      machine.run({ cycles: step });
    }
    recorder.end("stopped");
  }
  return { text, seal: () => recorder.seal(), sealed: () => text };
}

async function replayed(segment: Segment, slice: number) {
  return replaySegment(await talker({ seed: segment.config.seed ?? 0 }), segment, undefined, slice);
}

describe("recordings", () => {
  it("what entered between steps, at whatever cycle that was, gives the same hash", async () => {
    await fc.assert(
      fc.asyncProperty(inputs, fc.integer({ min: 50, max: 90_000 }), async (list, step) => {
        const made = await record(list, step, 2);
        made.seal();
        const recording = readRecording(Buffer.from(made.sealed()), "file");
        expect(recording).toMatchObject({ sealed: true, source: { test: true } });
        expect(recording.segments).toHaveLength(2);
        for (const segment of recording.segments) {
          for (const slice of [END * 2, 1234]) {
            expect((await replayed(segment, slice)).differs).toEqual([]);
          }
        }
      }),
      { numRuns: 8 },
    );
  });

  it("input that is not as it was is seen", async () => {
    const made = await record([{ cycle: 100, kind: "console", bytes: 5 }], 1000);
    made.seal();
    const [segment] = readRecording(Buffer.from(made.sealed()), "file").segments;
    if (!segment) throw new Error("no segment");
    const [input] = segment.inputs;
    const late = { ...segment, inputs: [{ ...input, cycle: 9000 }] } as Segment;
    expect((await replayed(late, END)).differs).toEqual([expect.stringMatching(/^final-state/)]);
  });

  it("cut off anywhere it is unfinished or refused, and never taken for whole", async () => {
    const made = await record([{ cycle: 100, kind: "console", bytes: 20 }], 40_000);
    made.seal();
    const bytes = Buffer.from(made.sealed());
    await fc.assert(
      fc.property(fc.nat(bytes.length - 1), (length) => {
        const cut = bytes.subarray(0, length);
        try {
          expect(readRecording(cut, "file").sealed).toBe(false);
        } catch (error) {
          expect((error as Error).message).toMatch(/^file: [^\n]*$/);
          expect((error as Error).name).toBe("ImageError");
        }
      }),
    );
    await fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const other = Buffer.from(bytes);
        other[at] = (other[at] as number) ^ change;
        try {
          expect(readRecording(other, "file").sealed).toBe(false);
        } catch (error) {
          expect((error as Error).name).toBe("ImageError");
        }
      }),
    );
  });
});

test("input from an event's listener enters at a multiple of the period, as recorded", async () => {
  let text = "";
  const recorder = await Recorder.begin({}, (line) => {
    text += line;
  });
  const machine = await talker();
  recorder.attach(machine);
  let answers = 0;
  machine.on("mark", () => {
    if (answers++ < 3) machine.consoleInput(Uint8Array.of(answers));
  });
  machine.consoleInput(Uint8Array.of(1, 2));
  drive(machine, [7000]);
  recorder.end("stopped");
  const [segment] = readRecording(Buffer.from(text), "file").segments;
  if (!segment) throw new Error("no segment");
  expect(segment.inputs.length).toBeGreaterThan(1);
  for (const { cycle } of segment.inputs.slice(1)) expect(cycle % 100_000).toBe(0);
  const again = await replaySegment(await talker(), segment);
  expect(again.differs).toEqual([]);
});
