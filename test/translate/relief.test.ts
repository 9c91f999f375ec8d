// Whole reliefs by both engines, with the watch and the clients of the key-value server: behind
// each slice the same registers, clocks, events (packets, marks, traps, returns) and hash, and in
// the end the hash that the experiment gives.
import { describe, expect, test } from "vitest";
import { SERVICE_STANDS_DOWN } from "../../emu/experiment/watch.js";
import {
  checkRelief,
  type Engine,
  type Machine,
  type MarkTable,
  markTable,
  type ReliefConfig,
  reliefMachine,
  runRelief,
  SERVICE_PORT,
  ServiceClient,
  VsockHost,
} from "../../emu/index.js";
import { images } from "../support/images.js";
import { csrDifference, Events, stateDifference } from "../support/lockstep/state.js";

const SLICE_CYCLES = 5_000_000;
/** As in emu/experiment/relief.ts. */
const THINK_CYCLES = 1_000_000;
const STOP_CYCLES = 1000;

/** The experiment's machine by one engine, with the clients that the experiment has. */
async function machineBy(
  engine: Engine,
  config: ReliefConfig,
  table: MarkTable,
): Promise<{ machine: Machine; events: Events; client: ServiceClient }> {
  const machine = await reliefMachine({ ...config, engine }, images());
  const events = new Events(machine);
  machine.debug.observe({ traps: true });
  const client = new ServiceClient(machine, new VsockHost(machine), {
    connections: config.connections,
    seed: config.seed,
    port: SERVICE_PORT,
    thinkCycles: THINK_CYCLES,
    reconnects: false,
  });
  machine.on("mark", ({ cycle, code, text }) => {
    const standsDown = table.nameOf(code) === "USER" && text === SERVICE_STANDS_DOWN;
    if (standsDown) machine.at(cycle + STOP_CYCLES, () => client.stop());
  });
  client.start();
  return { machine, events, client };
}

describe.each([
  ["larboard", "starboard", "all"],
  ["starboard", "larboard", "groups"],
] as const)("%s relieved by %s, %s", (from, to, transfer) => {
  test("whole relief with both engines: equal hash, equal events", async () => {
    const config = checkRelief({ from, to, transfer, seed: 5 });
    const table = await markTable();
    const one = await machineBy("interpreter", config, table);
    const two = await machineBy("translator", config, table);
    const machines = [one.machine, two.machine] as const;
    let [reason, heard] = ["budget", 0];
    while (reason === "budget") {
      const results = machines.map((machine) => machine.run({ cycles: SLICE_CYCLES }));
      expect(results[1]).toEqual(results[0]);
      const happened = [one.events.take(), two.events.take()] as const;
      heard += happened[0].length;
      expect(stateDifference(machines, happened)).toBeUndefined();
      reason = results[0]?.reason ?? "";
    }
    expect(reason).toBe("finished");
    expect(csrDifference(machines)).toBeUndefined();
    expect(two.machine.translation()?.instructions).toBeGreaterThan(10_000_000);
    expect(two.client.exchanges).toEqual(one.client.exchanges);
    expect(one.client.exchanges.length).toBeGreaterThan(100);
    expect(heard).toBeGreaterThan(10_000);
    const run = await runRelief(config, images());
    expect(run.finalStateHash).toBe(one.machine.hash());
  });
});
