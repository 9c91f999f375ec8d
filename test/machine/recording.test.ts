// Recordings with a right checksum and wrong content: they are refused in a line, or replayed to a
// difference; and reading one makes no more than it holds.
import { createHash } from "node:crypto";
import fc from "fast-check";
import { beforeAll, expect, it } from "vitest";
import {
  createMachine,
  ImageError,
  Recorder,
  type Recording,
  readRecording,
  replaySegment,
} from "../../emu/index.js";
import { guest } from "../support/guest.js";

let lines: string[];
let firmware: Uint8Array;

beforeAll(async () => {
  const { machine } = await guest("loop:\naddi t0, t0, 1\nj loop", {
    vsock: true,
    terminal: true,
    drive: { data: new Uint8Array(4096) },
  });
  firmware = machine.configuration.firmware as Uint8Array;
  lines = [];
  const recorder = await Recorder.begin({ command: "boot" }, (line) => void lines.push(line));
  recorder.attach(machine);
  machine.run({ cycles: 1000 });
  machine.consoleInput(Uint8Array.of(1, 2));
  machine.terminalInput(Uint8Array.of(3));
  machine.sendPacket(new Uint8Array(50));
  machine.run({ cycles: 5000 });
  recorder.end("stopped");
});

function sealed(text: readonly string[]): Uint8Array {
  const sum = createHash("sha256").update(text.join("")).digest("hex");
  return Buffer.from([...text, `${JSON.stringify({ sealed: sum })}\n`].join(""));
}

/** What was read, or undefined where it was refused in one line. */
function read(text: readonly string[]): Recording | undefined {
  try {
    return readRecording(sealed(text), "file");
  } catch (error) {
    expect(error).toBeInstanceOf(ImageError);
    expect((error as Error).message).toMatch(/^file: [ -~]*$/);
    return undefined;
  }
}

/** The line with a field changed; `path` leads there. */
function withField(line: number, path: string, value: unknown): string[] {
  const record = JSON.parse(lines[line] as string);
  const names = path.split(".");
  const last = names.pop() as string;
  names.reduce((at, name) => at[name], record)[last] = value;
  return lines.map((text, n) => (n === line ? `${JSON.stringify(record)}\n` : text));
}

async function replayed(recording: Recording): Promise<readonly string[]> {
  const [segment] = recording.segments;
  if (!segment) return [];
  const machine = await createMachine({ ...segment.config, firmware });
  return (await replaySegment(machine, segment)).differs;
}

it("what was recorded replays", async () => {
  const recording = read(lines) as Recording;
  expect(recording.segments[0]?.inputs.map(({ kind }) => kind)).toEqual([
    ...["console", "terminal", "packet"],
  ]);
  expect(await replayed(recording)).toEqual([]);
});

it("fields of any value are refused in a line, or replay", async () => {
  const path = fc.oneof(
    fc.constantFrom("configuration", "images", "cycle", "end", "outcome", "hash", "console"),
    fc
      .constantFrom("harts", "ramBytes", "quantumCycles", "decodedPages", "seed", "drive", "vsock")
      .map((name) => `configuration.${name}`),
    fc.constantFrom("terminal", "packet", "core", "recording"),
  );
  const value = fc.oneof(
    fc.constantFrom(0, 1, -1, 1.5, 2 ** 31, 2 ** 53, 1e300, 4096, 100_000, null, true, "", "!"),
    fc.constantFrom({ bytes: 2 ** 40, readOnly: false }, { bytes: 512, readOnly: true }, [], {}),
    fc.string(),
    fc.nat(20_000),
  );
  await fc.assert(
    fc.asyncProperty(fc.nat(5), path, value, async (line, name, other) => {
      const record = JSON.parse(lines[line] as string);
      if (name.includes(".") && record.configuration === undefined) return;
      const recording = read(withField(line, name, other));
      const [segment] = recording?.segments ?? [];
      const end = segment?.end?.cycle ?? 0;
      if (recording && end < 1_000_000 && (segment?.config.ramBytes ?? 0) < 2 ** 28) {
        await replayed(recording);
      }
    }),
    { numRuns: 300 },
  );
});

it("cycles out of order are refused, packets without room make a difference", async () => {
  expect(read(withField(2, "cycle", 5000))).toBeUndefined();
  expect(read(withField(3, "cycle", 7000))).toBeUndefined();
  const packet = Buffer.alloc(5 << 20).toString("base64"); // the box has 4 MiB
  const recording = read(withField(4, "packet", packet)) as Recording;
  expect(await replayed(recording)).toEqual([expect.stringContaining("final-state hash")]);
});

it("many machines with large drives make one drive", () => {
  const drive = { bytes: 2 ** 30, readOnly: false };
  const machine = withField(1, "configuration.drive", drive).slice(1);
  const many = [lines[0] as string, ...Array.from({ length: 100 }, () => machine).flat()];
  const { segments } = read(many) as Recording;
  expect(segments.length).toBe(100);
  expect(new Set(segments.map(({ config }) => config.drive?.data)).size).toBe(1);
  const other = withField(1, "configuration.drive", { ...drive, bytes: 2 ** 29 }).slice(1);
  expect(read([...many, ...other])).toBeUndefined(); // the machine that is reset is the same
});
