// What became of the watch's programs: who began when, by their own lines, and who went on through
// a change. A name that begins again after the change was not preserved.
import type { MarkEvent } from "../events.js";
import type { MarkTable } from "../observe/marks.js";

export interface Beginning {
  readonly pid: number;
  readonly cycle: number;
}

/** By name, in order. */
export type Beginnings = ReadonlyMap<string, readonly Beginning[]>;

/** The lines `watch NAME begins` of a run. */
export function beginningsOf(marks: readonly MarkEvent[], table: MarkTable): Beginnings {
  const all = new Map<string, Beginning[]>();
  for (const { code, argument: pid, cycle, text } of marks) {
    if (table.nameOf(code) !== "USER") continue;
    const name = /^watch (\w+) begins/.exec(text ?? "")?.[1];
    if (name !== undefined) all.set(name, [...(all.get(name) ?? []), { pid, cycle }]);
  }
  return all;
}

export type Fate = "kept" | "restarted" | "lost";

/** Through a change that began at `start`; `kept`: who reported at the end. */
export function fatesOf(
  watch: readonly string[],
  kept: readonly string[],
  beginnings: Beginnings,
  start: number,
): ReadonlyMap<string, Fate> {
  const fate = (name: string): Fate => {
    if (beginnings.get(name)?.some(({ cycle }) => cycle >= start)) return "restarted";
    return kept.includes(name) ? "kept" : "lost";
  };
  return new Map(watch.map((name) => [name, fate(name)]));
}
