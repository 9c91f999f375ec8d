// The page tables of a lockstep guest: two sets, alike but for the window, whose pages lead to
// other frames in the second. RAM and devices are there twice, for S and for U mode.
import {
  DATA_PAGES,
  entryOf,
  FUNCTION_FRAMES,
  IO,
  PAGE,
  PLACES,
  RAM,
  TABLE_SETS,
  TABLE_STRIDE,
  USER_IO,
  USER_RAM,
  WINDOW,
  windowPage,
} from "./places.js";

const PTE = { valid: 1, user: 16, data: 0xc7, code: 0xcf, executeOnly: 0xc9, untouched: 0x0f };
const SUPERPAGE = 1 << 22;

/** The entry of a leaf or, with `flags` 1, of a pointer. */
export const entry = (pa: number, flags: number) => (((pa >>> 12) << 10) | flags) >>> 0;

/** The flags of a page of the window as it starts; some lack R, or A and D. */
export function windowFlags(what: "data" | "code", user: boolean, page: number): number {
  const code = page % 4 === 3 ? PTE.executeOnly : page % 4 === 2 ? PTE.untouched : PTE.code;
  const flags = what === "code" ? code : page % 4 === 2 ? 0x07 : PTE.data;
  return flags | (user ? PTE.user : 0);
}

/** The frame that a page of the window leads to in a set. */
export function windowFrame(what: "data" | "code", set: number, page: number): number {
  const frames = what === "data" ? DATA_PAGES : FUNCTION_FRAMES;
  const start = what === "data" ? PLACES.data : PLACES.functions;
  return start + ((page + set) % frames) * PAGE;
}

/** Writes both sets into the image, whose first byte lies at RAM. */
export function putTables(view: DataView): void {
  const put = (at: number, value: number) => view.setUint32(at - RAM, value, true);
  for (let set = 0; set < TABLE_SETS; set++) {
    const root = PLACES.tables + set * TABLE_STRIDE;
    const superpage = (va: number, pa: number, flags: number) =>
      put(root + (va >>> 22) * 4, entry(pa, flags));
    for (let n = 0; n < 4; n++) {
      const pa = RAM + n * SUPERPAGE;
      superpage(pa, pa, PTE.code);
      superpage(USER_RAM + n * SUPERPAGE, pa, PTE.code | PTE.user);
    }
    for (const place of [0, IO.msip, IO.uart]) {
      superpage(place, place, PTE.data);
      superpage(USER_IO + place, place, PTE.data | PTE.user);
    }
    put(root + (WINDOW >>> 22) * 4, entry(root + PAGE, PTE.valid));
    for (const what of ["data", "code"] as const) {
      for (let n = 0; n < 16; n++) {
        const [user, page] = [n >= 8, n % 8];
        const leaf = entry(windowFrame(what, set, page), windowFlags(what, user, page));
        put(entryOf(set, windowPage(what, user, page)), leaf);
      }
    }
  }
}
