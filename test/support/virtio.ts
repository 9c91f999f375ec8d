// Drivers of virtio devices in assembly, for tests: a block device with one request, and any device
// whose queues the host has prepared in memory; the guest names them to it, and waits.
import type { Machine, MachineConfig } from "../../emu/index.js";
import { MIB, PASS, word } from "./guest.js";

export const QUEUES = 0x80040000; // two pages for each: descriptors, then the rings
export const QUEUE_BYTES = 8192;
const QUEUE_SIZE = 8;
/** Where the rings lie in a queue's pages: as the driver likes, or as the legacy transport asks. */
const RINGS = {
  modern: { available: 1024, used: 2048 },
  legacy: { available: QUEUE_SIZE * 16, used: 4096 },
} as const;
export type Transport = keyof typeof RINGS;
const BUFFERS = 0x80060000;
export const HEADER = 44;

interface Buffer {
  readonly bytes: number;
  readonly writable: boolean;
}

export function put(machine: Machine, address: number, words: readonly number[]): void {
  machine.writePhysical(address, new Uint8Array(Uint32Array.from(words).buffer));
}

/** Gives a queue one descriptor for each buffer, all available. Returns the buffers' addresses. */
export function fillQueue(
  machine: Machine,
  queue: number,
  buffers: readonly Buffer[],
  transport: Transport = "modern",
): number[] {
  const page = QUEUES + queue * QUEUE_BYTES;
  const places = buffers.map((_, i) => BUFFERS + queue * 65536 + i * 8192);
  buffers.forEach(({ bytes, writable }, i) => {
    put(machine, page + i * 16, [places[i] as number, 0, bytes, writable ? 2 : 0]);
  });
  const ring = buffers.map((_, i) => i);
  const available = new Uint16Array([0, buffers.length, ...ring, 0]);
  machine.writePhysical(page + RINGS[transport].available, new Uint8Array(available.buffer));
  return places;
}

/** What the device has used of a queue: [head, bytes written] each. */
export function used(
  machine: Machine,
  queue: number,
  transport: Transport = "modern",
): [number, number][] {
  const place = QUEUES + queue * QUEUE_BYTES + RINGS[transport].used;
  const count = word(machine, place) >>> 16;
  const entry = (i: number, at: number) => word(machine, place + 4 + i * 8 + at);
  return Array.from({ length: count }, (_, i) => [entry(i, 0), entry(i, 4)]);
}

/** Names one queue to the device at a0. */
function setUp(queue: number, transport: Transport): string {
  const page = QUEUES + queue * QUEUE_BYTES;
  const register = (offset: number, value: number) => `li t0, ${value}\nsw t0, ${offset}(a0)`;
  const places =
    transport === "legacy"
      ? [register(0x28, 4096), register(0x3c, 4096), register(0x40, page >>> 12)]
      : [
          register(0x80, page),
          register(0x90, page + RINGS.modern.available),
          register(0xa0, page + RINGS.modern.used),
          register(0x44, 1),
        ];
  return [register(0x30, queue), register(0x38, QUEUE_SIZE), ...places].join("\n");
}

/** Names the queues to the device in `slot`, notifies each, and counts interrupts in s2. */
export function driver(slot: number, queues: number, transport: Transport = "modern"): string {
  const all = Array.from({ length: queues }, (_, queue) => setUp(queue, transport));
  const notify = Array.from({ length: queues }, (_, queue) => `li t0, ${queue}\n sw t0, 0x50(a0)`);
  return `
    la t0, handler
    csrw mtvec, t0
    li a0, ${0x10001000 + slot * 0x1000}
    lw s3, 8(a0)
    lw s4, 0x100(a0)
    li a1, 0xc000000
    li t0, 1
    sw t0, ${4 * (slot + 1)}(a1)
    li a2, 0xc002000
    li t0, ${1 << (slot + 1)}
    sw t0, 0(a2)
    li a3, 0xc200000
    li t0, 0x800
    csrw mie, t0
    li t0, 8
    csrs mstatus, t0
    ${all.join("\n")}
    li t0, 4
    sw t0, 0x70(a0)
    ${notify.join("\n")}
sleep:
    wfi
    j sleep
handler:
    lw t1, 4(a3)
    lw t2, 0x60(a0)
    sw t2, 0x64(a0)
    addi s2, s2, 1
    csrr s5, mcycle
    sw t1, 4(a3)
    mret
    ${PASS}`;
}

export const HOST: Partial<MachineConfig> = { vsock: true, terminal: true };
export const packet = (data: readonly number[]): Uint8Array => {
  const bytes = new Uint8Array(HEADER + data.length);
  new DataView(bytes.buffer).setUint32(24, data.length, true);
  bytes.set(data, HEADER);
  return bytes;
};

/** A driver for slot 0: one request of `kind` at `sector`, data at 0x80020000. */
export function block(kind: number, sector: number, dataFlags: number, legacy = false): string {
  const desc = 0x80030000;
  const put = (at: number, value: number) => `li t1, ${value >>> 0}\nsw t1, ${at - desc}(a1)`;
  const queue = legacy
    ? "li t1, 4096\nsw t1, 0x28(a0)\nli t1, 8\nsw t1, 0x38(a0)\nli t1, 4096\nsw t1, 0x3c(a0)\n" +
      `li t1, ${desc >>> 12}\nsw t1, 0x40(a0)`
    : `li t1, 8\nsw t1, 0x38(a0)\nli t1, ${desc}\nsw t1, 0x80(a0)\nli t1, ${desc + 128}\n` +
      `sw t1, 0x90(a0)\nli t1, ${desc + 4096}\nsw t1, 0xa0(a0)\nli t1, 1\nsw t1, 0x44(a0)`;
  return `
  li a0, 0x10001000
  lw s2, 4(a0)
  lw s3, 8(a0)
  li a1, ${desc}
  sw zero, 0x30(a0)
  ${queue}
  ${put(desc, desc + 512)} \n ${put(desc + 8, 16)} \n ${put(desc + 12, 0x10001)}
  ${put(desc + 16, 0x80020000)} \n ${put(desc + 24, 512)} \n ${put(desc + 28, 0x20001 | dataFlags)}
  ${put(desc + 32, desc + 600)} \n ${put(desc + 40, 1)} \n ${put(desc + 44, 2)}
  ${put(desc + 512, kind)} \n ${put(desc + 520, sector)} \n ${put(desc + 600, 0xff)}
  ${put(desc + 128, 0x10000)}
  li t1, 4
  sw t1, 0x70(a0)
  sw zero, 0x50(a0)
  lw s4, 0x60(a0)
  lbu s5, 600(a1)
  li a2, ${desc + 4096}
  lw s6, 0(a2)
  lw s7, 8(a2)
  li a4, 0x80020000
  lw s8, 0(a4)
  li a5, 0xc001000
  lw s9, 0(a5)
  ${PASS}`;
}

export const drive = () => {
  const data = new Uint8Array(1 * MIB);
  data.set([1, 2, 3, 4], 7 * 512);
  return data;
};
