// romfs images, read back by a reader of this test's own that checks every sum; genromfs is the
// oracle: the same reader must see the same tree in its image.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type RomfsEntry, writeRomfs } from "../../emu/image/romfs.js";
import { hasOracle } from "../support/oracle.js";

type Tree = { [path: string]: string };

const text = (characters: string) => new TextEncoder().encode(characters);

function sumOf(view: DataView, start: number, bytes: number): number {
  let sum = 0;
  for (let at = start; at + 4 <= start + bytes; at += 4) sum = (sum + view.getUint32(at)) >>> 0;
  return sum;
}

function nameAt(image: Uint8Array, at: number): { name: string; bytes: number } {
  const end = image.indexOf(0, at);
  const name = new TextDecoder().decode(image.subarray(at, end));
  return { name, bytes: Math.ceil((end + 1 - at) / 16) * 16 };
}

/** Files by path as "kind:content", directories as "directory"; "." and ".." are followed up. */
function readRomfs(image: Uint8Array): Tree {
  const view = new DataView(image.buffer, image.byteOffset, image.length);
  expect(nameAt(image, 0).name.startsWith("-rom1fs-")).toBe(true);
  expect(sumOf(view, 0, Math.min(512, view.getUint32(8)))).toBe(0);
  const tree: Tree = {};
  const walk = (first: number, path: string, self: number, parent: number) => {
    for (let at = first; at !== 0; at = view.getUint32(at) & ~15) {
      const { name, bytes } = nameAt(image, at + 16);
      const [kind, info, size] = [view.getUint32(at) & 15, view.getUint32(at + 4), 0];
      expect(sumOf(view, at, 16 + bytes), `${path}/${name}`).toBe(size);
      const place = `${path}/${name}`;
      if (name === ".." || (name === "." && at !== self)) {
        expect([kind & 7, info], place).toEqual([0, name === "." ? self : parent]);
      } else if ((kind & 7) === 1) {
        if (name === ".") continue;
        tree[place] = "directory";
        walk(info, place, at, self);
      } else {
        const length = view.getUint32(at + 8);
        const data = image.subarray(at + 16 + bytes, at + 16 + bytes + length);
        tree[place] = `${(kind & 8) !== 0 ? "x" : "-"}:${new TextDecoder().decode(data)}`;
      }
    }
  };
  const root = 16 + nameAt(image, 16).bytes;
  expect([view.getUint32(root) & 7, view.getUint32(root + 4)]).toEqual([1, root]);
  walk(root, "", root, root);
  return tree;
}

const FILES: readonly RomfsEntry[] = [
  { path: "empty", data: text("") },
  { path: "log/README", data: text("Quarterdeck\n") },
  { path: "log/deep/er/file with a name of more than sixteen bytes", data: text("x".repeat(5000)) },
  { path: "bin/echo", data: text("program"), executable: true },
];

test("a tree is read back as it was written", () => {
  expect(readRomfs(writeRomfs(FILES))).toEqual({
    "/empty": "-:",
    "/log": "directory",
    "/log/README": "-:Quarterdeck\n",
    "/log/deep": "directory",
    "/log/deep/er": "directory",
    "/log/deep/er/file with a name of more than sixteen bytes": `-:${"x".repeat(5000)}`,
    "/bin": "directory",
    "/bin/echo": "x:program",
  });
  expect(readRomfs(writeRomfs([]))).toEqual({});
});

test("any names and contents", () => {
  const name = fc.stringMatching(/^[a-z0-9_]{1,30}$/);
  const files = fc.dictionary(name, fc.string({ maxLength: 100 }), { maxKeys: 12 });
  fc.assert(
    fc.property(files, name, (contents, folder) => {
      const entries = Object.entries(contents).map(([file, content]) => ({
        path: `${folder}/${file}`,
        data: text(content),
      }));
      const image = writeRomfs(entries);
      expect(image.length % 1024).toBe(0);
      const found = readRomfs(image);
      for (const [file, content] of Object.entries(contents)) {
        expect(found[`/${folder}/${file}`]).toBe(`-:${content}`);
      }
    }),
  );
});

test("paths that cannot be are refused", () => {
  const one = (...paths: string[]) => writeRomfs(paths.map((path) => ({ path, data: text("") })));
  expect(() => one("a//b")).toThrow('"a//b" is no path');
  expect(() => one("a/")).toThrow("is no path");
  expect(() => one("a", "a")).toThrow("is there twice");
  expect(() => one("a", "a/b")).toThrow("is a file");
});

test.skipIf(!hasOracle("genromfs", "-h"))("genromfs makes the same tree", () => {
  const folder = mkdtempSync(join(tmpdir(), "romfs-"));
  try {
    for (const { path, data, executable } of FILES) {
      const file = join(folder, "tree", path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, data, { mode: executable ? 0o755 : 0o644 });
    }
    const image = join(folder, "image");
    const args = ["-f", image, "-d", join(folder, "tree"), "-V", "quarterdeck"];
    expect(spawnSync("genromfs", args).status).toBe(0);
    expect(readRomfs(readFileSync(image))).toEqual(readRomfs(writeRomfs(FILES)));
  } finally {
    rmSync(folder, { recursive: true });
  }
});
