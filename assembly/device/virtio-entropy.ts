// The entropy device in slot 3 (Virtual I/O Device 1.2, 5.4), when the machine has one: it fills
// the driver's buffers with bytes that follow from the machine's seed alone, as everything here
// does. Good for guests that want a seed, of no use for secrets. The generator is SplitMix64
// (Steele, Lea and Flood, OOPSLA 2014).
import { ramPlace } from "../layout";
import { dropCode } from "../memory";
import { INBOXES_END } from "./inbox";
import {
  bufferOf,
  descriptorAt,
  finishRequest,
  interruptSlot,
  isWritable,
  lengthOf,
  nextOf,
  nextRequest,
  Queue,
  queueAt,
  requestsOf,
} from "./virtio-queue";

export const ENTROPY_SLOT: u32 = 3;
const STATE: usize = INBOXES_END;
export const ENTROPY_END: usize = INBOXES_END + 64;

/** Sets the generator's state at reset. */
export function seedEntropy(seed: u32): void {
  store<u64>(STATE, seed);
}

function nextWord(): u64 {
  const state = load<u64>(STATE) + 0x9e3779b97f4a7c15;
  store<u64>(STATE, state);
  let word = (state ^ (state >> 30)) * 0xbf58476d1ce4e5b9;
  word = (word ^ (word >> 27)) * 0x94d049bb133111eb;
  return word ^ (word >> 31);
}

/** Answers all requests at once. */
export function serveEntropy(): void {
  const queue = queueAt(ENTROPY_SLOT, 0);
  const many = requestsOf(ENTROPY_SLOT, 0);
  for (let n: u32 = 0; n < many; n++) {
    const head = nextRequest(queue);
    finishRequest(queue, head, fillChain(queue, head));
  }
  if (many != 0) interruptSlot(ENTROPY_SLOT);
}

/** Fills the chain's buffers; returns the bytes written. What is not RAM ends the chain. */
function fillChain(queue: Queue, head: u32): u32 {
  let written: u32 = 0;
  let descriptor = descriptorAt(queue, head);
  for (let n: u32 = 0; n < queue.size && descriptor != 0; n++) {
    const bytes = lengthOf(descriptor);
    const place = ramPlace(bufferOf(descriptor), bytes);
    if (place == 0) break;
    if (isWritable(descriptor)) {
      fill(place, bytes);
      dropCode(bufferOf(descriptor), bytes);
      written += bytes;
    }
    descriptor = nextOf(queue, descriptor);
  }
  return written;
}

function fill(place: usize, bytes: u32): void {
  let word: u64 = 0;
  for (let at: u32 = 0; at < bytes; at++) {
    if ((at & 7) == 0) word = nextWord();
    store<u8>(place + at, <u8>(word >> ((at & 7) << 3)));
  }
}
