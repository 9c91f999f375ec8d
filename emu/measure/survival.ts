// What survives a change of kernels, by evidence: a kind of state is kept when every program of the
// watch whose check depends on it went on through the change, and lost when one did not.
import type { Fate } from "./watch-programs.js";

/** Whose checks tell of what (kernels/user, the head of each program). */
const EVIDENCE = {
  memory: ["chain", "ballast", "tally", "pair", "mapper"],
  files: ["scribe", "mapper", "family"],
  pipes: ["pipeline"],
  sockets: ["parley"],
  timers: ["metronome", "poller"],
} as const;

export type Kept = "kept" | "lost";

/** What the client has found of its connections and of its keys. */
export interface ClientSurvival {
  readonly connectionsKept: number;
  readonly connectionsLost: number;
  readonly keysKept: number;
  readonly keysLost: number;
}

export interface Survival extends Readonly<Record<keyof typeof EVIDENCE, Kept>> {
  readonly programsKept: number;
  readonly programsRestarted: number;
  /** Null without a client. */
  readonly connectionsKept: number | null;
  readonly connectionsLost: number | null;
  readonly keysKept: number | null;
  readonly keysLost: number | null;
}

export function survivalOf(
  fates: ReadonlyMap<string, Fate>,
  client: ClientSurvival | null,
): Survival {
  const went = (names: readonly string[]): Kept =>
    names.every((name) => (fates.get(name) ?? "kept") === "kept") ? "kept" : "lost";
  const count = (fate: Fate) => [...fates.values()].filter((each) => each === fate).length;
  const broken = client !== null && client.connectionsLost + client.keysLost > 0;
  return {
    memory: went(EVIDENCE.memory),
    files: went(EVIDENCE.files),
    pipes: went(EVIDENCE.pipes),
    sockets: broken ? "lost" : went(EVIDENCE.sockets),
    timers: went(EVIDENCE.timers),
    programsKept: count("kept"),
    programsRestarted: count("restarted"),
    connectionsKept: client?.connectionsKept ?? null,
    connectionsLost: client?.connectionsLost ?? null,
    keysKept: client?.keysKept ?? null,
    keysLost: client?.keysLost ?? null,
  };
}
