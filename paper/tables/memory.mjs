// What each method needs of memory: frames reserved for the new kernel, copied, given to it, and
// filled with the books.
import { byMethod } from "../chart.mjs";
import { medianText } from "../table.mjs";

export const title = "Memory reserved and copied";
export const experiments = ["methods"];

const COUNTS = [
  ["reservedFrames", "reserved"],
  ["copiedFrames", "copied"],
  ["givenFrames", "given"],
  ["booksFrames", "books"],
];
const CAPTION =
  "Frames of 4 KiB, counted by the kernels: set aside for the on-coming kernel, copied by it, " +
  "given to it to copy into and for page tables, and filled with the books. Medians over seeds " +
  "with 95 % bootstrap intervals.";

function count(rows, name) {
  const path = `report.memory.${name}`;
  const found = rows.filter((row) => row.optional(path) !== null);
  return found.length === 0 ? "-" : medianText(found.map((row) => row.number(path)));
}

/** The table, from rows of the experiment `methods`. */
export function table({ methods }) {
  const columns = [
    { header: "method", align: "l" },
    ...COUNTS.map(([, header]) => ({ header: `${header} (frames)` })),
    { header: "seeds" },
  ];
  const rows = byMethod(methods).map(({ label, rows: runs }) => [
    label,
    ...COUNTS.map(([name]) => count(runs, name)),
    String(runs.length),
  ]);
  return { caption: CAPTION, columns, rows };
}
