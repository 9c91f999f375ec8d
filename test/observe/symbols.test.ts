// Where kernels lie, and names of addresses, against what the guests know of themselves.
import { describe, expect, it } from "vitest";
import { catchBooks } from "../../emu/experiment/books.js";
import { readBooks } from "../../emu/handover/books.js";
import { createMachine } from "../../emu/index.js";
import { placedImages } from "../../emu/symbols/placed.js";
import { SymbolTable } from "../../emu/symbols/table.js";
import { images } from "../support/images.js";
import { WAYS } from "../support/relief.js";
import { symbols, traced } from "../support/traced.js";

describe.each(WAYS)("%s, relieved by %s", (from, to) => {
  it("lie where the log page and the cold boot put them", async () => {
    const books = await catchBooks({ from, to, connections: 0 }, images());
    const { log } = readBooks(books.read, books.address);
    let placed: ReturnType<typeof placedImages> = [];
    await traced(
      { from, to, connections: 0 },
      (machine, scene) => {
        machine.debug.observe({ marks: true });
        machine.on("mark", (mark) => {
          scene.add(mark);
          if (scene.phase === "verify" && placed.length === 0) {
            placed = placedImages(machine, symbols());
          }
        });
        return () => undefined;
      },
      () => placed.length > 0,
    );
    const arena = log.arena_physical as number;
    const [offgoing, oncoming] = [log.offgoing_hart, log.oncoming_hart];
    expect(
      placed.map(({ name, physicalBase, virtualBase, harts }) => ({
        ...{ name, physicalBase, virtualBase, harts },
      })),
    ).toEqual([
      { name: "firmware", physicalBase: 0x80000000, virtualBase: 0x80000000, harts: [] },
      ...[
        { name: from, physicalBase: 0x80400000, virtualBase: 0xc0400000, harts: [offgoing] },
        { name: to, physicalBase: arena, virtualBase: arena + 0x40000000, harts: [oncoming] },
      ].sort((a, b) => (a.name < b.name ? -1 : 1)),
    ]);
    for (const { entry, virtualBase } of placed) expect(entry).toBe(virtualBase);
  });
});

it("before the first instruction, the kernel of a cold boot is known", async () => {
  const { firmware, kernels } = images();
  const machine = await createMachine({
    ...{ harts: 1, ramBytes: 64 << 20, firmware, kernel: kernels.starboard },
  });
  expect(placedImages(machine, symbols()).map(({ name }) => name)).toEqual([
    ...["firmware", "starboard"],
  ]);
  machine.writePhysical(0x80400100, new Uint8Array(64)); // code that is no kernel's
  expect(placedImages(machine, symbols()).map(({ name }) => name)).toEqual(["firmware"]);
});

it("a table finds each function by each of its addresses", () => {
  const table = new SymbolTable(symbols().kernels.get("larboard") as Uint8Array, "larboard");
  const functions = table.image.symbols.filter(({ kind }) => kind === 2);
  expect(functions.length).toBeGreaterThan(500);
  for (const { value, bytes } of functions) {
    for (const at of [value, value + bytes - 4]) {
      const found = table.at(at);
      expect(found && found.start <= at && at < found.end).toBe(true);
      expect(found?.start).toBe(value);
    }
  }
  expect(table.at(0x7fffffff)).toBeUndefined();
});
