// The relief as a picture: one lane a CPU, coloured by the kernel that runs on it, under a band of
// phases; where the critical path is known, a bar under the lane that has it. A self-contained SVG;
// its text is set in generic fonts and its size in user units.
import type { PathSegment } from "../cost/critical-path.js";
import { kernelName } from "../observe/marks.js";
import type { HartSpan, Phase, Relief } from "../observe/relief-log.js";

const WIDTH = 1200;
const LEFT = 90;
const RIGHT = 20;
const LANE = 26;
const ROW = 14;
const LETTER = 6;
const COLORS = { larboard: "#c44536", starboard: "#2a7f62", halted: "#e8e8e8" };
const PATH_COLORS = { run: "#222", "wait-timer": "#999", "wait-device": "#999" };
const PHASE_SHADES = ["#dfe7f1", "#c9d6e6"];

function escapeXml(text: string): string {
  return text
    .replace(/&/g, "&amp;")
    .replace(/</g, "&lt;")
    .replace(/>/g, "&gt;")
    .replace(/"/g, "&quot;");
}

class Canvas {
  readonly parts: string[] = [];
  constructor(
    readonly start: number,
    readonly end: number,
  ) {}

  x(cycle: number): number {
    const inside = Math.min(Math.max(cycle, this.start), this.end);
    const share = (inside - this.start) / (this.end - this.start);
    return Math.round((LEFT + share * (WIDTH - LEFT - RIGHT)) * 100) / 100;
  }

  box(from: number, to: number, y: number, height: number, fill: string, title: string): void {
    const [x, width] = [this.x(from), Math.max(this.x(to) - this.x(from), 0.5)];
    this.parts.push(
      `<rect x="${x}" y="${y}" width="${width.toFixed(2)}" height="${height}" fill="${fill}">` +
        `<title>${escapeXml(title)}</title></rect>`,
    );
  }

  text(x: number, y: number, text: string, extra = ""): void {
    this.parts.push(`<text x="${x}" y="${y}" ${extra}>${escapeXml(text)}</text>`);
  }
}

/** Gives each label the lowest row in which it does not overlap an earlier one. */
function placeLabels(canvas: Canvas, phases: readonly Phase[]): { row: number; x: number }[] {
  const ends: number[] = [];
  return phases.map((phase) => {
    const x = canvas.x(phase.start);
    const width = phase.name.length * LETTER + 8;
    const left = x + width > WIDTH ? x - width : x;
    let row = 0;
    while ((ends[row] ?? 0) > left) row++;
    ends[row] = left + width;
    return { row, x };
  });
}

function drawPhases(canvas: Canvas, phases: readonly Phase[], top: number, bottom: number): void {
  const labels = placeLabels(canvas, phases);
  phases.forEach((phase, i) => {
    const { row, x } = labels[i] as { row: number; x: number };
    const shade = PHASE_SHADES[i % 2] as string;
    const title = `${phase.name}: ${phase.cycles} cycles`;
    canvas.box(phase.start, phase.start + phase.cycles, top, bottom - top, shade, title);
    const y = top - 6 - row * ROW;
    canvas.parts.push(
      `<line x1="${x}" y1="${y - 8}" x2="${x}" y2="${bottom}" stroke="#8899aa" ` +
        'stroke-width="0.7"/>',
    );
    const beyond = x + phase.name.length * LETTER + 8 > WIDTH;
    canvas.text(beyond ? x - 3 : x + 3, y, phase.name, beyond ? 'text-anchor="end"' : "");
  });
}

function drawLanes(canvas: Canvas, spans: readonly HartSpan[], harts: number, top: number): void {
  for (let hart = 0; hart < harts; hart++) {
    const y = top + hart * LANE + 4;
    canvas.text(8, y + 13, `CPU ${hart}`);
    canvas.box(canvas.start, canvas.end, y, LANE - 8, COLORS.halted, "halted");
  }
  for (const span of spans) {
    if (span.end <= canvas.start || span.start >= canvas.end) continue;
    const name = kernelName(span.release);
    const y = top + span.hart * LANE + 4;
    const title = `CPU ${span.hart}: ${name}, node ${span.node}`;
    canvas.box(Math.max(span.start, canvas.start), span.end, y, LANE - 8, COLORS[name], title);
    const x = canvas.x(Math.max(span.start, canvas.start));
    const fits = canvas.x(span.end) - x > name.length * LETTER + 8;
    if (fits) canvas.text(x + 4, y + 13, name, 'fill="#fff"');
  }
}

function drawUtterances(canvas: Canvas, relief: Relief, top: number, bottom: number): void {
  for (const { cycle, text } of relief.dialogue) {
    if (cycle < canvas.start || cycle > canvas.end) continue;
    const x = canvas.x(cycle);
    canvas.parts.push(
      `<line x1="${x}" y1="${top}" x2="${x}" y2="${bottom}" stroke="#222" stroke-width="1">` +
        `<title>${escapeXml(text)}</title></line>`,
    );
  }
}

/** The critical path, under the lanes of the harts that have it. */
function drawPath(canvas: Canvas, path: readonly PathSegment[], top: number): void {
  for (const { hart, side, kind, from, to } of path) {
    if (to <= canvas.start || from >= canvas.end) continue;
    const what = kind === "run" ? "" : ", waiting";
    const title = `critical path: CPU ${hart}, ${side}${what}, ${to - from} cycles`;
    canvas.box(from, to, top + (hart + 1) * LANE - 4, 4, PATH_COLORS[kind], title);
  }
}

function drawLegend(y: number, hasPath: boolean): string {
  const path = hasPath ? [["critical path", PATH_COLORS.run] as const] : [];
  return [...Object.entries(COLORS), ...path]
    .map(([name, color], i) => {
      const x = LEFT + i * 110;
      const box = `<rect x="${x}" y="${y - 10}" width="12" height="12" fill="${color}"/>`;
      return `${box}<text x="${x + 18}" y="${y}">${name}</text>`;
    })
    .join("");
}

/** One picture of [start, end], its top at `y`; returns its parts and where it ends. */
function panel(input: TimelineInput, title: string, start: number, end: number, y: number) {
  const { relief, spans, harts, path } = input;
  const margin = Math.ceil((end - start) / 40);
  const canvas = new Canvas(start - margin, end + margin);
  const phases = relief.phases.filter((phase) => phase.start >= start);
  const rows = Math.max(0, ...placeLabels(canvas, phases).map(({ row }) => row)) + 1;
  const top = y + 24 + rows * ROW;
  const bottom = top + harts * LANE;
  canvas.text(8, y + 12, title, 'font-size="13"');
  drawPhases(canvas, phases, top, bottom);
  drawLanes(canvas, spans, harts, top);
  drawPath(canvas, path, top);
  drawUtterances(canvas, relief, top, bottom);
  canvas.text(canvas.x(start), bottom + 16, `cycle ${start}`);
  canvas.text(canvas.x(end), bottom + 16, `${end}`, 'text-anchor="end"');
  return { parts: canvas.parts, bottom: bottom + 30 };
}

interface TimelineInput {
  readonly relief: Relief;
  readonly spans: readonly HartSpan[];
  readonly harts: number;
  readonly path: readonly PathSegment[];
}

/** Draws one relief: the whole of it, and the hand-off, which is a small part, once more larger. */
export function timelineSvg(
  relief: Relief,
  spans: readonly HartSpan[],
  harts: number,
  path: readonly PathSegment[] = [],
): string {
  const input = { relief, spans, harts, path };
  const end = Math.max(relief.end, relief.start + 1);
  const length = end - relief.start;
  const whole = panel(input, `The relief: ${length} cycles`, relief.start, end, 8);
  const boot = relief.phases.find(({ name }) => name === "relieving boot")?.start;
  const zoom =
    boot === undefined
      ? { parts: [], bottom: whole.bottom }
      : panel(input, `The hand-off: ${end - boot} cycles`, boot, end, whole.bottom + 8);
  const height = zoom.bottom + 24;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" ` +
      `viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="11">`,
    `<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>`,
    ...whole.parts,
    ...zoom.parts,
    drawLegend(zoom.bottom + 8, path.length > 0),
    "</svg>",
    "",
  ].join("\n");
}
