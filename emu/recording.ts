// Recordings: everything that entered a machine from outside, each with its cycle, so that the
// session can be had again. A recording is lines of JSON, written as it goes:
//
//   {"recording": 1, "core": SHA-256, "source": what the caller needs to make the machines again}
//   {"configuration": {...}, "images": {name: SHA-256}}      a machine at reset: a segment begins
//   {"cycle": n, "console" | "terminal" | "packet" | "timing": base64}  it entered at that cycle
//   {"end": cycle, "outcome": ..., "hash": ...}              the segment's end, and its state there
//   {"sealed": SHA-256 of all lines before}                  the recording is complete
//
// A machine that the guest resets is another segment. Without the last line it is unfinished.
import { createHash } from "node:crypto";
import type { MachineConfig } from "./config.js";
import { type Build, coreIdentity } from "./core.js";
import { ImageError } from "./errors.js";
import {
  configFrom,
  IMAGE_NAMES,
  type ImageHashes,
  imageHashes,
  isRecord,
  plainConfig,
} from "./identity.js";
import type { Machine, MachineInput, RunResult } from "./machine.js";

export const RECORDING_FORMAT = 1;
const KINDS = ["console", "terminal", "packet", "timing"] as const;

/** How a segment ended: a reason of run() with the guest's verdict, or "stopped" by the user. */
export function outcomeText(result: RunResult | "stopped"): string {
  if (result === "stopped") return "stopped";
  const { reason, verdict, exitCode } = result;
  return reason === "finished" ? `${verdict} ${exitCode}` : reason;
}

/** Writes a recording line by line through `write`. */
export class Recorder {
  private readonly sum = createHash("sha256");
  private machine: Machine | undefined;

  private constructor(
    private readonly write: (line: string) => void,
    private head: unknown,
  ) {}

  /**
   * `source` is kept for whoever replays (any JSON), with the identity of the `build` that the
   * machines run on. Nothing is written before attach().
   */
  static async begin(
    source: unknown,
    write: (line: string) => void,
    build?: Build,
  ): Promise<Recorder> {
    const head = { recording: RECORDING_FORMAT, core: await coreIdentity(build), source };
    return new Recorder(write, head);
  }

  private put(value: unknown): void {
    const line = `${JSON.stringify(value)}\n`;
    this.sum.update(line);
    this.write(line);
  }

  /** A machine at reset, before anything has entered it. */
  attach(machine: Machine): void {
    const config = machine.configuration;
    this.machine = machine;
    if (this.head) this.put(this.head);
    this.head = undefined;
    this.put({ configuration: plainConfig(config), images: imageHashes(config) });
    machine.observeInput(({ cycle, kind, bytes }) => {
      this.put({ cycle, [kind]: Buffer.from(bytes).toString("base64") });
    });
  }

  /** The machine has come to its end, between two calls of run(). */
  end(result: RunResult | "stopped"): void {
    const { machine } = this;
    if (!machine) return;
    machine.observeInput(undefined);
    this.put({ end: machine.cycle(), outcome: outcomeText(result), hash: machine.hash() });
    this.machine = undefined;
  }

  /** Nothing more comes. */
  seal(): void {
    this.write(`${JSON.stringify({ sealed: this.sum.digest("hex") })}\n`);
  }
}

/** One machine of a recording, from its reset on. */
export interface Segment {
  /** Without images; an empty drive stands for the one that was there. */
  readonly config: MachineConfig;
  readonly images: ImageHashes;
  readonly inputs: readonly MachineInput[];
  /** Missing where the recording broke off. */
  readonly end?: { readonly cycle: number; readonly outcome: string; readonly hash: string };
}

export interface Recording {
  /** SHA-256 of the core that it was made with. */
  readonly core: string;
  readonly source: unknown;
  readonly segments: readonly Segment[];
  readonly sealed: boolean;
}

/** Whether a file's first bytes are those of a recording. */
export function isRecording(bytes: Uint8Array): boolean {
  return Buffer.from(bytes.subarray(0, 13)).toString("latin1") === '{"recording":';
}

/** Reads a recording, unfinished ones too. Throws ImageError, in one line that names `file`. */
export function readRecording(bytes: Uint8Array, file: string): Recording {
  const refuse = (what: string) => new ImageError(`${file}: ${what}`);
  if (!isRecording(bytes)) throw refuse("is no recording; give a file that --record wrote");
  const text = Buffer.from(bytes).toString();
  const lines = text.split("\n").slice(0, -1); // a last line without its end was not written whole
  const values = lines.map((line, n) => {
    try {
      return JSON.parse(line) as unknown;
    } catch {
      throw refuse(`line ${n + 1} is no JSON; use the original`);
    }
  });
  const damaged = (n: number) =>
    refuse(`line ${n + 1} is not what a recording has there; use the original`);
  const head = values[0];
  if (!isRecord(head) || typeof head.core !== "string") throw damaged(0);
  if (head.recording !== RECORDING_FORMAT) {
    throw refuse(`has recording format ${head.recording}, not ${RECORDING_FORMAT}; make it again`);
  }
  const last = values.at(-1);
  const sealed = isRecord(last) && typeof last.sealed === "string";
  if (sealed) {
    const before = lines.slice(0, -1).map((line) => `${line}\n`);
    const sum = createHash("sha256").update(before.join("")).digest("hex");
    if (last.sealed !== sum || !text.endsWith("\n")) {
      throw refuse("the recording is damaged: its checksum is wrong; use the original");
    }
  }
  const body = values.slice(1, sealed ? -1 : undefined);
  const segments = segmentsOf(body, file, damaged);
  if (sealed && segments.some(({ end }) => !end)) throw damaged(values.length - 1);
  return { core: head.core, source: head.source, segments, sealed };
}

type Building = { -readonly [K in keyof Segment]: Segment[K] } & { inputs: MachineInput[] };

function segmentsOf(
  values: readonly unknown[],
  file: string,
  damaged: (line: number) => ImageError,
): Segment[] {
  const segments: Building[] = [];
  values.forEach((value, n) => {
    const line = n + 1;
    const open = segments.at(-1);
    if (!isRecord(value)) throw damaged(line);
    if (value.configuration !== undefined) {
      if (open && !open.end) throw damaged(line);
      const images = imagesFrom(value.images);
      if (!images) throw damaged(line);
      const first = segments[0]?.config; // a reset makes a machine of the same size
      segments.push({ config: configFrom(value.configuration, file, first), images, inputs: [] });
    } else if (!open || open.end) throw damaged(line);
    else if (value.end !== undefined) {
      const { end: cycle, outcome, hash } = value;
      const fits = isCycle(cycle) && typeof outcome === "string" && typeof hash === "string";
      if (!fits || (open.inputs.at(-1)?.cycle ?? 0) > cycle) throw damaged(line);
      open.end = { cycle, outcome, hash };
    } else {
      const input = inputFrom(value);
      if (!input || (open.inputs.at(-1)?.cycle ?? 0) > input.cycle) throw damaged(line);
      open.inputs.push(input);
    }
  });
  return segments;
}

function isCycle(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function imagesFrom(value: unknown): ImageHashes | undefined {
  if (!isRecord(value)) return undefined;
  const known = (name: string) => (IMAGE_NAMES as readonly string[]).includes(name);
  const fits = Object.entries(value).every(([name, hash]) => known(name) && isHash(hash));
  return fits ? (value as ImageHashes) : undefined;
}

function isHash(value: unknown): boolean {
  return typeof value === "string" && /^[\da-f]{64}$/.test(value);
}

function inputFrom(value: Readonly<Record<string, unknown>>): MachineInput | undefined {
  const { cycle } = value;
  const kind = KINDS.find((name) => typeof value[name] === "string");
  if (!isCycle(cycle) || !kind) return undefined;
  return { cycle, kind, bytes: Buffer.from(value[kind] as string, "base64") };
}

/** Lets the inputs enter `machine`, at reset, when it comes to their cycles. */
export function replayInto(machine: Machine, inputs: readonly MachineInput[]): void {
  for (const { cycle, kind, bytes } of inputs) {
    machine.at(cycle, () => {
      if (kind === "console") machine.consoleInput(bytes);
      else if (kind === "terminal") machine.terminalInput(bytes);
      else if (kind === "packet") machine.sendPacket(bytes);
      else if (bytes[0] === 1) machine.timing?.on();
      else machine.timing?.off();
    });
  }
}

/** What a replay came to: "differs" lists what, and is empty when all is as recorded. */
export interface Replayed {
  readonly hash: string;
  readonly cycle: number;
  readonly differs: readonly string[];
}

/** Runs a machine at reset through a segment, in slices; `run` does one in place of the machine. */
export async function replaySegment(
  machine: Machine,
  { inputs, end }: Segment,
  slice: () => Promise<void> = async () => undefined,
  sliceCycles = 5_000_000,
  run = async (cycles: number): Promise<RunResult> => machine.run({ cycles }),
): Promise<Replayed> {
  replayInto(machine, inputs);
  const last = end?.cycle ?? inputs.at(-1)?.cycle ?? 0;
  machine.at(last, () => undefined); // a machine that is idle is brought there
  let result: RunResult = { reason: "budget" };
  while (machine.cycle() < last && result.reason === "budget") {
    result = await run(Math.min(sliceCycles, last - machine.cycle()));
    await slice();
  }
  if (result.reason === "budget") result = machine.run({ cycles: 0 }); // what is due at the end
  const [hash, cycle] = [machine.hash(), machine.cycle()];
  const differs: string[] = [];
  if (end && hash !== end.hash) differs.push(`final-state hash ${hash}, recorded ${end.hash}`);
  if (end && cycle !== end.cycle) differs.push(`ended at cycle ${cycle}, recorded ${end.cycle}`);
  const outcome = outcomeText(result);
  if (end && /^(pass|fail|reset)/.test(`${outcome}\n${end.outcome}`) && outcome !== end.outcome) {
    differs.push(`outcome ${outcome}, recorded ${end.outcome}`);
  }
  return { hash, cycle, differs };
}

/** The first image that is not the recorded one, by name; undefined when all are. */
export function otherImage(recorded: ImageHashes, config: MachineConfig): string | undefined {
  const present = imageHashes(config);
  return IMAGE_NAMES.find((name) => recorded[name] !== present[name]);
}
