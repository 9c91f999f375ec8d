// The tracks of reliefs: their phases, and the blackouts of processes, as ReliefLog counts them.
import type { MarkEvent } from "../events.js";
import type { Track } from "./packets.js";
import type { Scene } from "./scene.js";

type MakeTrack = (name: string, parent?: number) => { track: Track; uuid: number };

interface Process {
  name: string;
  track: Track | undefined;
  /** From and to, not written yet: its name may still come. */
  readonly spans: [number, number][];
  frozen: number | undefined;
}

export class ReliefTracks {
  private readonly phases: Track;
  private readonly parent: number;
  private readonly processes = new Map<number, Process>();
  private reliefs = 0;
  private isOpen = false;

  constructor(
    private readonly make: MakeTrack,
    private readonly scene: Scene,
  ) {
    this.phases = make("relief").track;
    this.parent = make("processes: blackouts").uuid;
  }

  /** Behind Scene.add. */
  add(mark: MarkEvent): void {
    const name = this.scene.table.nameOf(mark.code);
    if (name === "PHASE") this.phase(mark);
    else if (name === "PROCESS_NAME") this.process(mark.argument).name = mark.text ?? "";
    else if (name === "PROCESS_FROZEN") this.process(mark.argument).frozen ??= mark.cycle;
    else if (name === "PROCESS_THAWED") this.thawed(this.process(mark.argument), mark.cycle);
  }

  finish(cycle: number): void {
    this.phases.close(cycle);
    this.writeProcesses();
  }

  private process(pid: number): Process {
    const known = this.processes.get(pid);
    if (known) return known;
    const process = { name: "", track: undefined, spans: [], frozen: undefined };
    this.processes.set(pid, process);
    return process;
  }

  private phase({ cycle, hart, argument }: MarkEvent): void {
    const phase = this.scene.table.phaseOf(argument);
    if (phase === undefined) return;
    if (this.scene.begins) {
      this.phases.close(cycle);
      for (const process of this.processes.values()) process.frozen = undefined;
      const name = `relief ${++this.reliefs} of ${this.scene.kernelOf(hart)}`;
      this.phases.begin(cycle, name, { category: "relief" });
      this.isOpen = true;
    } else if (!this.isOpen) return;
    else this.phases.end(cycle);
    if (phase !== "end" && phase !== "aborted") {
      this.phases.begin(cycle, phase, { category: "phase" });
      return;
    }
    if (phase === "aborted") this.phases.instant(cycle, "aborted", { category: "relief" });
    this.phases.close(cycle);
    this.isOpen = false;
    this.writeProcesses();
  }

  private thawed(process: Process, cycle: number): void {
    if (process.frozen === undefined) return;
    process.spans.push([process.frozen, cycle]);
    process.frozen = undefined;
  }

  private writeProcesses(): void {
    for (const [pid, process] of [...this.processes].sort(([a], [b]) => a - b)) {
      for (const [from, to] of process.spans.splice(0)) {
        process.track ??= this.make(`${pid} ${process.name}`.trim(), this.parent).track;
        process.track.begin(from, "frozen", { category: "blackout" });
        process.track.end(to);
      }
    }
  }
}
