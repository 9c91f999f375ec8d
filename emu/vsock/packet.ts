// Packets of virtio-vsock streams (Virtual I/O Device 1.2, 5.10.6): a header of 44 bytes, and data.
export const HEADER_BYTES = 44;
export const HOST_CID = 2;
export const GUEST_CID = 3;
export const STREAM = 1;

export const OP = {
  request: 1,
  response: 2,
  reset: 3,
  shutdown: 4,
  data: 5,
  creditUpdate: 6,
  creditRequest: 7,
} as const;

/** Bits of a shutdown's flags: its sender receives, or sends, no more. */
export const SHUT_RECEIVE = 1;
export const SHUT_SEND = 2;

export interface Packet {
  readonly sourceCid: number;
  readonly targetCid: number;
  readonly sourcePort: number;
  readonly targetPort: number;
  readonly type: number;
  readonly op: number;
  readonly flags: number;
  /** The sender's receive buffer, and how many bytes its user has taken from it so far. */
  readonly bufferBytes: number;
  readonly takenBytes: number;
  readonly data: Uint8Array;
}

/** Reads a packet; undefined when it is shorter than it says. */
export function readPacket(bytes: Uint8Array): Packet | undefined {
  if (bytes.length < HEADER_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const word = (offset: number) => view.getUint32(offset, true);
  const length = word(24);
  if (HEADER_BYTES + length > bytes.length) return undefined;
  return {
    sourceCid: word(0),
    targetCid: word(8),
    sourcePort: word(16),
    targetPort: word(20),
    type: view.getUint16(28, true),
    op: view.getUint16(30, true),
    flags: word(32),
    bufferBytes: word(36),
    takenBytes: word(40),
    data: Uint8Array.from(bytes.subarray(HEADER_BYTES, HEADER_BYTES + length)), // without the rest
  };
}

export function writePacket(packet: Packet): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES + packet.data.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, packet.sourceCid, true);
  view.setUint32(8, packet.targetCid, true);
  view.setUint32(16, packet.sourcePort, true);
  view.setUint32(20, packet.targetPort, true);
  view.setUint32(24, packet.data.length, true);
  view.setUint16(28, packet.type, true);
  view.setUint16(30, packet.op, true);
  view.setUint32(32, packet.flags, true);
  view.setUint32(36, packet.bufferBytes, true);
  view.setUint32(40, packet.takenBytes, true);
  bytes.set(packet.data, HEADER_BYTES);
  return bytes;
}
