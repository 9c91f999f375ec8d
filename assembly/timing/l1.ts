// A hart's two first-level caches: L1I for its fetches, L1D for all else. `which` is DATA or CODE.
import { NOT_THERE, setPlace, STATE_INVALID, wayOf } from "./cache";
import { CODE } from "./node";
import {
  parameter,
  PARAMETER_L1D_SETS,
  PARAMETER_L1D_WAYS,
  PARAMETER_L1I_SETS,
  PARAMETER_L1I_WAYS,
} from "./parameters";
import { l1dOf, l1iOf } from "./state";

@inline
export function l1Of(hart: u32, which: u32): usize {
  return which == CODE ? l1iOf(hart) : l1dOf(hart);
}
@inline
export function l1Sets(which: u32): u32 {
  return parameter(which == CODE ? PARAMETER_L1I_SETS : PARAMETER_L1D_SETS);
}
@inline
export function l1Ways(which: u32): u32 {
  return parameter(which == CODE ? PARAMETER_L1I_WAYS : PARAMETER_L1D_WAYS);
}

/** Where the word of a line is, validly or not; 0: nowhere. */
export function l1Place(hart: u32, which: u32, line: u32): usize {
  const ways = l1Ways(which);
  const set = setPlace(l1Of(hart, which), l1Sets(which), ways, line);
  const way = wayOf(set, ways, line);
  return way == NOT_THERE ? 0 : set + (way << 2);
}

/** The state of a line; I where it is not. */
export function l1State(hart: u32, which: u32, line: u32): u32 {
  const place = l1Place(hart, which, line);
  return place == 0 ? STATE_INVALID : load<u32>(place) & 3;
}
