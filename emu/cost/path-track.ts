// The critical path of a relief as a track for the Perfetto UI: a slice a segment, with its hart
// and whose it is, and an instant at each doorbell that hands the path over to the other kernel.
// Slices follow one another without gaps, for the path is whole.
import { Track } from "../trace/packets.js";
import type { CriticalPath, PathSegment } from "./critical-path.js";

const WAITS = { run: "", "wait-timer": ", waits for its timer", "wait-device": ", waits" } as const;

const nameOf = ({ hart, side, kind }: PathSegment) => `${side}, hart ${hart}${WAITS[kind]}`;

/** Writes the track, whose number is `uuid`. */
export function pathTrack(
  { segments, handOvers }: CriticalPath,
  write: (packet: Uint8Array) => void,
  uuid: number,
): void {
  const track = new Track(write, uuid, "critical path");
  const rings = [...handOvers];
  for (const segment of segments) {
    for (let ring = rings[0]; ring && ring.cycle <= segment.from; ring = rings[0]) {
      const text = `doorbell from hart ${ring.from.hart} to hart ${ring.to.hart}`;
      track.instant(ring.cycle, text, { category: "message" });
      rings.shift();
    }
    const notes = { phase: segment.phase, cycles: segment.to - segment.from };
    track.begin(segment.from, nameOf(segment), { category: segment.kind, notes });
    track.end(segment.to);
  }
}
