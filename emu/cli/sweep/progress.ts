// How far a sweep has come: one line that is renewed on a terminal, and elsewhere a line each
// tenth.
import { Progress } from "../output.js";

/** A time of the host in words. */
export function timeText(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60)];
  return hours > 0 ? `${hours} h ${minutes} min` : `${minutes} min ${whole % 60} s`;
}

const TENTHS = 10;

export class SweepProgress {
  private readonly line = new Progress();
  /** When the first run was begun. */
  private begin: number | undefined;
  private readonly before: number;
  private said: number;

  constructor(
    private readonly name: string,
    private readonly all: number,
    private done: number,
    private failed = 0,
  ) {
    this.before = done;
    this.said = this.tenth;
  }

  private get tenth(): number {
    return Math.floor((TENTHS * (this.done + this.failed)) / this.all);
  }

  ended(failed: boolean): void {
    if (failed) this.failed += 1;
    else this.done += 1;
    if (process.stderr.isTTY || this.tenth === this.said) return;
    this.said = this.tenth;
    process.stderr.write(`${this.text()}\n`);
  }

  private text(): string {
    const fresh = this.done - this.before;
    const seconds = (performance.now() - (this.begin ?? performance.now())) / 1000;
    const left = this.all - this.done - this.failed;
    const rest =
      fresh > 0 && left > 0 && seconds > 0 ? `, ${timeText((seconds / fresh) * left)} left` : "";
    const failed = this.failed > 0 ? `, ${this.failed} failed` : "";
    return `${this.name}: ${this.done} of ${this.all} done${failed}${rest}`;
  }

  show(running: number): void {
    if (running > 0) this.begin ??= performance.now();
    this.line.update(`${this.text()}, ${running} running`);
  }

  /** A line of its own. */
  say(text: string): void {
    this.line.clear();
    process.stderr.write(`${this.name}: ${text}\n`);
  }

  clear(): void {
    this.line.clear();
  }
}
