// A relief in a page's worker, by both engines, in browsers whose WebAssembly compilers
// are different ones: the same hash as here, and the same code is translated.
import { describe, expect, test } from "vitest";
import { BROWSERS, relieveIn } from "../support/browser/page.js";
import { relieveByAll } from "../support/browser/runs.js";
import { images } from "../support/images.js";
import { counted, hasOracle } from "../support/oracle.js";

describe.each(BROWSERS)("%s", (browser) => {
  test.skipIf(!hasOracle(browser))("relieves as Node does", { timeout: 300_000 }, async () => {
    const here = await relieveByAll(images());
    const there = await relieveIn(browser, images());
    expect(there).toEqual(here);
    expect(new Set(here.map(({ hash }) => hash)).size).toBe(1);
    const regions = here.map(({ translation }) => translation?.regions ?? 0);
    expect(Math.max(...regions)).toBeGreaterThan(20);
    counted(browser, `${there.length} reliefs, hash ${here[0]?.hash}`);
  });
});
