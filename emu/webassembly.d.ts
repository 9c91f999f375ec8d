// The little of the WebAssembly interface that the host uses; TypeScript keeps it in lib "DOM",
// which a library without a page should not pull in.
declare namespace WebAssembly {
  class Memory {
    constructor(limits: { initial: number; maximum: number; shared: boolean });
    readonly buffer: ArrayBuffer;
  }
  class Global {
    value: unknown;
  }
  class Module {
    constructor(bytes: Uint8Array);
  }
  type Imports = Record<string, Record<string, unknown>>;
  type ImportValue = unknown;
  type Exports = Record<string, unknown>;
  class Instance {
    constructor(module: Module, imports: Imports);
    readonly exports: Exports;
  }
  class Table {
    constructor(limits: { element: "anyfunc"; initial: number });
    readonly length: number;
    grow(by: number): number;
    set(index: number, value: unknown): void;
  }
  function compile(bytes: Uint8Array): Promise<Module>;
}
