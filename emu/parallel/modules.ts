// Modules of translated code among the workers of a machine. Who has made one sends it to all
// others, by a port for each two; tables do not travel, so each puts the functions into its own.
// The core says when, and up to which module (assembly/parallel/modules.ts): modules are numbered
// from 1, and are put in this order, since a place in the table is used again.
import { type MessagePort, receiveMessageOnPort } from "node:worker_threads";
import type { Modules } from "../shared-memory.js";
import { type Installed, installer, putModule, type TranslatingCore } from "../translator.js";

interface Numbered extends Installed {
  readonly number: number;
}

/** A worker's side; `peers` lead to the others, and `refused` hears of what may not be made. */
export function sharedModules(
  core: () => TranslatingCore,
  peers: readonly MessagePort[],
  refused: (why: string) => void,
): Modules {
  const arrived = new Map<number, Installed>();
  let taken = 0;

  const send = (what: Installed) => {
    taken++; // whoever makes one has all that were made before
    for (const peer of peers) peer.postMessage({ ...what, number: taken } satisfies Numbered);
  };

  const receive = () => {
    for (const peer of peers) {
      for (let got = receiveMessageOnPort(peer); got; got = receiveMessageOnPort(peer)) {
        const { number, ...what } = got.message as Numbered;
        arrived.set(number, what);
      }
    }
  };

  const take = (until: number) => {
    receive();
    while (taken < until) {
      const next = arrived.get(taken + 1);
      if (!next) throw new Error(`module ${taken + 1} of translated code has not come`);
      putModule(core(), next);
      arrived.delete(++taken);
    }
  };

  return { install: installer(core, refused, send), take };
}
