// The public interface of the host library.
export {
  checkConfig,
  type DriveConfig,
  ENGINES,
  type Engine,
  type MachineConfig,
} from "./config.js";
export {
  type Build,
  buildFor,
  type CoreExports,
  constant,
  coreIdentity,
  loadCore,
} from "./core.js";
export { type Account, Attribution } from "./cost/attribution.js";
export { type Cell, SIDES, type Side, type Stretch, type Worker } from "./cost/cells.js";
export { ReliefPaths } from "./cost/path-events.js";
export { pathTrack } from "./cost/path-track.js";
export { statsText } from "./cost/stats.js";
export { type TimingReport, timingReport } from "./cost/summary.js";
export { CounterTracks } from "./cost/tracks.js";
export type { Debug, Mode, StepFilter, Stop, Watchpoint } from "./debug.js";
export { deviceTree } from "./device-tree.js";
export { readOverlay, writeOverlay } from "./drive-overlay.js";
export { ConfigError, ImageError } from "./errors.js";
export type {
  ConsoleEvent,
  EventStamp,
  FinishEvent,
  IpiEvent,
  MachineEvent,
  MachineEvents,
  MarkEvent,
  ModeEvent,
  PacketEvent,
  StepEvent,
  TerminalEvent,
  TrapEvent,
  WaitEvent,
} from "./events.js";
export { catchBooks, runToBooks } from "./experiment/books.js";
export {
  CONTROL_CYCLES,
  type ControlRow,
  runControl,
} from "./experiment/control.js";
export { FAULTS, type Fault, type FaultAt, parseFault } from "./experiment/faults.js";
export {
  checkRelief,
  DESCRIPTORS_MOST,
  MEMORY_MODES,
  type MemoryMode,
  PROCESSES_MOST,
  RELIEF_DEFAULTS,
  type ReliefConfig,
  type ReliefObserver,
  type ReliefRun,
  reliefMachine,
  runRelief,
  TRANSFER_MODES,
  type TransferMode,
} from "./experiment/relief.js";
export {
  checkTimed,
  RESET,
  switchTimingOn,
  TIMED_FROM,
  type TimedConfig,
} from "./experiment/timed.js";
export { checkTwin, runTwin, TWIN_REQUESTS, type TwinOutcome } from "./experiment/twin.js";
export {
  bareDisk,
  type GuestImages,
  KERNELS,
  type KernelName,
  METHODS,
  type Method,
  SERVICE,
  SERVICE_PORT,
  WATCH,
  watchDisk,
  watchFiles,
  watchScript,
} from "./experiment/watch.js";
export { Connection } from "./gdb/connection.js";
export { Stub, type StubOwner } from "./gdb/stub.js";
export {
  type BookRecord,
  type Books,
  type Fields,
  type FieldValue,
  findLogs,
  type ReadMemory,
  readBooks,
} from "./handover/books.js";
export { readBooksFile, writeBooksFile } from "./handover/file.js";
export { renderBooks } from "./handover/text.js";
export { type ImageHashes, type PlainConfig, plainConfig } from "./identity.js";
export { type CpioEntry, readCpio, writeCpio } from "./image/cpio.js";
export { disassemble, instructionLength } from "./image/disasm.js";
export {
  type ElfImage,
  type ElfSegment,
  type ElfSymbol,
  isElf,
  type LoadedElf,
  layElf,
  parseElf,
} from "./image/elf.js";
export { type FdtNode, type FdtValue, printFdt, readFdt, writeFdt } from "./image/fdt.js";
export {
  createMachine,
  type HartStats,
  Machine,
  type MachineInput,
  type RunResult,
} from "./machine.js";
export { type IntervalOptions, type MedianInterval, medianInterval } from "./measure/bootstrap.js";
export { type Change, changeOf } from "./measure/change.js";
export type { Downtimes, ProcessFreeze } from "./measure/downtimes.js";
export { type FitPoint, fitLine, fitPlane, type LineFit, type PlaneFit } from "./measure/fit.js";
export type { Latency, ServiceLatency } from "./measure/latency.js";
export type { ChangeMemory } from "./measure/memory.js";
export { medianOf, nearestRank, sortedOf } from "./measure/rank.js";
export type { Survival } from "./measure/survival.js";
export { type Throughput, throughputOf } from "./measure/throughput.js";
export {
  type CostSource,
  handlingInstructions,
  type UnitCosts,
  unitCosts,
} from "./measure/unit-cost.js";
export type { PhaseWork } from "./measure/work.js";
export {
  MARK_NAMES,
  type MarkName,
  type MarkTable,
  markRecord,
  markTable,
  PHASES,
} from "./observe/marks.js";
export { isMoment, type Moment, momentOf, PHASE_MOMENTS, whenMarked } from "./observe/moment.js";
export { type HartSpan, type Phase, type Relief, ReliefLog } from "./observe/relief-log.js";
export { hartLines, StallWatch } from "./observe/stall.js";
export {
  isRecording,
  otherImage,
  outcomeText,
  Recorder,
  type Recording,
  type Replayed,
  readRecording,
  replayInto,
  replaySegment,
  type Segment,
} from "./recording.js";
export {
  CONTROL_SCHEMA,
  type ControlReport,
  controlReport,
  renderControl,
  renderControlSummary,
  summarizeControl,
} from "./report/control-text.js";
export {
  ABORT_REASONS,
  imagesOf,
  makeReport,
  type Outcome,
  REPORT_SCHEMA,
  type Report,
} from "./report/report.js";
export { renderReport, type TextStyle, verdict } from "./report/text.js";
export { timelineSvg } from "./report/timeline.js";
export { renderTwin, type TwinReport, twinReport } from "./report/twin-text.js";
export { ServiceClient } from "./service/client.js";
export type { Snapshot } from "./snapshot.js";
export {
  readSnapshot,
  SNAPSHOT_FORMAT,
  type StoredSnapshot,
  writeSnapshot,
} from "./snapshot-file.js";
export { type Experiment, parseExperiment } from "./sweep/experiment.js";
export type { Models } from "./sweep/fields.js";
export { type BuildIdentity, KEY_PATTERN, RESULT_SCHEMA, runKey } from "./sweep/key.js";
export { type PlannedRun, planOf, variedText } from "./sweep/plan.js";
export {
  makeResult,
  type Provenance,
  type Result,
  readResult,
  resultText,
} from "./sweep/result.js";
export { type Row, rowOf, rowsJsonl, rowsParquet } from "./sweep/rows.js";
export { type PlacedImage, placedImages, type SymbolFiles } from "./symbols/placed.js";
export { type Location, locationText, Symbolizer } from "./symbols/symbolizer.js";
export {
  checkTiming,
  hopsOf,
  nodeOf,
  parseTiming,
  presetTiming,
  type TimingConfig,
} from "./timing/config.js";
export { COUNTERS, type CounterName, type Counts, STACK } from "./timing/counters.js";
export { DEFAULT_PRESET, PRESETS } from "./timing/presets.js";
export type { Bucket, NodeTraffic, Timing, TrapCounts } from "./timing/timing.js";
export { functionRows, functionsCsv, functionsText } from "./trace/functions.js";
export { PerfettoTrace } from "./trace/perfetto.js";
export { Profile, type ProfileOptions } from "./trace/profile.js";
export { SCENE_PHASES, Scene } from "./trace/scene.js";
export { Enough, type TraceFilter } from "./trace/sieve.js";
export { traceText } from "./trace/text.js";
export type { Translation } from "./translator.js";
export { type StreamHandlers, VsockHost, type VsockStream } from "./vsock/host.js";
