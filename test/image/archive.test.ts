// cpio archives and device trees: round trips, the tools' own opinion, hostile input.
import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { valueBytes } from "../../emu/image/fdt.js";
import {
  createMachine,
  type FdtNode,
  ImageError,
  printFdt,
  readCpio,
  readFdt,
  writeCpio,
  writeFdt,
} from "../../emu/index.js";
import { MIB } from "../support/guest.js";
import { counted, hasOracle } from "../support/oracle.js";

const TREES = 40;

const name = fc.stringMatching(/^[a-z][a-z0-9,-]{0,12}$/);

/** Any failure must be an ImageError of one line. */
function tame(work: () => unknown): void {
  try {
    work();
  } catch (error) {
    expect(error).toBeInstanceOf(ImageError);
    expect((error as Error).message).not.toContain("\n");
  }
}

describe("cpio", () => {
  const entries = fc.array(
    fc.record({ name, mode: fc.constantFrom(0o100644, 0o100755, 0o040755), data: fc.uint8Array() }),
  );

  it("what is written is read back", () => {
    fc.assert(
      fc.property(entries, (list) => {
        const back = readCpio(writeCpio(list));
        expect(back.map(({ name, mode, data }) => ({ name, mode, data }))).toEqual(list);
      }),
    );
  });

  it.skipIf(!hasOracle("cpio"))("cpio(1) lists the same names", () => {
    const archive = writeCpio([
      { name: "bin", mode: 0o040755, data: new Uint8Array(0) },
      { name: "bin/init", mode: 0o100755, data: new TextEncoder().encode("hello") },
    ]);
    const listed = spawnSync("cpio", ["-t", "--quiet"], { input: archive, encoding: "utf8" });
    expect(listed.stdout).toBe("bin\nbin/init\n");
  });

  it("a damaged archive gives a one-line error or entries", () => {
    fc.assert(
      fc.property(entries, fc.nat(), fc.nat(255), fc.nat(), (list, place, value, cut) => {
        const archive = writeCpio(list);
        archive[place % archive.length] = value;
        tame(() => readCpio(archive));
        tame(() => readCpio(archive.subarray(0, cut % archive.length)));
      }),
    );
  });
});

const leaf = fc.oneof(
  fc.constant(null),
  fc.stringMatching(/^[ -~]{1,20}$/),
  fc.array(fc.nat(0xffffffff), { minLength: 1, maxLength: 4 }),
);
const tree: fc.Memo<FdtNode> = fc.memo((depth) =>
  fc.record({
    name,
    properties: fc.uniqueArray(fc.tuple(name, leaf), { maxLength: 4, selector: ([key]) => key }),
    children: depth <= 1 ? fc.constant([]) : fc.array(tree(depth - 1), { maxLength: 2 }),
  }),
);

const asBytes = (node: FdtNode): unknown => ({
  name: node.name,
  properties: node.properties.map(([key, value]) => [key, Array.from(valueBytes(value))]),
  children: node.children.map(asBytes),
});

describe("device tree", () => {
  it("what is written is read back", () => {
    fc.assert(
      fc.property(tree(4), (node) => {
        expect(asBytes(readFdt(writeFdt(node)))).toEqual(asBytes(node));
      }),
    );
  });

  it("a damaged blob gives a one-line error or a tree", () => {
    fc.assert(
      fc.property(tree(4), fc.nat(), fc.nat(255), fc.nat(), (node, place, value, cut) => {
        const blob = writeFdt(node);
        blob[place % blob.length] = value;
        tame(() => readFdt(blob));
        tame(() => readFdt(blob.subarray(0, cut % blob.length)));
      }),
    );
  });

  const machines = fc.record({
    harts: fc.integer({ min: 1, max: 40 }),
    ramBytes: fc.integer({ min: 16, max: 96 }).map((mib) => mib * MIB),
    bootArgs: fc.string({ maxLength: 60, unit: fc.constantFrom(..."abc =/0,") }),
    initrd: fc.nat(9000).map((bytes) => new Uint8Array(bytes)),
    zoneNormalBytes: fc.constantFrom(8 * MIB, 12 * MIB),
    firewall: fc.boolean(),
    seed: fc.nat(0xffffffff),
  });

  it.skipIf(!hasOracle("dtc"))("every machine's tree prints as dtc prints it", async () => {
    let properties = 0;
    await fc.assert(
      fc.asyncProperty(machines, async (config) => {
        const machine = await createMachine(config);
        const { address, tree: own } = machine.deviceTree;
        const blob = writeFdt(own);
        expect(machine.readPhysical(address, blob.length)).toEqual(blob);
        const dtc = spawnSync("dtc", ["-I", "dtb", "-O", "dts", "-q"], { input: blob });
        const text = printFdt(readFdt(blob));
        expect(text).toBe(dtc.stdout.toString());
        properties += text.split(";\n").length;
      }),
      { numRuns: TREES },
    );
    counted("dtc", `${TREES} machines' trees, ${properties} nodes and properties, read alike`);
  });

  it.skipIf(!hasOracle("dtc"))(
    "dtc has nothing to say about the structure of our tree",
    async () => {
      const { deviceTree } = await createMachine({ harts: 4, ramBytes: 64 * MIB, firewall: true });
      const dtc = spawnSync("dtc", ["-I", "dtb", "-O", "dtb"], {
        input: writeFdt(deviceTree.tree),
      });
      expect(dtc.stderr.toString()).toBe("");
    },
  );
});
