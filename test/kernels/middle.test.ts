// The programs' questions to the kernels, with reliefs in the middle of them: whatever is being
// asked when a relief comes, the answer is the same.
import { describe, expect, test } from "vitest";
import { TRANSFER_MODES } from "../../emu/experiment/relief.js";
import { ABORT_REASONS } from "../../emu/report/report.js";
import { bootScript, MOUNT } from "../support/boot.js";
import { WAYS } from "../support/relief.js";

const SHORT_OF_MEMORY: readonly string[] = ["memory", "zone-normal"];

/** There and back, and there again: usertests last for about so many. */
const RELIEFS = 6;

const CASES = WAYS.flatMap(([from, to]) =>
  TRANSFER_MODES.map((transfer) => ({ from, to, transfer })),
);

describe.each(CASES)("$from and $to, transfer $transfer", ({ from, to, transfer }) => {
  test.each([2, 3])("all usertests pass while reliefs come, on %i harts", async (harts) => {
    const kexec = Array.from(
      { length: RELIEFS },
      (_, i) => `kexec /boot/${i % 2 === 0 ? to : from} transfer=${transfer}; true\n`,
    );
    const script = `${MOUNT}usertests &\n${kexec.join("")}wait\npoweroff\n`;
    const { console, log, result } = await bootScript(from, harts, script);
    expect(console.match(/usertests: \w+: FAILED.*/g) ?? []).toEqual([]);
    expect(console).toMatch(/usertests: \d+ passed, 0 failed/);
    expect(log.panics).toEqual([]);
    // while usertests exhaust memory a relief finds too little, and says so
    const outcomes = log.reliefs.map(({ outcome, abortCode }) =>
      outcome === "aborted" && SHORT_OF_MEMORY.includes(ABORT_REASONS[abortCode] ?? "")
        ? "refused"
        : outcome,
    );
    expect(outcomes).toHaveLength(RELIEFS);
    expect(outcomes.filter((outcome) => outcome !== "relieved" && outcome !== "refused")).toEqual(
      [],
    );
    expect(outcomes.filter((outcome) => outcome === "relieved").length).toBeGreaterThanOrEqual(4);
    expect(log.finalLedger).toEqual({ frames: 16384, unowned: 0, doublyOwned: 0 });
    expect(result).toMatchObject({ reason: "finished", verdict: "pass" });
  });
});
