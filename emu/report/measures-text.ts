// What is measured, as text: the five downtimes side by side, latencies, throughput, and what
// survived. What there is not is shown as "-", never as 0.
import type { Report } from "./report.js";

/** A table: its head, and rows of cells. */
export interface Cells {
  readonly head: string[];
  readonly rows: (string | number)[][];
}

type Cell = string | number;
const shown = (value: number | null | undefined): Cell => value ?? "-";

/** The five downtimes of the last change; nothing without one. */
export function downtimeTable({ downtimes }: Report): Cells | undefined {
  if (!downtimes) return undefined;
  const { processFreeze, clientSilence, noUserCode, deviceUnowned, commitToUser } = downtimes;
  const frozen = processFreeze ? `process frozen (${processFreeze.name})` : "process frozen";
  const head = [frozen, "client silence", "no user code", "device unowned", "commit to user"];
  const values = [processFreeze?.max, clientSilence, noUserCode, deviceUnowned, commitToUser];
  return {
    head: ["downtime, cycles", ...head],
    rows: [["longest", ...values.map(shown)]],
  };
}

/** The client's latencies, a row for each time; nothing without a client. */
export function latencyTable({ service }: Report): Cells | undefined {
  if (!service) return undefined;
  const { before, during, after } = service.latencyCycles;
  const rows = Object.entries({ before, during, after }).map(([name, latency]): Cell[] => {
    const { count, p50, p90, p99, p999, max } = latency;
    return [name, count, ...[p50, p90, p99, p999, max].map(shown)];
  });
  return { head: ["requests", "answered", "p50, cycles", "p90", "p99", "p99.9", "max"], rows };
}

/** What survived, and what the change cost the clients; one line each. */
export function survivalLines({ survival, throughput, service, memory }: Report): string[] {
  if (!survival) return [];
  const { memory: pages, files, pipes, sockets, timers } = survival;
  const kinds = Object.entries({ memory: pages, files, pipes, sockets, timers });
  const words = kinds.map(([name, what]) => `${name} ${what}`).join(", ");
  const of = (name: string, kept: number | null, lost: number | null, word: string) =>
    kept === null ? [] : [`${name}: ${kept} kept, ${lost ?? 0} ${word}`];
  const { programsKept, programsRestarted } = survival;
  const counts = [
    ...of("programs", programsKept, programsRestarted, "begun again"),
    ...of("connections", survival.connectionsKept, survival.connectionsLost, "lost"),
    ...of("keys", survival.keysKept, survival.keysLost, "lost"),
  ];
  const perBin = throughput?.perBin ?? null;
  const rate = throughput
    ? [
        `replies missed: ${shown(throughput.lost)}, at ${perBin?.toFixed(1) ?? "-"} in ` +
          `${throughput.binCycles / 1e6} M cycles before; requests lost: ${service?.lost ?? 0}`,
      ]
    : [];
  return [`survived: ${words}`, counts.join("; "), ...rate, ...frameLine(memory)];
}

function frameLine(memory: Report["memory"]): string[] {
  const { reservedFrames, copiedFrames, givenFrames, booksFrames } = memory;
  const all = [reservedFrames, copiedFrames, givenFrames, booksFrames];
  if (all.every((count) => count === null)) return [];
  const [reserved, copied, given, books] = all.map(shown);
  return [`frames: reserved ${reserved}, copied ${copied}, given ${given}, books ${books}`];
}
