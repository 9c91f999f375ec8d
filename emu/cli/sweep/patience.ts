// Waiting for a database: what was asked is asked again until it answers, so that a restart of the
// database costs time and nothing else. A wait ends early when something has happened.
import { isAway, reasonOf } from "./queue.js";

const AGAIN_MS = 500;

export class Patience {
  private over = false;
  private away = false;
  private readonly wakes = new Set<() => void>();

  constructor(private readonly say: (line: string) => void) {}

  get stopped(): boolean {
    return this.over;
  }

  /** Ends all waiting, and all that is asked again. */
  stop(): void {
    this.over = true;
    this.wake();
  }

  /** Ends the waits of this moment. */
  wake(): void {
    for (const wake of this.wakes) wake();
  }

  /** Waits so many milliseconds of the host, or until wake(). */
  pause(ms: number): Promise<void> {
    if (this.over) return Promise.resolve();
    return new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer);
        this.wakes.delete(end);
        resolve();
      };
      const timer = setTimeout(end, ms);
      this.wakes.add(end);
    });
  }

  /** Asks until there is an answer; undefined when stopped meanwhile. Throws what is no absence. */
  async again<T>(ask: () => Promise<T>): Promise<T | undefined> {
    while (!this.over) {
      try {
        const answer = await ask();
        if (this.away) this.say("the database is back");
        this.away = false;
        return answer;
      } catch (error) {
        if (this.over) return undefined;
        if (!isAway(error)) throw error;
        if (!this.away) this.say(`the database is away (${reasonOf(error)}); waiting for it`);
        this.away = true;
        await this.pause(AGAIN_MS);
      }
    }
    return undefined;
  }
}
