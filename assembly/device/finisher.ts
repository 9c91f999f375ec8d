// The test finisher (SiFive test device): one store ends the run as passed, failed with a code,
// or asking for a reset. The host reads the verdict from the event and from the machine's head.
import { FINISHER_FAIL, FINISHER_PASS, FINISHER_RESET } from "../abi";
import { appendEvent, EVENT_FINISH } from "../event";
import { Hart } from "../hart";
import { machine } from "../layout";

export function loadFinisher(): i64 {
  return 0;
}

export function storeFinisher(hart: Hart, offset: u32, value: u32): bool {
  if (offset != 0) return true;
  const verdict = value & 0xffff;
  if (verdict != FINISHER_PASS && verdict != FINISHER_FAIL && verdict != FINISHER_RESET) {
    return true;
  }
  const m = machine();
  m.finished = verdict;
  m.exitCode = verdict == FINISHER_FAIL ? value >> 16 : 0;
  m.leave = 1;
  appendEvent(EVENT_FINISH, hart, verdict, m.exitCode, 0);
  return true;
}
