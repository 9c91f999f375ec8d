// The host's part of the translator: the core writes modules of WebAssembly, and has them compiled
// and instantiated here, at once, since what is translated when is a function of the guest alone.
// Where that is forbidden (a page's content security policy), the interpreter serves.

/** What the translator needs of the core's exports. */
export interface TranslatingCore {
  readonly memory: WebAssembly.Memory;
  readonly table: WebAssembly.Table;
  readonly TABLE_END: WebAssembly.Global;
  readonly slowLoad: CallableFunction;
  readonly slowStore: CallableFunction;
  readonly slowFetch: CallableFunction;
  readonly slowStep: CallableFunction;
  startTranslator(hotCycles: number, coldCycles: number): number;
  translates(): number;
  translated(which: number): number;
}

/** What a machine has translated so far. */
export interface Translation {
  /** Pieces of guest code that became a function each. */
  readonly regions: number;
  /** WebAssembly modules that hold them, and the bytes of those. */
  readonly modules: number;
  readonly bytes: number;
  /** Guest cycles spent in translated code; without a timing model, instructions. */
  readonly instructions: number;
  /** How often it was entered. */
  readonly entered: number;
  /** Regions that were dropped, for a store, for room, or by a restore. */
  readonly dropped: number;
}

const COUNTS = ["regions", "modules", "bytes", "instructions", "entered", "dropped"] as const;

/** Compiled modules by their bytes, the latest last: machines that do the same share them. */
const compiled = new Map<string, WebAssembly.Module>();
const COMPILED_MAX = 512;
const latin1 = new TextDecoder("latin1");

function compile(bytes: Uint8Array): WebAssembly.Module {
  const key = latin1.decode(bytes);
  const module = compiled.get(key) ?? new WebAssembly.Module(bytes);
  compiled.delete(key);
  compiled.set(key, module);
  if (compiled.size > COMPILED_MAX) compiled.delete(compiled.keys().next().value as string);
  return module;
}

/** A module of regions, and the numbers of its functions in the core's table. */
export interface Installed {
  readonly module: WebAssembly.Module;
  readonly numbers: readonly number[];
}

/**
 * The core's functions that regions call, in the order of CALL_LOAD and so on
 * (assembly/isa/emit.ts). Each module has a table of its own: one for all would keep all alive.
 */
function callable({ slowLoad, slowStore, slowFetch, slowStep }: TranslatingCore) {
  const functions = [slowLoad, slowStore, slowFetch, slowStep];
  const table = new WebAssembly.Table({ element: "anyfunc", initial: functions.length });
  functions.forEach((each, place) => {
    table.set(place, each);
  });
  return table;
}

/** Puts the functions of a module into the core's table. */
export function putModule(core: TranslatingCore, { module, numbers }: Installed): void {
  const imports = { m: core.memory, f: callable(core) };
  const { exports } = new WebAssembly.Instance(module, { c: imports });
  numbers.forEach((number, index) => {
    core.table.set(number, exports[index]);
  });
}

/**
 * The import of the core that takes modules; `installed` is called behind each, and `refused` when
 * one may not be made.
 */
export function installer(
  core: () => TranslatingCore,
  refused: (why: string) => void,
  installed: (what: Installed) => void = () => {},
) {
  return (place: number, bytes: number, places: number, count: number): number => {
    const { buffer } = core().memory;
    try {
      // Copies, since memory can be shared.
      const module = compile(new Uint8Array(buffer, place >>> 0, bytes).slice());
      const numbers = Array.from(new Uint32Array(buffer, places >>> 0, count));
      putModule(core(), { module, numbers });
      installed({ module, numbers });
      return 1;
    } catch (error) {
      refused(error instanceof Error ? error.message : String(error));
      return 0;
    }
  };
}

/** Makes room for the functions of all regions. */
export function growTable({ table, TABLE_END }: TranslatingCore): void {
  const wanted = TABLE_END.value as number;
  if (table.length < wanted) table.grow(wanted - table.length);
}

/** Makes the core translate what is hot (config.ts); false: there is no memory for it. */
export function startTranslator(
  core: TranslatingCore,
  when: { readonly hotCycles: number; readonly coldCycles: number },
): boolean {
  growTable(core);
  return core.startTranslator(when.hotCycles, when.coldCycles) !== 0;
}

/** The counts of a machine whose core translates. */
export function translation(core: TranslatingCore): Translation {
  const counts = COUNTS.map((name, index) => [name, core.translated(index)]);
  return Object.fromEntries(counts) as Translation;
}
