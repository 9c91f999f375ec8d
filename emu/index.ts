// The public interface of the host library.
export { checkConfig, type DriveConfig, type MachineConfig } from "./config.js";
export { type CoreExports, constant, loadCore } from "./core.js";
export { deviceTree } from "./device-tree.js";
export { ConfigError, ImageError } from "./errors.js";
export type {
  ConsoleEvent,
  EventStamp,
  FinishEvent,
  MachineEvent,
  MachineEvents,
  MarkEvent,
} from "./events.js";
export { type CpioEntry, readCpio, writeCpio } from "./image/cpio.js";
export { disassemble } from "./image/disasm.js";
export { type ElfImage, type ElfSymbol, type LoadedElf, layElf, parseElf } from "./image/elf.js";
export { type FdtNode, type FdtValue, printFdt, readFdt, writeFdt } from "./image/fdt.js";
export {
  createMachine,
  type HartStats,
  Machine,
  type RunResult,
  type Snapshot,
} from "./machine.js";
