// Exit codes of the command line, one for each way a run can end, and the errors that carry them.

export const EXIT = {
  /** Done: relieved, or printed what was asked for. */
  ok: 0,
  /** The run failed: something was lost or broken, or a kernel stopped. */
  failed: 1,
  /** The command line or a file it names is not usable. */
  usage: 2,
  /** The relief was aborted, and the off-going kernel kept the watch. */
  aborted: 3,
  /** The guest stalled: it said nothing for --stall-cycles, or nothing can wake it. */
  stalled: 4,
  /** Interrupted by Ctrl-C. */
  interrupted: 130,
} as const;

export const EXIT_HELP = `
Exit codes:
  0    relieved, or done
  1    failed: something was lost or broken, or a kernel stopped
  2    the command line, or a file it names, cannot be used
  3    the relief was aborted; the off-going kernel kept the watch
  4    stalled: the guest said nothing for --stall-cycles, or nothing can wake it any more
  130  interrupted`;

/** Bad input: one line that says what, where and the fix. */
export class UsageError extends Error {
  override name = "UsageError";
}

/** The user ended it from outside: one line, and the exit code of an interrupt. */
export class Interrupted extends Error {
  override name = "Interrupted";
}
