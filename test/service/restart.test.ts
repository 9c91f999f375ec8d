// The client and a real key-value server that is killed and started again: by a script in the
// guest, whose kernel closes the connections, and with the host's end of them gone without a word.
import { describe, expect, test } from "vitest";
import { KERNELS, type KernelName, watchFiles } from "../../emu/experiment/watch.js";
import { createMachine, type Machine } from "../../emu/machine.js";
import { ServiceClient } from "../../emu/service/client.js";
import { VsockHost } from "../../emu/vsock/host.js";
import { images } from "../support/images.js";

const PORT = 6379;
/** Its first program is process 3, behind init and the shell. */
const SCRIPT = `kvd ${PORT} &
sleep 0.3
kill -KILL 3
sleep 0.05
kvd ${PORT} &
sleep 0.6
poweroff
`;

async function served(kernel: KernelName): Promise<{ machine: Machine; host: VsockHost }> {
  const machine = await createMachine({
    harts: 2,
    ramBytes: 64 << 20,
    seed: 1,
    firmware: images().firmware,
    kernel: images().kernels[kernel],
    initrd: watchFiles(images(), SCRIPT),
    vsock: true,
  });
  return { machine, host: new VsockHost(machine) };
}

const clientOf = (machine: Machine, host: VsockHost, reconnects: boolean) =>
  new ServiceClient(machine, host, {
    ...{ connections: 4, seed: 1, port: PORT, thinkCycles: 200_000, reconnects },
  });

describe.each(KERNELS)("%s", (kernel) => {
  test("a server killed and started again has no keys, and the client goes on", async () => {
    const { machine, host } = await served(kernel);
    const client = clientOf(machine, host, true);
    client.start();
    machine.run({ cycles: 75_000_000 });
    expect(client.failures).toEqual([]);
    const { survival, exchanges } = client;
    expect(survival).toMatchObject({ connectionsKept: 0, connectionsLost: 4, keysKept: 0 });
    expect(survival.keysLost).toBeGreaterThan(4 * 6);
    const gaps = exchanges.map(({ answered }, i) => answered - (exchanges[i - 1]?.answered ?? 0));
    expect(Math.max(...gaps.slice(1))).toBeGreaterThan(5_000_000); // it sleeps so long
    expect(exchanges.at(-1)?.answered).toBeGreaterThan(machine.cycle() - 1_000_000);
    client.stop();
  });

  test("for a client that may not break it is a failure of each connection", async () => {
    const { machine, host } = await served(kernel);
    const client = clientOf(machine, host, false);
    client.start();
    machine.run({ cycles: 75_000_000 });
    expect(client.failures).toHaveLength(4);
    expect(client.failures[0]).toMatch(/connection \d: the connection was closed/);
  });

  test("whose end of the connections goes unheard is found out, and keeps its keys", async () => {
    const { machine, host } = await served(kernel);
    const client = clientOf(machine, host, true);
    client.start();
    machine.at(25_000_000, () => host.peerReset());
    machine.run({ cycles: 29_000_000 });
    expect(client.failures).toEqual([]);
    expect(client.survival).toMatchObject({ connectionsLost: 4, keysLost: 0 });
    expect(client.survival.keysKept).toBeGreaterThan(4 * 6);
    client.stop();
  });
});
