// Processes of their own for runs: one for each, so that one that dies takes no other with it.
import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { readResult } from "../../index.js";
import type { Origin } from "./build.js";
import type { Job, Reply, Request } from "./child.js";

const MAIN = fileURLToPath(new URL("../main.js", import.meta.url));
const ERROR_MAX = 2000;

/** How a run has ended: with the text of its result; refused by this build; or its process died. */
export type Ended =
  | { readonly kind: "result"; readonly text: string }
  | { readonly kind: "refused" | "died"; readonly why: string };

export class Children {
  private readonly running = new Set<ChildProcess>();

  constructor(private readonly origin: Origin) {}

  /** Runs a job in a process of its own, to its end. */
  run(job: Job): Promise<Ended> {
    const child = fork(MAIN, ["sweep-child"], { stdio: ["ignore", "ignore", "pipe", "ipc"] });
    this.running.add(child);
    let [errors, reply] = ["", undefined as Reply | undefined];
    child.stderr?.on("data", (bytes) => {
      errors = `${errors}${bytes}`.slice(-ERROR_MAX);
    });
    child.on("message", (message) => {
      reply = message as Reply;
    });
    child.send({ ...job, origin: this.origin } satisfies Request, () => {}); // its end says more
    return new Promise((resolve) => {
      const end = (how: string) => {
        this.running.delete(child);
        resolve(endedOf(job, reply, errors.trim().split("\n")[0] || how));
      };
      child.on("error", (error) => end(error.message));
      child.on("close", (code, signal) => end(signal ? `killed by ${signal}` : `exit ${code}`));
    });
  }

  /** Ends all at once; what they have not sent is lost, and will be run again. */
  kill(): void {
    for (const child of this.running) child.kill("SIGKILL");
  }
}

function endedOf(job: Job, reply: Reply | undefined, how: string): Ended {
  if (reply === undefined) return { kind: "died", why: how };
  if ("refused" in reply) return { kind: "refused", why: reply.refused };
  const read = readResult(reply.result, job.key);
  if (typeof read === "string") return { kind: "died", why: `the result ${read}` };
  return { kind: "result", text: reply.result };
}
