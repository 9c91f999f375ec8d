// Instructions that suites write into memory, for chains of code.

/** `jal zero, to - from`. */
export function jump(from, to) {
  const by = to - from;
  const bit = (low, count) => (by >> low) & ((1 << count) - 1);
  const fields = [
    [20, 1, 31],
    [1, 10, 21],
    [11, 1, 20],
    [12, 8, 12],
  ];
  return fields.reduce((word, [low, count, at]) => word | (bit(low, count) << at), 0x6f) >>> 0;
}
/** `jr t2`: where operations.S wants a chain of jumps to end. */
export const JUMP_BACK = 0x00038067;
