// A cold boot's memory: firmware and kernel, the initrd and the device tree near the top of RAM,
// and the boot ROM that starts every hart; all as QEMU's virt board has it (hw/riscv/boot.c), but
// for static PIE kernels, which only ours are. With no firmware the kernel is an image for machine
// mode.
import type { FullConfig } from "./config.js";
import { deviceTree } from "./device-tree.js";
import { ConfigError } from "./errors.js";
import { isElf, type LoadedElf, layElf, parseElf } from "./image/elf.js";
import { type FdtNode, writeFdt } from "./image/fdt.js";
import { encode } from "./isa/encode.js";

/** Virtual address of a kernel's byte at a physical address: this much more. */
export const KERNEL_LINEAR_OFFSET = 0x40000000;

export interface BootPlan {
  readonly pieces: readonly {
    readonly what: string;
    readonly address: number;
    readonly bytes: Uint8Array;
    readonly memoryBytes: number;
  }[];
  readonly rom: Uint8Array;
  readonly tree: FdtNode;
  readonly treeAddress: number;
  readonly kernelEntry: number | undefined;
}

const TREE_ALIGN = 0x200000;
const TREE_LIMIT = 0xc0000000;

function image(what: string, bytes: Uint8Array, at: number, virtualBase: number): LoadedElf {
  if (isElf(bytes)) return layElf(parseElf(bytes, what), at, virtualBase);
  const piece = { address: at, bytes, memoryBytes: bytes.length };
  return { entry: at, start: at, end: at + bytes.length, pieces: [piece] };
}

function isMovable(kernel: Uint8Array | undefined): boolean {
  return kernel !== undefined && isElf(kernel) && parseElf(kernel, "kernel").kind === "relocatable";
}

/**
 * The kernel where it goes: a static PIE, which runs at its place in the linear map, and raw bytes
 * to KERNEL_BASE; an executable to its own addresses, and it is entered at the lowest. Without
 * firmware raw bytes go to the start of RAM.
 */
function placeKernel(config: FullConfig, abi: (name: string) => number): LoadedElf | undefined {
  const { kernel, firmware } = config;
  if (!kernel) return undefined;
  const movable = isMovable(kernel);
  const at = firmware || movable ? abi("KERNEL_BASE") : abi("RAM_BASE");
  const placed = image("kernel", kernel, at, at + KERNEL_LINEAR_OFFSET);
  return movable ? placed : { ...placed, entry: placed.start }; // as QEMU does
}

/** Where harts start: in the firmware, or else at the start of RAM, where the image must be. */
function resetEntry(
  config: FullConfig,
  firmware: LoadedElf | undefined,
  kernel: LoadedElf | undefined,
  abi: (name: string) => number,
): number {
  const ram = abi("RAM_BASE");
  if (firmware) return firmware.entry;
  if (!kernel) return ram;
  if (isMovable(config.kernel)) return kernel.entry;
  if (kernel.pieces.some(({ address, bytes }) => address <= ram && ram < address + bytes.length)) {
    return ram;
  }
  throw new ConfigError(
    `kernel: begins at 0x${kernel.start.toString(16)}, but without firmware harts start at ` +
      `0x${ram.toString(16)}; link it there, or give a firmware`,
  );
}

/** Decides what goes where. Throws ConfigError or ImageError; nothing is written yet. */
export function planBoot(config: FullConfig, abi: (name: string) => number): BootPlan {
  const ramEnd = abi("RAM_BASE") + config.ramBytes;
  const firmware =
    config.firmware &&
    image("firmware", config.firmware, abi("FIRMWARE_BASE"), abi("FIRMWARE_BASE"));
  const kernel = placeKernel(config, abi);
  const input = {
    harts: config.harts,
    ramBytes: config.ramBytes,
    bootArgs: config.bootArgs,
    seed: config.seed,
    firewall: config.firewall,
    successor: config.successor,
    abi,
    ...(config.zoneNormalBytes === undefined ? {} : { zoneNormalBytes: config.zoneNormalBytes }),
  };
  const bytes = config.initrd?.length ?? 0;
  const sized = writeFdt(deviceTree({ ...input, initrd: { start: 0, end: 0 } })).length;
  const top = Math.min(ramEnd, TREE_LIMIT) - sized;
  const treeAddress = top - (top % TREE_ALIGN);
  const start = (treeAddress - bytes) & ~0xfff;
  const initrd = { start: start >>> 0, end: (start >>> 0) + bytes };
  const tree = deviceTree(config.initrd ? { ...input, initrd } : input);
  const blob = writeFdt(tree);
  const pieces = [
    ...(firmware?.pieces ?? []).map((piece) => ({ what: "firmware", ...piece })),
    ...(kernel?.pieces ?? []).map((piece) => ({ what: "kernel", ...piece })),
    { what: "device tree", address: treeAddress, bytes: blob, memoryBytes: blob.length },
  ];
  if (config.initrd) {
    const piece = { address: initrd.start, bytes: config.initrd, memoryBytes: bytes };
    pieces.push({ what: "initrd", ...piece });
  }
  checkPieces(pieces, abi("RAM_BASE"), ramEnd);
  const rom = bootRom(resetEntry(config, firmware, kernel, abi), treeAddress, kernel?.entry ?? 0);
  return { pieces, rom, tree, treeAddress, kernelEntry: kernel?.entry };
}

function checkPieces(pieces: BootPlan["pieces"], ramStart: number, ramEnd: number): void {
  const there = pieces.filter(({ memoryBytes }) => memoryBytes > 0);
  const sorted = there.sort((a, b) => a.address - b.address);
  sorted.forEach((piece, index) => {
    const where = `0x${piece.address.toString(16)}`;
    const end = piece.address + piece.memoryBytes;
    if (piece.address < ramStart || end > ramEnd) {
      throw new ConfigError(
        `${piece.what}: ${piece.memoryBytes} bytes at ${where} are not in RAM; give more ramBytes`,
      );
    }
    const next = sorted[index + 1];
    if (next && end > next.address) {
      throw new ConfigError(
        `${piece.what} at ${where} overlaps ${next.what}; give more ramBytes or smaller images`,
      );
    }
  });
}

/**
 * The reset code, as QEMU's virt board has it: a0 = hart id, a1 = device tree, a2 = what OpenSBI's
 * dynamic firmware reads (magic, version, next address, next mode, options, boot hart).
 */
function bootRom(entry: number, tree: number, next: number): Uint8Array {
  const t0 = 5;
  const a0 = 10;
  const a1 = 11;
  const a2 = 12;
  const words = [
    encode("auipc", { rd: t0, imm: 0 }),
    encode("addi", { rd: a2, rs1: t0, imm: 40 }),
    encode("csrrs", { rd: a0, rs1: 0, imm: 0xf14 }),
    encode("lw", { rd: a1, rs1: t0, imm: 32 }),
    encode("lw", { rd: t0, rs1: t0, imm: 24 }),
    encode("jalr", { rd: 0, rs1: t0, imm: 0 }),
    entry,
    0,
    tree,
    0,
    ...[0x4942534f, 2, next, 1, 0, 0],
  ];
  return new Uint8Array(Uint32Array.from(words).buffer);
}
