// Plain line charts as SVG: logarithmic axes, a legend, measured values as marks and analytic ones
// as lines. Self-contained, with generic fonts, and the same bytes for the same numbers.

const [WIDTH, HEIGHT] = [720, 434];
const [LEFT, RIGHT, TOP, BOTTOM] = [70, 20, 40, 104];
const COLORS = ["#2b5c8a", "#c44536", "#2a7f62", "#8a5a2b", "#6a4c93", "#555555", "#b8860b"];
const MARK = 3;

const escapeXml = (text) => String(text).replace(/[&<>"]/g, (one) => `&#${one.charCodeAt(0)};`);
const round = (value) => Math.round(value * 100) / 100;

/** A logarithmic scale from values to places. */
function scaleOf(values, from, to) {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const span = Math.log(most / least) || 1;
  return (value) => round(from + (Math.log(value / least) / span) * (to - from));
}

const text = (x, y, what, extra = "") =>
  `<text x="${x}" y="${y}" ${extra}>${escapeXml(what)}</text>`;
const line = (x1, y1, x2, y2, color) =>
  `<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" stroke="${color}" stroke-width="0.7"/>`;

/** 1, 2, 5, 10, 20 ... that lie in a range, and its ends. */
function roundNumbers(least, most) {
  const all = [];
  for (let decade = 10 ** Math.floor(Math.log10(least)); decade <= most; decade *= 10)
    all.push(...[1, 2, 5].map((one) => one * decade));
  return all.filter((one) => one >= least && one <= most);
}

function axes({ x, y, xs, ys, xName, yName, xLabel }) {
  const [right, bottom] = [WIDTH - RIGHT, HEIGHT - BOTTOM];
  const horizontal = roundNumbers(Math.min(...ys), Math.max(...ys)).flatMap((value) => [
    line(LEFT, y(value), right, y(value), "#dddddd"),
    text(LEFT - 6, y(value) + 4, value, 'text-anchor="end"'),
  ]);
  const vertical = [...new Set(xs)].flatMap((value) => [
    line(x(value), TOP, x(value), bottom, "#eeeeee"),
    text(x(value), bottom + 16, xLabel(value), 'text-anchor="middle"'),
  ]);
  return [
    ...vertical,
    ...horizontal,
    text((LEFT + right) / 2, bottom + 34, xName, 'text-anchor="middle"'),
    text(
      14,
      (TOP + bottom) / 2,
      yName,
      `text-anchor="middle" transform="rotate(-90 14 ${(TOP + bottom) / 2})"`,
    ),
  ];
}

function series({ name, points, analytic = [] }, index, x, y) {
  const color = COLORS[index % COLORS.length];
  const path = (list) => list.map(([px, py]) => `${x(px)},${y(py)}`).join(" ");
  const marks = points.map(([px, py]) => {
    const title = `<title>${escapeXml(`${name}: ${px}: ${py}`)}</title>`;
    return `<circle cx="${x(px)}" cy="${y(py)}" r="${MARK}" fill="${color}">${title}</circle>`;
  });
  const drawn = analytic.length > 0 ? analytic : points;
  const dashes = analytic.length > 0 ? "" : ' stroke-dasharray="2 3"';
  const [across, down] = [LEFT + (index % 3) * 210, HEIGHT - 48 + Math.floor(index / 3) * 16];
  return [
    `<polyline points="${path(drawn)}" fill="none" stroke="${color}"${dashes}/>`,
    ...marks,
    `<circle cx="${across}" cy="${down - 4}" r="${MARK}" fill="${color}"/>`,
    text(across + 8, down, name),
  ];
}

/**
 * @param {object} chart
 * @param {{ name: string, points: number[][], analytic?: number[][] }[]} chart.lines values above 0
 */
export function chartSvg({ title, lines, xName, yName, xLabel = String }) {
  const all = lines.flatMap(({ points, analytic = [] }) => [...points, ...analytic]);
  const [xs, ys] = [all.map(([px]) => px), all.map(([, py]) => py)];
  const x = scaleOf(xs, LEFT + 10, WIDTH - RIGHT - 10);
  const y = scaleOf(ys, HEIGHT - BOTTOM - 10, TOP + 10);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" ` +
      `viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="11">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#ffffff"/>`,
    text(LEFT, 22, title, 'font-size="13"'),
    ...axes({ x, y, xs, ys, xName, yName, xLabel }),
    ...lines.flatMap((one, index) => series(one, index, x, y)),
    "</svg>",
    "",
  ].join("\n");
}
