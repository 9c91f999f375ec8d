// The hash of the machine's state: RAM, drive, devices, and each hart's architectural registers
// and clocks (and what the timing model has counted, when it is at work); not TLBs, caches, decoded
// code or undrained events. Four 64-bit lanes of multiply and rotate, mixed at the end: a
// fingerprint for comparing runs, not a cryptographic hash.
import { DEVICES_END } from "./device/firewall";
import { firstOf, held, KEYS, PACKETS } from "./device/inbox";
import { ARCHITECTURE_END, ARCHITECTURE_START, hartAt } from "./hart";
import { DEVICES, machine, TIMING } from "./layout";
import { settle } from "./timing/account";
import { COUNTERS } from "./timing/counters";
import { HART_COUNTERS, timed } from "./timing/state";

const PRIME_1: u64 = 0x9e3779b185ebca87;
const PRIME_2: u64 = 0xc2b2ae3d27d4eb4f;

/** Folds [start, start + bytes) into `seed`; bytes is a multiple of 8. */
function fold(seed: u64, start: usize, bytes: usize): u64 {
  let a = seed + PRIME_1;
  let b = seed ^ PRIME_2;
  let c = seed;
  let d = seed - PRIME_1;
  const end = start + bytes;
  let place = start;
  for (; place + 32 <= end; place += 32) {
    a = rotl(a + load<u64>(place) * PRIME_2, 31) * PRIME_1;
    b = rotl(b + load<u64>(place, 8) * PRIME_2, 31) * PRIME_1;
    c = rotl(c + load<u64>(place, 16) * PRIME_2, 31) * PRIME_1;
    d = rotl(d + load<u64>(place, 24) * PRIME_2, 31) * PRIME_1;
  }
  for (; place < end; place += 8) a = rotl(a + load<u64>(place) * PRIME_2, 31) * PRIME_1;
  let mixed = rotl(a, 1) + rotl(b, 7) + rotl(c, 12) + rotl(d, 18) + bytes;
  mixed = (mixed ^ (mixed >> 33)) * PRIME_2;
  return mixed ^ (mixed >> 29);
}

/** Folds any number of bytes; what lies behind them does not count. */
function foldBytes(seed: u64, start: usize, bytes: u32): u64 {
  const whole = bytes & ~7;
  let last: u64 = 0;
  for (let n = whole; n < bytes; n++) last |= <u64>load<u8>(start + n) << ((n & 7) << 3);
  return fold(seed, start, whole) + last * PRIME_1;
}

export function hashState(): u64 {
  const m = machine();
  let value: u64 = m.finished + m.exitCode * PRIME_1;
  for (let id: u32 = 0; id < m.harts; id++) {
    const hart = changetype<usize>(hartAt(id));
    value = fold(value, hart, 128);
    if (TIMING && timed()) settle(hartAt(id));
    value = fold(value, hart + ARCHITECTURE_START, ARCHITECTURE_END - ARCHITECTURE_START);
    if (TIMING && timed()) value = fold(value, hart + HART_COUNTERS, COUNTERS << 3);
  }
  value = fold(value, DEVICES, DEVICES_END - DEVICES);
  value = foldBytes(value, firstOf(PACKETS), held(PACKETS));
  value = foldBytes(value, firstOf(KEYS), held(KEYS));
  value = fold(value, m.drive, (m.driveBytes + 7) & ~7);
  return fold(value, m.ramHost, m.ramBytes);
}
