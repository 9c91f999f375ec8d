// The log desk: one store to MARK appends an event at the cost of one instruction (abi.ts has the
// registers and codes). VALUE is kept per hart, so two harts that mark at once do not mix. What a
// program says ends the run(), so that the host can act on it at a cycle that does not depend on
// its slices.
import {
  DESK_ID,
  DESK_ID_VALUE,
  DESK_MARK,
  DESK_TEXT_CODE,
  DESK_TEXT_MAX,
  DESK_VALUE,
  MARK_PHASE,
  MARK_USER,
} from "../abi";
import { noteMark } from "../debug";
import { appendEvent, EVENT_MARK } from "../event";
import { Hart, hartAt } from "../hart";
import { machine, ramPlace } from "../layout";
import { retiredBy } from "../timing/account";

export function loadDesk(hart: Hart, offset: u32): i64 {
  if (offset == DESK_ID) return DESK_ID_VALUE;
  if (offset == DESK_VALUE) return hart.deskValue;
  return 0;
}

export function storeDesk(hart: Hart, offset: u32, value: u32): bool {
  if (offset == DESK_VALUE) hart.deskValue = value;
  else if (offset == DESK_MARK) mark(hart, value);
  return true;
}

function mark(hart: Hart, word: u32): void {
  const code = word >> 24;
  const value = hart.deskValue;
  hart.deskValue = 0;
  if (code == MARK_PHASE) markPhase(hart, word, value);
  else if (code >= DESK_TEXT_CODE) markText(hart, word, value);
  else appendEvent(EVENT_MARK, hart, word, value, 0);
  noteMark();
}

function markText(hart: Hart, word: u32, pa: u32): void {
  let bytes: u32 = 0;
  while (bytes < DESK_TEXT_MAX) {
    const place = ramPlace(pa + bytes, 1);
    if (place == 0 || load<u8>(place) == 0) break;
    bytes++;
  }
  const text = appendEvent(EVENT_MARK, hart, word, pa, bytes);
  if (bytes != 0) memory.copy(text, ramPlace(pa, bytes), bytes);
  if (word >> 24 == MARK_USER) machine().leave = 1;
}

function markPhase(hart: Hart, word: u32, value: u32): void {
  const harts = machine().harts;
  const counts = appendEvent(EVENT_MARK, hart, word, value, harts * 8);
  for (let id: u32 = 0; id < harts; id++) {
    const other = hartAt(id);
    store<u64>(counts + (id << 3), retiredBy(other));
  }
}
