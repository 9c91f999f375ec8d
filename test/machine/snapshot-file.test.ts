// Snapshot files: what they hold comes back, and whatever else is read as one is refused in a line.
import { createHash } from "node:crypto";
import fc from "fast-check";
import { beforeAll, describe, expect, it, test } from "vitest";
import { coreIdentity, type Machine, readSnapshot, writeSnapshot } from "../../emu/index.js";
import { guest, MIB } from "../support/guest.js";

const SUM_BYTES = 32;
let machine: Machine;
let file: Buffer;

beforeAll(async () => {
  const made = await guest("loop:\naddi t0, t0, 1\nsw t0, 1024(t1)\nli t1, 0x80001000\nj loop", {
    harts: 2,
    vsock: true,
    drive: { data: new Uint8Array(8192).fill(3) },
  });
  machine = made.machine;
  machine.run({ cycles: 5000 });
  machine.consoleInput(new Uint8Array(4100));
  file = Buffer.from(await writeSnapshot(machine, machine.snapshot()));
});

/** With the checksum made right again. */
function sealed(bytes: Buffer): Buffer {
  const body = bytes.subarray(0, -SUM_BYTES);
  return Buffer.concat([body, createHash("sha256").update(body).digest()]);
}

function headerOf(): Record<string, unknown> {
  return JSON.parse(file.subarray(16, 16 + file.readUInt32LE(12)).toString());
}

/** The file with one value of its header changed; `path` leads there. */
function withHeader(path: string, value: unknown): Buffer {
  const header = headerOf();
  const names = path.split(".");
  const last = names.pop() as string;
  const place = names.reduce((at, name) => at[name] as Record<string, unknown>, header);
  place[last] = value;
  const text = Buffer.from(JSON.stringify(header));
  const head = Buffer.from(file.subarray(0, 16));
  head.writeUInt32LE(text.length, 12);
  return sealed(Buffer.concat([head, text, file.subarray(16 + file.readUInt32LE(12))]));
}

async function refused(bytes: Uint8Array): Promise<string> {
  const error = await readSnapshot(bytes, "file").then(
    () => new Error("it was not refused"),
    (reason: Error) => reason,
  );
  expect(error.name).toBe("ImageError");
  expect(error.message).toMatch(/^file: [^\n]*$/);
  return error.message;
}

test("a machine comes back with its configuration, drive, waiting input and future", async () => {
  const { machine: again, cycle } = await readSnapshot(file, "file");
  expect(cycle).toBe(machine.cycle());
  expect(again.hash()).toBe(machine.hash());
  expect(again.readDrive()).toEqual(machine.readDrive());
  expect(again.snapshot().input).toEqual(machine.snapshot().input);
  expect(again.configuration).toMatchObject({ harts: 2, ramBytes: 16 * MIB, vsock: true });
  for (const one of [again, machine]) one.run({ cycles: 300_000 });
  expect(again.hash()).toBe(machine.hash());
});

test("a file is small where memory is empty, and the same state gives the same bytes", async () => {
  expect(file.length).toBeLessThan(100_000);
  const { machine: again } = await readSnapshot(file, "file");
  expect(Buffer.from(await writeSnapshot(again, again.snapshot())).equals(file)).toBe(true);
});

describe("refused in one line", () => {
  it("what is no snapshot, or of another format or build", async () => {
    expect(await refused(Buffer.from("a text\n"))).toContain("is no snapshot");
    expect(await refused(Buffer.alloc(0))).toContain("is no snapshot");
    const other = Buffer.from(file);
    other.writeUInt32LE(2, 8);
    expect(await refused(sealed(other))).toContain("has snapshot format 2, not 1");
    const build = withHeader("core", "0".repeat(64));
    expect(await refused(build)).toContain("of another build");
    expect(await coreIdentity()).toMatch(/^[\da-f]{64}$/);
  });

  it("any file that is cut off, longer, or changed in one bit", async () => {
    const bit = fc.nat(file.length * 8 - 1);
    await fc.assert(
      fc.asyncProperty(fc.nat(file.length - 1), (length) =>
        refused(file.subarray(0, length)).then(() => undefined),
      ),
      { numRuns: 100 },
    );
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 50 }), async (more) => {
        await refused(Buffer.concat([file, more]));
      }),
      { numRuns: 30 },
    );
    await fc.assert(
      fc.asyncProperty(bit, async (n) => {
        const other = Buffer.from(file);
        other[n >> 3] = (other[n >> 3] as number) ^ (1 << (n & 7));
        await refused(other);
      }),
      { numRuns: 200 },
    );
  });

  it("a header that lies, with a right checksum", async () => {
    const pages = headerOf().pages as number;
    const lies: readonly (readonly [path: string, value: unknown])[] = [
      ["pages", 4_000_000_000],
      ["pages", pages + 1],
      ["pages", pages - 1],
      ["input", 2 ** 31],
      ["input", 5],
      ["regions.2", 2 ** 31],
      ["regions", [1, 2, 3]],
      ["configuration", null],
      ["configuration.harts", 4],
      ["configuration.harts", "2"],
      ["configuration.ramBytes", 2 ** 40],
      ["configuration.drive", { bytes: 2 ** 40, readOnly: false }],
      ["configuration.drive", { bytes: 8192 }],
      ["configuration.firmware", {}],
      ["cycle", -1],
      ["inputDue", "soon"],
    ];
    for (const [path, value] of lies) await refused(withHeader(path, value));
  });

  it("chunks that are not what they say, with a right checksum", async () => {
    const start = 16 + file.readUInt32LE(12);
    const at = fc.integer({ min: start, max: file.length - SUM_BYTES - 4 });
    for (const [offset, value] of [
      [0, 2 ** 31],
      [0, 10],
      [4, 2 ** 31],
      [4, 3],
    ] as const) {
      const other = Buffer.from(file);
      other.writeUInt32LE(value, start + offset);
      await refused(sealed(other));
    }
    await fc.assert(
      fc.asyncProperty(at, fc.nat(2 ** 32 - 1), async (place, value) => {
        const other = Buffer.from(file);
        other.writeUInt32LE(value, place);
        const whole = await readSnapshot(sealed(other), "file").catch((error: Error) => error);
        if (whole instanceof Error) expect(whole.name).toBe("ImageError"); // or other memory
      }),
      { numRuns: 100 },
    );
  });
});
