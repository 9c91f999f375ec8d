// Translation, while harts run at the same time. A hart that has found something hot leaves its
// quantum, and its worker translates in an exclusive section: all regions, the code they were made
// from, and the op that enters them change only there. The worker's host has compiled the module
// then, put its functions into the table of the worker's own instance (tables are not shared), and
// sent it to all others. They take it before they execute guest code again, in the order of the
// modules, since a number in the table is used again.
import { Hart } from "../hart";
import { translateAlone } from "../translate/hot";
import { MODULES, workerAt } from "./state";
import { beginAlone, endAlone, enterGuests, leaveGuests } from "./world";

/** Puts into this instance's table what others have sent, up to their module of number `until`. */
// @ts-ignore: decorator
@external("parallel", "take")
declare function take(until: u32): void;

/** Takes the modules that others have made. A guest does, or who is alone: no more can come. */
@inline
export function takeModules(worker: u32): void {
  if (atomic.load<u32>(MODULES) != workerAt(worker).taken) takeNew(worker);
}

function takeNew(worker: u32): void {
  const made = atomic.load<u32>(MODULES);
  take(made);
  workerAt(worker).taken = made;
}

/** What a hart of the worker has noticed, in an exclusive section. */
export function translateFor(worker: u32, hart: Hart): void {
  leaveGuests();
  beginAlone();
  takeModules(worker);
  if (translateAlone(hart)) workerAt(worker).taken = atomic.add<u32>(MODULES, 1) + 1;
  endAlone();
  enterGuests();
}
