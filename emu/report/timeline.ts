// The relief as a picture: one lane a CPU, coloured by the kernel that runs on it, under a band of
// phases. A self-contained SVG; its text is set in generic fonts and its size in user units.
import type { HartSpan, Relief } from "../observe/relief-log.js";

const WIDTH = 1200;
const LEFT = 90;
const RIGHT = 20;
const LANE = 26;
const COLORS = { larboard: "#c44536", starboard: "#2a7f62", halted: "#e8e8e8" };
const PHASE_SHADES = ["#dfe7f1", "#c9d6e6"];

function escapeXml(text: string): string {
  return text
    .replace(/&/g, "&amp;")
    .replace(/</g, "&lt;")
    .replace(/>/g, "&gt;")
    .replace(/"/g, "&quot;");
}

function kernelName(release: number): "larboard" | "starboard" {
  return release === 281 ? "larboard" : "starboard";
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

function drawPhases(canvas: Canvas, relief: Relief, top: number, bottom: number): void {
  let row = 0;
  relief.phases.forEach((phase, i) => {
    const end = phase.start + phase.cycles;
    const shade = PHASE_SHADES[i % 2] as string;
    canvas.box(phase.start, end, top, bottom - top, shade, `${phase.name}: ${phase.cycles} cycles`);
    const x = canvas.x(phase.start);
    const y = top - 8 - row * 14;
    canvas.parts.push(
      `<line x1="${x}" y1="${y + 2}" x2="${x}" y2="${bottom}" stroke="#8899aa" stroke-width="0.7"/>`,
    );
    canvas.text(x + 3, y, phase.name);
    const next = relief.phases[i + 1];
    // labels that would overlap go up a row
    row = next && canvas.x(next.start) - x < phase.name.length * 6.2 ? row + 1 : 0;
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
  }
}

function drawLegend(canvas: Canvas, y: number): void {
  Object.entries(COLORS).forEach(([name, color], i) => {
    const x = LEFT + i * 110;
    canvas.parts.push(`<rect x="${x}" y="${y - 10}" width="12" height="12" fill="${color}"/>`);
    canvas.text(x + 18, y, name);
  });
}

/** Draws one relief. `harts` lanes; cycles run from left to right. */
export function timelineSvg(relief: Relief, spans: readonly HartSpan[], harts: number): string {
  const length = Math.max(relief.end - relief.start, 1);
  const margin = Math.ceil(length / 30);
  const canvas = new Canvas(relief.start - margin, relief.end + margin);
  const top = 40 + relief.phases.length * 14;
  const bottom = top + harts * LANE;
  drawPhases(canvas, relief, top, bottom);
  drawLanes(canvas, spans, harts, top);
  const says = relief.dialogue.map(({ cycle, text }) => ({ x: canvas.x(cycle), text }));
  for (const { x, text } of says) {
    canvas.parts.push(
      `<line x1="${x}" y1="${top}" x2="${x}" y2="${bottom}" stroke="#222" stroke-width="1">` +
        `<title>${escapeXml(text)}</title></line>`,
    );
  }
  const axis = bottom + 18;
  canvas.text(canvas.x(relief.start), axis, `cycle ${relief.start}`);
  canvas.text(canvas.x(relief.end), axis, `${relief.end}`, 'text-anchor="end"');
  drawLegend(canvas, bottom + 42);
  const height = bottom + 56;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="11">`,
    `<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>`,
    `<text x="8" y="18" font-size="14">Relief of the watch: ${length} cycles</text>`,
    ...canvas.parts,
    "</svg>",
    "",
  ].join("\n");
}
