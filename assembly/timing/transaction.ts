// What a transaction costs, by cause, and the messages that it sends between nodes. It is done at
// once, at the hart's clock; the cycles are counted here, and put on the clock by touch.ts.
import { Hart } from "../hart";
import { count } from "./account";
import { occupy, RESOURCE_PORT } from "./contention";
import { COUNTER_BYTES, COUNTER_CYCLES_FETCH_L2, COUNTER_MESSAGES } from "./counters";
import {
  hopsBetween,
  parameter,
  PARAMETER_HOP,
  PARAMETER_INTERCONNECT_OCCUPANCY,
} from "./parameters";
import { timing, TRAFFIC_BYTES } from "./state";

/** Components of a stall, from the first counter of the kind on. */
export const L2: u32 = 0;
export const INTERVENTION: u32 = 1;
export const INVALIDATION: u32 = 2;
export const MEMORY: u32 = 3;
export const INTERCONNECT: u32 = 4;
export const QUEUE: u32 = 5;
const COMPONENTS: u32 = 6;

export const REQUEST_BYTES: u64 = 8;
export const DATA_BYTES: u64 = 72;

// The transaction under way; nothing is kept between two.
let stall: u64 = 0;
let causes: u32 = 0; // counter of the kind's first component
let moves: bool = false; // a cache gives the line up to another

/** A transaction for an access of a kind (0 fetch, 1 load, 2 store, 3 walk) begins. */
export function begin(kind: u32): void {
  stall = 0;
  causes = COUNTER_CYCLES_FETCH_L2 + kind * COMPONENTS;
  moves = false;
}

/** The cycles that it has taken so far. */
export function stalled(): u64 {
  return stall;
}

/** Whether some cache gives the line up to another. */
export function lineMoves(): bool {
  return moves;
}

export function take(hart: Hart, component: u32, cycles: u64): void {
  if (component == INTERVENTION || component == INVALIDATION) moves = true;
  if (cycles == 0) return;
  stall += cycles;
  count(hart, causes + component, cycles);
}

export function queue(hart: Hart, resource: u32, node: u32, cycles: u32): void {
  take(hart, QUEUE, occupy(resource, node, hart.cycle + stall, cycles));
}

export function message(hart: Hart, from: u32, to: u32, bytes: u64): void {
  if (from == to) return;
  count(hart, COUNTER_MESSAGES);
  count(hart, COUNTER_BYTES, bytes);
  const sent: usize = timing().traffic + from * TRAFFIC_BYTES;
  const received: usize = timing().traffic + to * TRAFFIC_BYTES;
  store<u64>(sent, load<u64>(sent) + 1);
  store<u64>(sent, load<u64>(sent, 16) + bytes, 16);
  store<u64>(received, load<u64>(received, 8) + 1, 8);
  store<u64>(received, load<u64>(received, 24) + bytes, 24);
}

/** Goes to the home and back, where that is another node. */
export function travel(hart: Hart, node: u32, home: u32): void {
  if (node == home) return;
  queue(hart, RESOURCE_PORT, home, parameter(PARAMETER_INTERCONNECT_OCCUPANCY));
  take(hart, INTERCONNECT, 2 * hopsBetween(node, home) * parameter(PARAMETER_HOP));
}
