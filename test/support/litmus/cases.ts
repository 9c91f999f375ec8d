// The litmus programs, and what is known of each: whether RVWMO allows the outcome that it asks
// for, and whether sequential consistency does (from the literature).
import type { Litmus, Location, Step } from "./model.js";

const store = (at: Location, value: number | string): Step => ({ op: "store", at, value });
const load = (at: Location, into: string): Step => ({ op: "load", at, into });
const fence: Step = { op: "fence" };
const swap = (at: Location, value: number, into: string, aq = false, rl = false): Step => ({
  ...{ op: "amoswap", at, value, into, aq, rl },
});
const add = (at: Location, value: number, into: string): Step => ({
  ...{ op: "amoadd", at, value, into },
});
const lrsc = (at: Location, value: number, into: string, done: string): Step => ({
  ...{ op: "lrsc", at, value, into, done },
});

/** A program, and an outcome with whether RVWMO allows it (from the literature). */
export interface Case extends Litmus {
  readonly asked: string;
  readonly inRvwmo: boolean;
  readonly inSc: boolean;
}

const weak = { inRvwmo: true, inSc: false };
const never = { inRvwmo: false, inSc: false };

export const CASES: readonly Case[] = [
  {
    name: "MP",
    threads: [
      [store("x", 1), store("y", 1)],
      [load("y", "a"), load("x", "b")],
    ],
    asked: "1:a=1 1:b=0",
    ...weak,
  },
  {
    name: "MP+fences",
    threads: [
      [store("x", 1), fence, store("y", 1)],
      [load("y", "a"), fence, load("x", "b")],
    ],
    asked: "1:a=1 1:b=0",
    ...never,
  },
  {
    name: "MP+amoswap.rl+amoswap.aq",
    threads: [
      [store("x", 1), swap("y", 1, "o", false, true)],
      [add("y", 0, "a"), fence, load("x", "b")],
    ],
    asked: "0:o=0 1:a=1 1:b=0",
    ...never,
  },
  {
    name: "SB",
    threads: [
      [store("x", 1), load("y", "a")],
      [store("y", 1), load("x", "b")],
    ],
    asked: "0:a=0 1:b=0",
    ...weak,
  },
  {
    name: "SB+fences",
    threads: [
      [store("x", 1), fence, load("y", "a")],
      [store("y", 1), fence, load("x", "b")],
    ],
    asked: "0:a=0 1:b=0",
    ...never,
  },
  {
    name: "SB+amoswap.aqrl",
    threads: [
      [swap("x", 1, "o", true, true), load("y", "a")],
      [swap("y", 1, "p", true, true), load("x", "b")],
    ],
    asked: "0:a=0 0:o=0 1:b=0 1:p=0",
    ...never,
  },
  {
    name: "LB",
    threads: [
      [load("x", "a"), store("y", 1)],
      [load("y", "b"), store("x", 1)],
    ],
    asked: "0:a=1 1:b=1",
    ...weak,
  },
  {
    name: "LB+data",
    threads: [
      [load("x", "a"), store("y", "a")],
      [load("y", "b"), store("x", 1)],
    ],
    asked: "0:a=1 1:b=1",
    ...weak,
  },
  {
    name: "CoRR",
    threads: [[store("x", 1)], [load("x", "a"), load("x", "b")]],
    asked: "1:a=1 1:b=0",
    ...never,
  },
  {
    name: "IRIW",
    threads: [
      [store("x", 1)],
      [store("y", 1)],
      [load("x", "a"), load("y", "b")],
      [load("y", "c"), load("x", "d")],
    ],
    asked: "2:a=1 2:b=0 3:c=1 3:d=0",
    ...weak,
  },
  {
    name: "IRIW+fences",
    threads: [
      [store("x", 1)],
      [store("y", 1)],
      [load("x", "a"), fence, load("y", "b")],
      [load("y", "c"), fence, load("x", "d")],
    ],
    asked: "2:a=1 2:b=0 3:c=1 3:d=0",
    ...never,
  },
  {
    name: "two amoadds",
    threads: [[add("x", 1, "a")], [add("x", 1, "b")]],
    asked: "0:a=0 1:b=0",
    ...never,
  },
  {
    name: "LR/SC against a store",
    threads: [
      [lrsc("x", 2, "a", "done"), load("x", "b")],
      [store("x", 1), load("x", "c")],
    ],
    asked: "0:a=0 0:b=1 0:done=0 1:c=1",
    inRvwmo: true,
    inSc: true,
  },
  {
    name: "LR/SC against LR/SC",
    threads: [[lrsc("x", 1, "a", "done")], [lrsc("x", 1, "b", "also")]],
    asked: "0:a=0 0:done=1 1:also=1 1:b=0",
    ...never,
  },
  {
    name: "LR/SC against amoadd",
    threads: [[lrsc("x", 5, "a", "done")], [add("x", 1, "b"), load("x", "c")]],
    asked: "0:a=0 0:done=1 1:b=0 1:c=5",
    ...never,
  },
];
