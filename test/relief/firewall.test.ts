// The relief on a machine whose firewall enforces the ledger: nothing that either kernel does needs
// a frame that is not its own, and a store that goes astray stops the one that made it.
import { describe, expect, test } from "vitest";
import { parseFault } from "../../emu/experiment/faults.js";
import { createMachine, markTable, ReliefLog, watchFiles, watchScript } from "../../emu/index.js";
import { images } from "../support/images.js";
import { fresh, relief, WAYS } from "../support/relief.js";
import { broken } from "../support/watched.js";

describe.each(WAYS)("%s to be relieved by %s", (from, to) => {
  test.each([2, 4])("on %i harts, with every store judged", async (harts) => {
    const { run, report } = await relief({ from, to, harts, firewall: true });
    expect(report).toMatchObject({ outcome: "relieved", failures: [], processesLost: 0 });
    expect([...run.kept].sort()).toEqual([...run.watch].sort());
  });

  test("the stray store that the firewall stops does harm without one", async () => {
    const script = watchScript({ to: [to], seed: 1, fault: parseFault("stray") });
    const machine = await createMachine({
      harts: 2,
      ramBytes: 64 << 20,
      firmware: images().firmware,
      kernel: images().kernels[from],
      initrd: watchFiles(images(), script, parseFault("stray")),
    });
    const log = new ReliefLog(await markTable());
    machine.on("mark", (mark) => log.add(mark));
    machine.run({ cycles: 400_000_000 });
    expect(log.reliefs[0]?.outcome).toBe("relieved"); // nobody noticed
    expect(broken(log)).not.toEqual([]);
  });
});

test("there and back ten times; the same seed gives the same hash", async () => {
  const config = { times: 10, harts: 3, firewall: true };
  const [once, again] = [await fresh(config), await fresh(config, 777_777)];
  expect(once.report).toMatchObject({ outcome: "relieved", failures: [], reliefs: 10 });
  expect(again.run.finalStateHash).toBe(once.run.finalStateHash);
});
