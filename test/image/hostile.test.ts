// Hostile images, built field by field: ELF, cpio, device tree and books. Whatever the fields say,
// a reader ends with what it made or with an error in one line, and makes no more than the file can
// hold. Each file that once did worse has a test of its own here.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  ConfigError,
  createMachine,
  ImageError,
  layElf,
  parseElf,
  printFdt,
  readBooks,
  readBooksFile,
  readCpio,
  readFdt,
  writeBooksFile,
  writeCpio,
  writeFdt,
} from "../../emu/index.js";
import { MIB } from "../support/guest.js";

/** What `make` gives, or undefined where it refused in one line. */
function made<T>(make: () => T, ...kinds: (typeof ImageError | typeof ConfigError)[]) {
  try {
    return make();
  } catch (error) {
    expect([ImageError, ...kinds].some((kind) => error instanceof kind)).toBe(true);
    expect((error as Error).message).not.toMatch(/[^ -~]/);
    return undefined;
  }
}

const FILE_BYTES = 4096;
const wild = fc.oneof(
  fc.constantFrom(0, 1, 4, 40, 52, 0x7fffffff, 0x80000000, 0x80400000, 0xfffff000, 0xffffffff),
  fc.nat(FILE_BYTES + 64),
  fc.nat(FILE_BYTES / 4).map((word) => word * 4),
  fc.integer({ min: 0, max: 0xffffffff }),
  fc.nat(0xfffff).map((offset) => 0x80000000 + offset),
);

describe("ELF", () => {
  const header = fc.record({
    type: fc.constantFrom(2, 3),
    entry: wild,
    programs: fc.oneof(fc.constant(52), wild),
    sections: fc.oneof(fc.constant(1024), wild),
    stride: fc.constantFrom(32, 32, 32, 1, 16, 33, 0xffff),
    count: fc.constantFrom(1, 2, 3, 8, 100, 0xffff),
    sectionStride: fc.constantFrom(40, 40, 0, 8, 0xffff),
    sectionCount: fc.constantFrom(0, 2, 3, 8, 0xffff),
  });
  const words = (many: number) => fc.array(wild, { minLength: many, maxLength: many });
  const near = fc.constantFrom(0, 16, 64, 512, 2048);
  const load = fc.tuple(near, near, near, near).map(([offset, virtual, file, more]) => {
    return [1, offset, 0x80000000 + virtual, 0x80000000 + virtual, file, file + more, 7, 4];
  });
  const dynamic = fc.constant([2, 2048, 0x80000800, 0x80000800, 64, 64, 6, 4]);
  const program = fc.oneof(
    { weight: 4, arbitrary: load },
    { weight: 2, arbitrary: dynamic },
    { weight: 1, arbitrary: words(8).map(([, ...rest]) => [1, ...rest]) },
    { weight: 1, arbitrary: words(8) },
  );
  const section = fc
    .tuple(wild, wild, fc.constantFrom(0, 1, 2, 8))
    .map(([offset, bytes, link]) => [0, 2, 0, 0, offset, bytes, link, 0, 0, 0]);
  const file = fc.record({
    header,
    programs: fc.array(program, { minLength: 1, maxLength: 8 }),
    sections: fc.array(fc.oneof(section, words(10)), { maxLength: 8 }),
    table: fc.array(fc.oneof(wild, fc.constantFrom(7, 8, 12, 24, 3)), { maxLength: 32 }),
  });
  type File = typeof file extends fc.Arbitrary<infer T> ? T : never;

  function bytesOf({ header, programs, sections, table }: File): Uint8Array {
    const bytes = new Uint8Array(FILE_BYTES);
    const view = new DataView(bytes.buffer);
    const put = (at: number, words: readonly number[]) => {
      for (const [index, word] of words.entries()) view.setUint32(at + 4 * index, word, true);
    };
    bytes.set([0x7f, 0x45, 0x4c, 0x46, 1, 1, 1]);
    const { entry, stride, count, sectionStride, sectionCount } = header;
    put(16, [header.type | (243 << 16), 1, entry, header.programs, header.sections, 0]);
    put(40, [52 | (stride << 16), count | (sectionStride << 16), sectionCount]);
    programs.forEach((words, index) => void put(52 + 32 * index, words));
    sections.forEach((words, index) => void put(1024 + 40 * index, words));
    put(2048, table);
    return bytes;
  }

  it("of any fields becomes pieces of the file, or is refused", () => {
    let laid = 0;
    fc.assert(
      fc.property(file, (fields) => {
        const loaded = made(() => layElf(parseElf(bytesOf(fields)), 0x80400000));
        if (!loaded) return;
        laid++;
        for (const { bytes, memoryBytes } of loaded.pieces) {
          expect(bytes.length).toBeLessThanOrEqual(FILE_BYTES);
          expect(memoryBytes).toBeGreaterThanOrEqual(bytes.length);
        }
      }),
      { numRuns: 3000 },
    );
    expect(laid).toBeGreaterThan(50);
  });

  it("as firmware or kernel makes a machine, or is refused", async () => {
    const as = fc.constantFrom("firmware", "kernel");
    await fc.assert(
      fc.asyncProperty(file, as, async (fields, name) => {
        const config = { harts: 1, ramBytes: 16 * MIB, [name]: bytesOf(fields) };
        const machine = await createMachine(config).catch((error: Error) => error);
        if (machine instanceof Error) {
          made(() => {
            throw machine;
          }, ConfigError);
        } else machine.run({ cycles: 1000 });
      }),
      { numRuns: 150 },
    );
  });

  /** A file with one segment at 0x80000000 that spans all of it, and `more` behind the headers. */
  function whole(type: number, count: number, more: Uint8Array): Uint8Array {
    const bytes = new Uint8Array(52 + count * 32 + more.length);
    const view = new DataView(bytes.buffer);
    bytes.set([0x7f, 0x45, 0x4c, 0x46, 1, 1, 1]);
    view.setUint16(16, type, true);
    view.setUint16(18, 243, true);
    view.setUint32(28, 52, true);
    view.setUint16(42, 32, true);
    view.setUint16(44, count, true);
    for (let n = 0; n < count; n++) {
      const last = n === count - 1;
      const fields = [1, 0, n, n, 0, 0];
      if (last) fields.splice(2, 4, 0x80000000, 0x80000000, bytes.length, bytes.length);
      fields.forEach((word, index) => void view.setUint32(52 + 32 * n + 4 * index, word, true));
    }
    bytes.set(more, 52 + count * 32);
    return bytes;
  }

  it("with more segments than any linker makes is refused", () => {
    expect(() => parseElf(whole(3, 60_000, new Uint8Array(0)))).toThrow(ImageError);
  });

  it("linked at an address in the upper half is moved as any other", () => {
    const { start, pieces } = layElf(parseElf(whole(3, 1, new Uint8Array(64))), 0x80400000);
    expect(start).toBe(0x80400000);
    expect(pieces.length).toBe(1);
  });

  it("whose symbols all share one long name does not multiply it", () => {
    const [many, nameBytes] = [60_000, 4000];
    const strings = 80 + many * 16;
    const more = new Uint8Array(strings + nameBytes + 1).fill(0);
    more.fill(65, strings, strings + nameBytes);
    const bytes = whole(2, 1, more);
    const [view, base] = [new DataView(bytes.buffer), 84];
    view.setUint32(32, base, true);
    view.setUint16(46, 40, true);
    view.setUint16(48, 2, true);
    const symtab = [0, 2, 0, 0, base + 80, many * 16, 1];
    const strtab = [0, 3, 0, 0, base + strings, nameBytes + 1, 0];
    symtab.forEach((word, n) => void view.setUint32(base + 4 * n, word, true));
    strtab.forEach((word, n) => void view.setUint32(base + 40 + 4 * n, word, true));
    for (let n = 0; n < many; n++) view.setUint16(base + 80 + n * 16 + 14, 1, true);
    expect(() => parseElf(bytes)).toThrow(/names/);
  });
});

describe("cpio", () => {
  const archive = writeCpio([
    { name: "init", mode: 0o100755, data: new Uint8Array(5) },
    { name: "dir", mode: 0o040755, data: new Uint8Array(0) },
  ]);
  const withField = (entry: number, field: number, value: number) => {
    const bytes = Buffer.from(archive);
    const at = Buffer.from(archive).indexOf("070701", entry);
    bytes.write(value.toString(16).padStart(8, "0"), at + 6 + field * 8, "latin1");
    return bytes;
  };

  it("of any fields is unpacked into no more than it has, or is refused", () => {
    const length = fc.oneof(wild, fc.integer({ min: 0xffffff00, max: 0xffffffff }));
    fc.assert(
      fc.property(fc.nat(200), fc.nat(12), length, (entry, field, value) => {
        const entries = made(() => readCpio(withField(entry, field, value))) ?? [];
        const bytes = entries.reduce((sum, { data }) => sum + data.length, 0);
        expect(bytes).toBeLessThanOrEqual(archive.length);
      }),
      { numRuns: 2000 },
    );
  });

  it("whose name is so long that the place behind it wraps is refused", () => {
    const endless = withField(0, 11, 2 ** 32 - 110); // the next entry would be this one
    endless.write("00000000", 6 + 6 * 8, "latin1");
    expect(() => readCpio(endless)).toThrow(/an entry passes the end/);
  });

  it("with a name that has no end is refused", () => {
    expect(() => readCpio(withField(0, 11, 4))).toThrow(/a name without its end/);
  });
});

describe("device tree", () => {
  const blob = writeFdt({
    name: "",
    properties: [["compatible", "a"]],
    children: [{ name: "cpu", properties: [["reg", [1, 2]]], children: [] }],
  });

  it("of any words is read and printed, or is refused", () => {
    const change = fc.tuple(fc.nat(blob.length / 4 - 1), wild);
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
        const bytes = Uint8Array.from(blob);
        const view = new DataView(bytes.buffer);
        for (const [word, value] of changes) view.setUint32(word * 4, value);
        const text = made(() => printFdt(readFdt(bytes))) ?? "";
        expect(text.length).toBeLessThan(100 * blob.length);
        expect(text).not.toMatch(/[^\n\t -~]/);
      }),
      { numRuns: 3000 },
    );
  });

  it("with names that are no text of one line is refused", () => {
    for (const name of ["a\nb", "a\u001b[2Jb", "\u00e9", "\ufeffa"]) {
      const node = { name, properties: [], children: [] };
      const property = { name: "", properties: [[name, "a"]] as const, children: [] };
      for (const tree of [node, property]) {
        expect(() => readFdt(writeFdt(tree))).toThrow(/a name that is none/);
      }
    }
  });

  it("whose properties all share one long name does not multiply it", () => {
    const properties = Array.from({ length: 1000 }, () => ["n".repeat(100_000), null] as const);
    const long = writeFdt({ name: "", properties, children: [] });
    expect(() => readFdt(long)).toThrow(/a name that is none/);
  });
});

describe("books", () => {
  it("of any words are read, or are refused", () => {
    const page = (address: number) => {
      const bytes = new Uint8Array(4096);
      const view = new DataView(bytes.buffer);
      for (let n = 0; n < 1024; n++) view.setUint32(n * 4, (address + n * 7) % 97, true);
      return bytes;
    };
    const change = fc.tuple(
      fc.nat(1023),
      fc.oneof(
        wild,
        fc.nat(4).map((n) => n * 4096),
      ),
    );
    const changes = fc.array(change, { maxLength: 40 });
    fc.assert(
      fc.property(changes, changes, fc.nat(0xffffffff), fc.boolean(), (log, frame, pages, lie) => {
        const memory = new Map([log, frame].map((_, n) => [(n + 1) * 4096, page(n)]));
        [log, frame].forEach((words, n) => {
          const view = new DataView((memory.get((n + 1) * 4096) as Uint8Array).buffer);
          for (const [word, value] of words) view.setUint32(word * 4, value, true);
        });
        const bytes = writeBooksFile((address) => memory.get(address), 4096);
        if (lie) new DataView(bytes.buffer).setUint32(12, pages, true);
        const read = made(() => readBooksFile(bytes, "file"));
        if (!read) return;
        const { records } = readBooks(read.read, read.address);
        expect(records.length).toBeLessThanOrEqual(2 * 4096);
      }),
      { numRuns: 500 },
    );
  });
});
