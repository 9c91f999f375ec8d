// The goldfish RTC, as far as reading goes: nanoseconds since 1970, from the configured second at
// reset plus the reader's clock. Alarms are not modelled; stores are ignored.
import { TIMEBASE_HZ } from "../abi";
import { Hart } from "../hart";
import { machine } from "../layout";
import { timeOf } from "./clint";

export function loadRtc(hart: Hart, offset: u32): i64 {
  const now = machine().rtcSeconds * 1000000000 + timeOf(hart) * (1000000000 / TIMEBASE_HZ);
  if (offset == 0) return now & 0xffffffff;
  if (offset == 4) return now >> 32;
  return 0;
}
