// Writes romfs images (Linux, Documentation/filesystems/romfs.rst): big-endian headers at multiples
// of 16 bytes, each with the offset of the next one in its directory, its kind, and its checksum.
// Directories have "." and "..", as genromfs makes them, so that Linux mounts the image too.
import { ImageError } from "../errors.js";

/** A file, by its path from the root; directories on the way are made. */
export interface RomfsEntry {
  readonly path: string;
  readonly data: Uint8Array;
  readonly executable?: boolean;
}

interface Node {
  readonly name: string;
  readonly children?: Map<string, Node>;
  readonly data: Uint8Array;
  readonly executable: boolean;
}

/** A header that is to be written: where, and what its words are. */
interface Header {
  readonly offset: number;
  next: number;
  readonly kind: number;
  info: number;
  readonly name: string;
  readonly data: Uint8Array;
}

const [HARD_LINK, DIRECTORY, REGULAR, EXECUTABLE] = [0, 1, 2, 8];
const HEADER_BYTES = 16;
const SUMMED_BYTES = 512;
const SIZE_MULTIPLE = 1024; // as genromfs pads
const NO_DATA = new Uint8Array(0);

const padded = (bytes: number) => Math.ceil(bytes / 16) * 16;
const textOf = (text: string) => new TextEncoder().encode(text);
const nameBytes = (name: string) => padded(textOf(name).length + 1);

function treeOf(entries: readonly RomfsEntry[]): Node {
  const root: Node = { name: ".", children: new Map(), data: NO_DATA, executable: true };
  for (const { path, data, executable = false } of entries) {
    const names = path.split("/");
    const last = names.pop() ?? "";
    if (last === "" || names.includes("")) throw new ImageError(`romfs: "${path}" is no path`);
    let directory = root;
    for (const name of names) {
      const made = { name, children: new Map(), data: NO_DATA, executable: true };
      const found = directory.children?.get(name) ?? made;
      if (!found.children) throw new ImageError(`romfs: ${name} in "${path}" is a file`);
      directory.children?.set(name, found);
      directory = found;
    }
    if (directory.children?.has(last)) throw new ImageError(`romfs: "${path}" is there twice`);
    directory.children?.set(last, { name: last, data, executable });
  }
  return root;
}

/** Decides where everything goes, a directory's headers before those below it. */
class Layout {
  readonly headers: Header[] = [];

  constructor(private end: number) {}

  get bytes(): number {
    return this.end;
  }

  private place(name: string, kind: number, info: number, data: Uint8Array): Header {
    const header = { offset: this.end, next: 0, kind, info, name, data };
    this.end += HEADER_BYTES + nameBytes(name) + padded(data.length);
    this.headers.push(header);
    return header;
  }

  root(node: Node): void {
    const self = this.place(".", DIRECTORY | EXECUTABLE, this.end, NO_DATA);
    const parent = this.place("..", HARD_LINK, self.offset, NO_DATA);
    self.next = parent.offset;
    this.children(node, self, parent);
  }

  private directory(node: Node, header: Header, parent: Header): void {
    header.info = this.end;
    const self = this.place(".", HARD_LINK, header.offset, NO_DATA);
    const up = this.place("..", HARD_LINK, parent.offset, NO_DATA);
    self.next = up.offset;
    this.children(node, header, up);
  }

  /** The entries behind `last`; `header` is the directory's own. */
  private children(node: Node, header: Header, last: Header): void {
    const below: [Node, Header][] = [];
    let before = last;
    for (const child of node.children?.values() ?? []) {
      const kind = (child.children ? DIRECTORY : REGULAR) | (child.executable ? EXECUTABLE : 0);
      const placed = this.place(child.name, kind, 0, child.data);
      before.next = placed.offset;
      before = placed;
      if (child.children) below.push([child, placed]);
    }
    for (const [child, placed] of below) this.directory(child, placed, header);
  }
}

/** Makes the sum of all big-endian words from `start` on zero, by the word at `at`. */
function seal(view: DataView, start: number, bytes: number, at: number): void {
  let sum = 0;
  for (let offset = start; offset + 4 <= start + bytes; offset += 4) sum += view.getUint32(offset);
  view.setUint32(at, -sum >>> 0);
}

function writeHeader(view: DataView, image: Uint8Array, header: Header): void {
  const { offset, next, kind, info, name, data } = header;
  view.setUint32(offset, next | kind);
  view.setUint32(offset + 4, info);
  view.setUint32(offset + 8, data.length);
  image.set(textOf(name), offset + HEADER_BYTES);
  image.set(data, offset + HEADER_BYTES + nameBytes(name));
  seal(view, offset, HEADER_BYTES + nameBytes(name), offset + 12);
}

/** The image, a multiple of 1024 bytes. Throws ImageError for paths that cannot be. */
export function writeRomfs(entries: readonly RomfsEntry[], volume = "quarterdeck"): Uint8Array {
  const first = HEADER_BYTES + nameBytes(volume);
  const layout = new Layout(first);
  layout.root(treeOf(entries));
  const image = new Uint8Array(Math.ceil(layout.bytes / SIZE_MULTIPLE) * SIZE_MULTIPLE);
  const view = new DataView(image.buffer);
  image.set(textOf("-rom1fs-"));
  view.setUint32(8, layout.bytes);
  image.set(textOf(volume), HEADER_BYTES);
  for (const header of layout.headers) writeHeader(view, image, header);
  seal(view, 0, Math.min(SUMMED_BYTES, layout.bytes), 12);
  return image;
}
