// Genes that change what an address means while a loop is hot: pages of the window that lead to
// another frame or to none, one frame under two addresses, another satp; with a fence behind the
// change and without. And rights that change: MPRV in machine mode, SUM and MXR.
import { ENTRIES, entryOf, FRAME, satpOf, WINDOW, windowAddress, windowPage } from "./places.js";
import {
  free,
  type Gene,
  isUser,
  liRam,
  pick,
  resuming,
  type Spot,
  sometimes,
  text,
} from "./spot.js";
import { entry, windowFlags, windowFrame } from "./tables.js";

const { temporary, outer, link } = FRAME;
const [MPP, MPRV, SUM, MXR] = [0x1800, 0x20000, 0x40000, 0x80000];
const SOME = [0, 1, 7, 63];

/** Makes a change bind, or leaves that to chance; user mode asks the handler. */
function bind(spot: Spot, b: number): string {
  if (b % 3 === 0) return "";
  if (isUser(spot)) return "ecall";
  return b % 3 === 1 ? "sfence.vma zero, zero" : "sfence.vma t5, zero";
}

/** An access or a call through page `page` of the window, whose address t5 holds already. */
function use(what: "data" | "code", [, a, , c, d]: Gene, mark: string, spot: Spot): string {
  if (what === "data") {
    const name = pick(["lw", "lbu", "sw", "sh", "amoadd.w"], c);
    const whole = name.startsWith("amo");
    const operation = whole
      ? `${name} ${free(a)}, t6, (t5)`
      : `${name} ${free(a)}, ${d % 2044}(t5)`;
    return resuming(spot, operation, mark);
  }
  const offset = pick(ENTRIES, c);
  return resuming(spot, text(`jalr ${link}, ${offset % 2048}(t5)`), mark);
}

/** t5: the address of a page, moved so that an entry beyond 2 KiB is in reach. */
function address(what: "data" | "code", page: number, c: number): string {
  const far = what === "code" && pick(ENTRIES, c) >= 2048;
  return `li t5, ${windowAddress(page) + (far ? pick(ENTRIES, c) - (pick(ENTRIES, c) % 2048) : 0)}`;
}

/** A page of the window leads to one frame at even turns and to another at odd ones. */
export function remap(what: "data" | "code"): (gene: Gene, spot: Spot) => string {
  return (gene, spot) => {
    const [, a, b, c] = gene;
    const page = a % 8;
    const number = windowPage(what, isUser(spot), page);
    const other = windowFrame(what, 0, page + 1 + ((b >>> 4) % 3));
    const flags = windowFlags(what, isUser(spot), page);
    const leaves = [entry(windowFrame(what, 0, page), flags), entry(other, flags)] as const;
    const change = text(
      `srli t5, ${outer}, ${pick([0, 1, 3, 6], b >>> 2)}`,
      "andi t5, t5, 1",
      `li t6, ${leaves[0]}`,
      `beqz t5, ${spot.name}even`,
      `li t6, ${leaves[1]}`,
      `${spot.name}even:`,
      liRam(spot, "t5", entryOf((a >>> 8) % 4 === 0 ? 1 : 0, number)),
      "sw t6, 0(t5)",
      address(what, number, c),
      bind(spot, b),
    );
    return text(
      sometimes(spot, a >>> 4, change, SOME),
      address(what, number, c),
      use(what, gene, "used", spot),
    );
  };
}

/** Takes a page of the window away, for the handler to give back at the next use. */
export function take(gene: Gene, spot: Spot): string {
  const [, a, b, c] = gene;
  const what = a & 1 ? "code" : "data";
  const number = windowPage(what, isUser(spot), a >>> 1);
  const change = text(
    liRam(spot, "t6", entryOf(0, number)),
    `lw ${temporary}, 0(t6)`,
    `andi ${temporary}, ${temporary}, -2`,
    `sw ${temporary}, 0(t6)`,
    address(what, number, c),
    bind(spot, b),
  );
  return text(
    sometimes(spot, b >>> 4, change, SOME),
    address(what, number, c),
    use(what, gene, "used", spot),
  );
}

/** Uses two pages that lead to one frame, one behind the other. */
export function alias(gene: Gene, spot: Spot): string {
  const [, a, b, c] = gene;
  const user = isUser(spot);
  const what = a & 1 ? "code" : "data";
  const [one, two] = [windowPage(what, user, a >>> 1), windowPage(what, user, (a >>> 1) + 1)];
  const leaf = entry(windowFrame(what, 0, (a >>> 1) % 8), windowFlags(what, user, 0));
  return text(
    liRam(spot, "t6", entryOf(0, two)),
    `li ${temporary}, ${leaf}`,
    `sw ${temporary}, 0(t6)`,
    address(what, two, c),
    bind(spot, b),
    address(what, one, c),
    use(what, gene, "first", spot),
    address(what, two, c),
    use(what, gene, "second", spot),
  );
}

/** The other set of tables at every other turn; in user mode that is illegal. */
export function translation([, a, b]: Gene, spot: Spot): string {
  return resuming(
    spot,
    text(
      `li ${temporary}, ${satpOf(0)}`,
      `srli t5, ${outer}, ${pick([0, 2, 5], a)}`,
      "andi t5, t5, 1",
      `beqz t5, ${spot.name}first`,
      `li ${temporary}, ${satpOf(1)}`,
      `${spot.name}first:`,
      `csrrw zero, satp, ${temporary}`,
      b % 2 ? [] : ["sfence.vma zero, zero"],
    ),
  );
}

/** Machine mode: an access with the rights of S or U mode, through the window or the aliases. */
function lent([, a, b, c, d]: Gene, spot: Spot): string {
  const user = a % 2 === 0;
  const place = pick([WINDOW, WINDOW + 8 * 4096, 0x40040000, 0x80040000], b);
  const operation = pick(["lw", "sw", "lh", "sb"], b >>> 4);
  return text(
    `li ${temporary}, ${MPP}`,
    `csrc mstatus, ${temporary}`,
    `li ${temporary}, ${MPRV | (user ? 0 : 0x800)}`,
    `csrs mstatus, ${temporary}`,
    `li t5, ${place + (d % 8) * 4096}`,
    resuming(spot, `${operation} ${free(c)}, ${d % 2044}(t5)`),
    `li ${temporary}, ${MPRV}`,
    `csrc mstatus, ${temporary}`,
  );
}

/** Supervisor mode: accesses to pages of U mode or without R, with the right to and without. */
function granted([, a, b, c, d]: Gene, spot: Spot): string {
  const bit = a % 2 ? SUM : MXR;
  const page = a % 2 ? windowPage("data", true, b) : windowPage("code", false, 3 + 4 * (b % 2));
  const operation = pick(["lw", "lhu", "lb", "sw"], b >>> 4);
  const once = (mark: string) => resuming(spot, `${operation} ${free(c)}, ${d % 2044}(t5)`, mark);
  return text(
    `li ${temporary}, ${bit}`,
    `csrrs zero, sstatus, ${temporary}`,
    `li t5, ${windowAddress(page)}`,
    once("with"),
    `li ${temporary}, ${bit}`,
    `csrrc zero, sstatus, ${temporary}`,
    once("without"),
  );
}

/** Rights that change in a loop; user mode cannot change its own and tries the supervisor's. */
export function rights(gene: Gene, spot: Spot): string {
  if (spot.mode === "machine") return lent(gene, spot);
  if (spot.mode === "supervisor") return granted(gene, spot);
  const page = windowAddress(windowPage("data", false, gene[1]));
  return text(`li t5, ${page}`, resuming(spot, `lw ${free(gene[3])}, ${gene[4] % 2044}(t5)`));
}
