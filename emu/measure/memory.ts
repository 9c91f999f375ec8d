// Frames of memory that a change of kernels took, as the kernels count them: set aside for the new
// kernel, copied, given back afterwards, and filled with the books.
import type { MarkEvent } from "../events.js";
import type { MarkTable } from "../observe/marks.js";
import type { Change } from "./change.js";

export interface ChangeMemory {
  readonly reservedFrames: number | null;
  readonly copiedFrames: number | null;
  readonly givenFrames: number | null;
  readonly booksFrames: number | null;
}

/** The sum of the values of a kind of mark in the change; null where the kernels made none. */
function framesOf(
  marks: readonly MarkEvent[],
  table: MarkTable,
  { start, end }: Change,
  name: string,
): number | null {
  return marks
    .filter(({ cycle, code }) => cycle >= start && cycle <= end && table.nameOf(code) === name)
    .reduce<number | null>((sum, { value }) => (sum ?? 0) + value, null);
}

export function memoryOf(
  marks: readonly MarkEvent[],
  table: MarkTable,
  change: Change | null,
): ChangeMemory {
  const of = (name: string) => (change ? framesOf(marks, table, change, name) : null);
  return {
    reservedFrames: of("FRAMES_RESERVED"),
    copiedFrames: of("FRAMES_COPIED"),
    givenFrames: of("FRAMES_GIVEN"),
    booksFrames: of("FRAMES_BOOKS"),
  };
}
