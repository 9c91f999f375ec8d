// The rivals side by side: what survives each method, and five downtimes.
import { byMethod } from "../chart.mjs";
import { groups } from "../statistics.mjs";
import { medianText } from "../table.mjs";

export const title = "What survives, and five downtimes";
export const experiments = ["methods"];

const THINGS = ["memory", "files", "pipes", "sockets", "timers"];
const DOWNTIMES = [
  ["processFreeze.max", "process frozen"],
  ["clientSilence", "client silence"],
  ["noUserCode", "no user code"],
  ["deviceUnowned", "device unowned"],
  ["commitToUser", "commit to user"],
];
const CAPTION =
  "What survives each method, by evidence of the programs; and downtimes in million simulated " +
  "cycles: the longest freeze of a process; the longest time without a reply to any client, " +
  "without an instruction in user mode, and with a device that no kernel serves; and from the " +
  "commit to the first user instruction. Replies missed: not given because of the change. " +
  "Medians over seeds with 95 % bootstrap intervals.";

function survival(rows, thing) {
  const said = groups(rows, (row) => row.text(`report.survival.${thing}`));
  if (said.size === 1) return [...said.keys()][0];
  return [...said].map(([word, same]) => `${word} ${same.length} of ${rows.length}`).join(", ");
}

function downtime(rows, name) {
  const path = `report.downtimes.${name}`;
  const found = rows.filter((row) => row.optional(path) !== null);
  if (found.length === 0) return "-";
  return medianText(
    found.map((row) => row.number(path)),
    2,
    1e-6,
  );
}

/** The table, from rows of the experiment `methods`. */
export function table({ methods }) {
  const columns = [
    { header: "method", align: "l" },
    ...THINGS.map((header) => ({ header, align: "l" })),
    ...DOWNTIMES.map(([, header]) => ({ header: `${header} (Mcycles)` })),
    { header: "replies missed" },
    { header: "seeds" },
  ];
  const rows = byMethod(methods).map(({ label, rows: runs }) => [
    label,
    ...THINGS.map((thing) => survival(runs, thing)),
    ...DOWNTIMES.map(([name]) => downtime(runs, name)),
    medianText(runs.map((row) => row.number("report.throughput.lost"))),
    String(runs.length),
  ]);
  return { caption: CAPTION, columns, rows };
}
