// Genes that touch memory: loads and stores of every width, aligned and not, on pages and across
// them, through a pointer that wanders over several; atomics; a lock that harts share.
import { FRAME, PAGE, PLACES } from "./places.js";
import { free, type Gene, liRam, pick, resuming, type Spot, text } from "./spot.js";

const LOADS = ["lb", "lh", "lw", "lbu", "lhu"];
const STORES = ["sb", "sh", "sw"];
const AMOS = "swap add xor and or min max minu maxu".split(" ").map((name) => `amo${name}.w`);
const { window, temporary, outer } = FRAME;

const signed = (n: number) => (n << 20) >> 20;

/** Through the wandering pointer, or at the edge of some page, aligned in two cases of three. */
function access(name: string, register: string, [, a, b, , d]: Gene, spot: Spot): string {
  const aligned = a % 3 > 0;
  if (b % 4) return `${name} ${register}, ${aligned ? signed(d) & ~3 : signed(d)}(${window})`;
  const edge = PLACES.data + (1 + (d % 7)) * PAGE - 4;
  const offset = aligned ? 0 : (d >>> 8) % 8;
  return text(liRam(spot, temporary, edge), `${name} ${register}, ${offset}(${temporary})`);
}

export const load = (gene: Gene, spot: Spot) =>
  access(pick(LOADS, gene[4] >>> 12), free(gene[3]), gene, spot);
export const store = (gene: Gene, spot: Spot) =>
  access(pick(STORES, gene[4] >>> 12), free(gene[3]), gene, spot);

/** Moves the pointer on; it stays on the data's pages. */
export function walk([, a, , , d]: Gene, spot: Spot): string {
  const stride = pick([4, 64, 260, 1024, 2044, 3, -8, -1028], a);
  return text(
    `addi ${window}, ${window}, ${stride}`,
    `li ${temporary}, ${d % 2 ? 0x3fff : 0x7fff}`,
    `and ${window}, ${window}, ${temporary}`,
    liRam(spot, temporary, PLACES.data + 0x1000),
    `add ${window}, ${window}, ${temporary}`,
  );
}

/** Compressed loads and stores, through one of x8 to x15 or through sp. */
export function shortAccess([, a, b, c]: Gene): string {
  const imm = (c % 16) * 4;
  const small = (n: number) => `a${n % 6}`;
  const forms = [
    [`c.mv s1, ${window}`, `c.lw ${small(b)}, ${imm}(s1)`],
    [`c.mv s0, ${window}`, `c.sw ${small(b)}, ${imm}(s0)`],
    [`c.mv sp, ${window}`, `c.lwsp ${free(b) === "zero" ? "a0" : free(b)}, ${imm}(sp)`],
    [`c.mv sp, ${window}`, `c.swsp ${free(b)}, ${imm}(sp)`],
  ];
  return text(pick(forms, a));
}

/** An AMO on a word that harts share, or on one that turns with the counter. */
export function atomic([, a, b, c, d]: Gene, spot: Spot): string {
  const place = liRam(spot, temporary, PLACES.data + (b % 8) * PAGE + (d % 1024) * 4);
  const wander = [
    `andi t5, ${outer}, 127`,
    "slli t5, t5, 2",
    liRam(spot, temporary, PLACES.data + (b % 8) * PAGE),
    `add ${temporary}, ${temporary}, t5`,
  ];
  const operation = `${pick(AMOS, a)} ${free(c)}, ${free(c >>> 5)}, (${temporary})`;
  return text(a & 0x100 ? wander : [place], operation);
}

/** LR and SC on a word that harts share, once: the result says whether it was kept. */
export function conditional([, a, b, c, d]: Gene, spot: Spot): string {
  const between = d % 3 ? [`addi t5, t5, ${d % 100}`] : [`lw ${free(c)}, 0(${window})`];
  return text(
    liRam(spot, temporary, PLACES.data + (a % 3) * PAGE + (b % 4) * 4),
    `lr.w t5, (${temporary})`,
    between,
    `sc.w ${free(c)}, t5, (${temporary})`,
  );
}

/** A critical section: two words that must change together, under one lock for all harts. */
export function lock([, a]: Gene, spot: Spot): string {
  const { name } = spot;
  return text(
    liRam(spot, temporary, PLACES.lock),
    "li t5, 1",
    `${name}again:`,
    `amoswap.w t6, t5, (${temporary})`,
    `bnez t6, ${name}again`,
    `lw t5, 64(${temporary})`,
    `addi t5, t5, ${1 + (a % 7)}`,
    `sw t5, 64(${temporary})`,
    `sw t5, 128(${temporary})`,
    `amoswap.w zero, zero, (${temporary})`,
  );
}

/** An atomic where it is not aligned, or an access where nothing is. */
export function astray([, a, b, c, d]: Gene, spot: Spot): string {
  const forms = [
    [liRam(spot, temporary, PLACES.data + 2 + (d % 500)), `lr.w ${free(c)}, (${temporary})`],
    [liRam(spot, temporary, PLACES.data + 1), `amoadd.w ${free(c)}, t0, (${temporary})`],
    [`li ${temporary}, 0x1a000000`, `${pick(LOADS, b)} ${free(c)}, ${d % 64}(${temporary})`],
    [`li ${temporary}, 0x1a000000`, `${pick(STORES, b)} ${free(c)}, ${d % 64}(${temporary})`],
    [`li ${temporary}, 0x1010`, `sw ${free(c)}, 0(${temporary})`], // the boot ROM
  ];
  return resuming(spot, text(pick(forms, a)));
}
