// The symbols of one image: functions and assembly labels by address, found by bisection. Addresses
// are the file's own; who placed the image elsewhere subtracts first.
import { type ElfImage, parseElf } from "../image/elf.js";

const [LABEL, FUNCTION] = [0, 2]; // STT_NOTYPE, STT_FUNC

/** A function or label of an image, by the image's own addresses. */
export interface CodeSymbol {
  readonly name: string;
  readonly start: number;
  /** First address behind it. */
  readonly end: number;
}

export class SymbolTable {
  readonly image: ElfImage;
  /** Page-aligned address of the lowest segment, and the first one behind the highest. */
  readonly lowest: number;
  readonly end: number;
  private readonly symbols: readonly CodeSymbol[];

  /** Throws ImageError. */
  constructor(bytes: Uint8Array, name: string) {
    this.image = parseElf(bytes, name);
    const { segments } = this.image;
    const lowest = Math.min(...segments.map(({ virtual }) => virtual));
    this.lowest = lowest - (lowest % 4096);
    this.end = Math.max(...segments.map(({ virtual, memoryBytes }) => virtual + memoryBytes));
    this.symbols = symbolsOf(this.image);
  }

  /** The code: bytes of the executable segments, and where they lie. */
  get text(): { readonly address: number; readonly bytes: Uint8Array }[] {
    return this.image.segments
      .filter(({ executable }) => executable)
      .map(({ virtual, offset, fileBytes }) => ({
        address: virtual,
        bytes: this.image.bytes.subarray(offset, offset + fileBytes),
      }));
  }

  /** The function or label that `address` lies in. */
  at(address: number): CodeSymbol | undefined {
    let [low, high] = [0, this.symbols.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.symbols[middle] as CodeSymbol).start <= address) low = middle + 1;
      else high = middle;
    }
    const found = this.symbols[low - 1];
    return found && address < found.end ? found : undefined;
  }

  /** All of that name: static functions may share one. */
  named(name: string): CodeSymbol[] {
    return this.symbols.filter((symbol) => symbol.name === name);
  }
}

/** In order of addresses, one an address: functions before labels, then the shortest name. */
function symbolsOf({ symbols, segments }: ElfImage): CodeSymbol[] {
  const code = segments.filter(({ executable }) => executable);
  const endOf = (at: number) => {
    const home = code.find((s) => at >= s.virtual && at < s.virtual + s.fileBytes);
    return home ? home.virtual + home.fileBytes : 0;
  };
  const found = symbols
    .filter(({ kind, name }) => kind === FUNCTION || (kind === LABEL && !/^[.$]/.test(name)))
    .filter(({ value, absolute }) => !absolute && endOf(value) > 0)
    .sort((a, b) => a.value - b.value || b.kind - a.kind || a.name.length - b.name.length);
  const first = found.filter(({ value }, i) => value !== found[i - 1]?.value);
  return first.map(({ name, value, bytes }, i) => {
    const next = Math.min(first[i + 1]?.value ?? Number.POSITIVE_INFINITY, endOf(value));
    return { name, start: value, end: bytes > 0 ? value + bytes : next };
  });
}
