// The gdb stub without a socket: packets in, packets out. What is hostile ends in an error or in
// silence; what only looks changes nothing; and the past that is run again is the one that was.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { frame, PACKET_BYTES, PacketReader } from "../../emu/gdb/packets.js";
import { Connection, type Machine, Stub } from "../../emu/index.js";
import { busy } from "../support/busy.js";
import { guest, PASS } from "../support/guest.js";

const SLICE = 5000;
const SLICES = 2000;

/** A client of a machine: `ask` sends a packet and gives what came back, at the latest its stop. */
class Client {
  readonly stub: Stub;
  readonly notices: string[] = [];
  out = "";
  finished = false;
  private readonly connection: Connection;

  constructor(readonly machine: Machine) {
    this.stub = new Stub(machine, {
      send: (reply) => this.connection.send(reply),
      kernels: () => ["add-symbol-file x -o 0x0"],
      notice: (text) => this.notices.push(text),
    });
    this.connection = new Connection(this.stub, (bytes) => {
      this.out += bytes;
    });
  }

  raw(bytes: Uint8Array | string): void {
    this.connection.receive(typeof bytes === "string" ? Buffer.from(bytes, "latin1") : bytes);
  }

  /** Runs what was asked for, at most so many slices. */
  settle(slices = SLICES): void {
    for (let n = 0; n < slices && this.stub.running && !this.finished; n++) {
      this.finished = this.stub.slice(SLICE).reason === "finished";
    }
  }

  ask(packet: string): string {
    this.out = "";
    this.raw(frame(packet));
    this.settle();
    const texts = [...this.out.matchAll(/\$([^#]*)#/g)].map(([, text]) => text as string);
    return texts.at(-1) ?? "";
  }

  monitor(command: string): string {
    return Buffer.from(this.ask(`qRcmd,${Buffer.from(command).toString("hex")}`), "hex").toString();
  }

  /** All that gdb would show of the harts. */
  look(): string {
    const ids = this.machine.stats().map((_, hart) => (hart + 1).toString(16));
    return ids.map((id) => this.ask(`Hg${id}`) + this.ask("g")).join("\n");
  }
}

const LOOP = `
  la s0, 0x80004000
  li a0, 0
again:
  addi a0, a0, 1
stored:
  sw a0, 8(s0)
  slti t0, a0, 9
  bnez t0, again
  ${PASS}`;

async function loop() {
  const { machine, labels } = await guest(LOOP);
  const at = (name: string) => (labels.get(name) as number).toString(16);
  return { client: new Client(machine), machine, at };
}

const A0 = "pa";
const word = (value: number) => `${value.toString(16).padStart(2, "0")}000000`;

describe("packets", () => {
  it("come whole, in pieces, escaped, and as interrupts between them", () => {
    const text = frame("Xa,3:}#$*x");
    const bytes = Buffer.from(`+${text}\x03-$m0,4#fd`, "latin1");
    fc.assert(
      fc.property(fc.array(fc.nat(bytes.length)), (cuts) => {
        const reader = new PacketReader();
        const ends = [...cuts, bytes.length].sort((a, b) => a - b);
        const found = ends.flatMap((end, n) =>
          reader.push(bytes.subarray(ends[n - 1] ?? 0, end), () => true),
        );
        expect(found).toEqual([
          { kind: "packet", text: "Xa,3:}#$*x" },
          { kind: "interrupt" },
          { kind: "resend" },
          { kind: "packet", text: "m0,4" },
        ]);
      }),
    );
  });

  it("that are damaged are asked for again, and too long ones are refused", async () => {
    const { client } = await loop();
    client.raw("$g#00");
    expect(client.out).toBe("-");
    const long = "0".repeat(PACKET_BYTES + 1);
    expect(client.ask(long)).toContain("too long");
    expect(client.ask(`P1=${"0".repeat(PACKET_BYTES - 10)}`)).toBe("E16");
    expect(client.ask("qC")).toBe("QC1");
  });

  it("that are unknown have an empty answer", async () => {
    const { client } = await loop();
    client.out = "";
    client.raw(frame("vMustReplyEmpty"));
    expect(client.out).toBe("+$#00");
  });

  it("are not acknowledged when that is agreed on", async () => {
    const { client } = await loop();
    expect(client.ask("QStartNoAckMode")).toBe("OK");
    client.out = "";
    client.raw("$qC#00");
    expect(client.out).toBe(frame("QC1"));
  });
});

describe("registers, memory and harts", () => {
  it("are described, read and written", async () => {
    const { client, machine } = await loop();
    let features = "m";
    for (let part = "m"; part.startsWith("m"); features += part.slice(1)) {
      part = client.ask(`qXfer:features:read:target.xml:${(features.length - 1).toString(16)},fff`);
    }
    expect(features).toContain("</target>");
    for (const name of ["mstatus", "satp", "mhpmcounter31h", "pmpaddr15"]) {
      expect(features).toContain(`name="${name}"`);
    }
    for (const name of ["cpu", "csr", "virtual"]) expect(features).toContain(`riscv.${name}"`);
    expect(client.ask("g")).toHaveLength(33 * 8);
    expect(client.ask("P1=78563412")).toBe("OK");
    expect(client.ask("p1")).toBe("78563412");
    expect(client.ask("p0")).toBe("00000000");
    expect(client.ask(`P${(65 + 0x340).toString(16)}=01000000`)).toBe("OK");
    expect(machine.debug.csr(0, 0x340)).toBe(1);
    expect(client.ask("p1041")).toBe("03000000");
    expect(client.ask("p1040")).toBe("E16");
    expect(client.ask("M80001000,2:abcd")).toBe("OK");
    expect(client.ask("X80001002,2:#}")).toBe("OK");
    expect(client.ask("m80001000,4")).toBe("abcd237d");
    expect(client.ask("m1000,4")).toMatch(/^[\da-f]{8}$/);
    expect(client.ask("m10000000,4")).toBe("E0e");
    expect(client.ask("M1000,1:00")).toBe("E0e");
    expect(client.ask("m80ffffff,4")).toBe("00");
    expect(client.ask("m80ffffff,ffffffff")).toBe("00");
    expect(client.monitor("phys on")).toBe("addresses are physical\n");
    expect(client.ask("qqemu.PhyMemMode")).toBe("1");
  });

  it("harts are threads", async () => {
    const client = new Client(await busy(12));
    expect(client.ask("qfThreadInfo")).toBe("m1,2,3,4,5,6,7,8,9,a,b,c");
    expect([client.ask("Tc"), client.ask("Td"), client.ask("T0")]).toEqual(["OK", "E16", "E16"]);
    expect(Buffer.from(client.ask("qThreadExtraInfo,b"), "hex").toString()).toBe(
      "hart 10, machine",
    );
    expect(client.ask("qXfer:threads:read::0,fff0")).toContain('id="c" core="11"');
  });

  it("more stops than the machine has room for are refused, and the others kept", async () => {
    const { client, at } = await loop();
    for (let n = 0; n < 63; n++)
      expect(client.ask(`Z0,${(0x90000000 + 4 * n).toString(16)},4`)).toBe("OK");
    expect(client.ask(`Z1,${at("again")},4`)).toBe("OK");
    expect(client.ask("Z0,a0000000,4")).toMatch(/^E\..*64/);
    expect(client.ask("Z2,a0000000,0")).toMatch(/^E\./);
    expect(client.ask("Z7,a0000000,4")).toBe("");
    expect(client.ask("c")).toBe("T05thread:1;hwbreak:;");
  });
});

describe("forward and back", () => {
  it("breakpoints and watchpoints stop both ways, and both ends are told of", async () => {
    const { client, at } = await loop();
    client.ask(`Z0,${at("again")},4`);
    for (const seen of [0, 1, 2]) {
      expect(client.ask("vCont;c")).toBe("T05thread:1;swbreak:;");
      expect(client.ask(A0)).toBe(word(seen));
    }
    expect(client.ask("bc")).toBe("T05thread:1;swbreak:;");
    expect(client.ask(A0)).toBe(word(1));
    client.ask(`z0,${at("again")},4`);
    client.ask("Z2,80004008,4");
    expect(client.ask("c")).toBe("T05thread:1;watch:80004008;");
    expect(client.ask("m80004008,4")).toBe(word(2));
    expect(client.ask("bc")).toBe("T05thread:1;watch:80004008;"); // before the store
    expect(client.ask("m80004008,4")).toBe(word(1));
    expect(client.ask("p20")).toBe(wordOf(at("stored")));
    expect(client.ask("bc")).toBe("T05thread:1;watch:80004008;");
    expect(client.ask("bc")).toBe("T05thread:1;replaylog:begin;");
    expect(client.ask("bs")).toBe("T05thread:1;replaylog:begin;");
    client.ask("z2,80004008,4");
    client.ask("c");
    expect(client.finished).toBe(true);
  });

  it("bs goes to each moment before, of any hart of three", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(4000), fc.nat(2), fc.nat(2), async (cycle, first, hart) => {
        const machine = await busy(3);
        const client = new Client(machine);
        machine.run({ cycles: cycle });
        client.ask(`vCont;s:${first + 1};c`);
        client.ask(`Hc${hart + 1}`);
        const twin = await busy(3);
        const steps: number[] = [];
        twin.on("step", ({ hart: id, cycle: at }) => void (id === hart && steps.push(at)));
        twin.debug.observe({ steps: true });
        twin.run({ cycles: cycle + 2000 });
        let before = machine.stats()[hart]?.cycle as number;
        for (let n = 0; n < 6 && !client.ask("bs").includes("begin"); n++) {
          const at = machine.stats()[hart]?.cycle as number;
          expect(at).toBeLessThan(before);
          expect(steps.filter((step) => step > at && step < before)).toEqual([]);
          const other = await busy(3);
          other.debug.stopAt({ hart, cycle: at });
          other.runExact({ cycles: 1e6 });
          expect(machine.hash()).toBe(other.hash());
          before = at;
        }
      }),
      { numRuns: 12 },
    );
  });

  it("whatever was looked at and gone back to, the future is as if it had not been", async () => {
    const END = 60_000;
    const hart = fc.nat(2).map((n) => n + 1);
    const act = fc.oneof(
      hart.map((n) => `vCont;s:${n};c`),
      hart.map((n) => `Hc${n}`),
      fc.constantFrom("bs", "bc", "g", "s", "m80010000,40", "Z2,80011000,4", "z2,80011000,4"),
      fc.nat(60).map((n) => `Z0,${(0x80000000 + 4 * n).toString(16)},4`),
      fc.nat(60).map((n) => `z0,${(0x80000000 + 4 * n).toString(16)},4`),
      fc.constantFrom("run", "R"),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(act, { minLength: 3, maxLength: 25 }), async (acts) => {
        const client = new Client(await busy(3));
        const { machine, stub } = client;
        for (const packet of acts) {
          if (packet !== "run") client.ask(packet);
          else {
            client.raw(frame("c"));
            client.settle(2);
            client.raw("\x03");
            client.settle();
          }
        }
        stub.hold();
        stub.release();
        const end = Math.max(END, machine.cycle() + 50_000, stub.history.horizonClock + 50_000);
        for (let n = 0; machine.cycle() < end || stub.history.inPast; n++) {
          expect(n).toBeLessThan(1000);
          stub.slice(end - machine.cycle());
        }
        const alone = await busy(3);
        alone.run({ cycles: end });
        expect([machine.cycle(), machine.hash()]).toEqual([end, alone.hash()]);
      }),
      { numRuns: 25 },
    );
  });

  it("the past has the same input again, and a change drops what came after it", async () => {
    const { machine } = await guest(`
  li s0, 0x10000000
read:
  lbu t0, 5(s0)
  andi t0, t0, 1
  beqz t0, read
  lbu a0, 0(s0)
got:
  addi s1, s1, 1
  j read`);
    const client = new Client(machine);
    client.raw(frame("c"));
    client.settle(3);
    machine.consoleInput(Buffer.from("A"));
    client.settle(3);
    machine.consoleInput(Buffer.from("B"));
    client.settle(3);
    client.raw("\x03");
    client.settle();
    const [end, cycle] = [machine.hash(), machine.cycle()];
    expect([client.ask(A0), client.ask("p9")]).toEqual([word(0x42), word(2)]);
    client.ask("Z2,80000000,4");
    expect(client.ask("bc")).toContain("replaylog:begin");
    expect(client.ask("p9")).toBe(word(0));
    client.ask("z2,80000000,4");
    client.raw(frame("c"));
    while (client.stub.history.inPast) client.stub.slice(SLICE);
    expect([machine.hash(), machine.cycle()]).toEqual([end, cycle]);
    client.raw("\x03");
    client.settle();
    client.ask("R");
    client.ask("P12=05000000"); // s2
    expect(client.notices).toHaveLength(1);
    expect(client.stub.history.inPast).toBe(false);
    client.raw(frame("c"));
    client.settle(9);
    client.raw("\x03");
    client.settle();
    expect([client.ask("p12"), client.ask("p9")]).toEqual([word(5), word(0)]);
    expect(client.ask("bs")).toContain("thread:1");
    expect(client.ask("p12")).toBe(word(5));
  });
});

function wordOf(address: string): string {
  return Buffer.from(address, "hex").reverse().toString("hex");
}

describe("hostile clients", () => {
  const head = fc.constantFrom(
    ..."?!gGpPmMXHTZzbcCsSRDkvqQ".split(""),
    ...["vCont;", "vCont;s:", "vKill", "qRcmd,", "qXfer:features:read:target.xml:", "qXfer:"],
    ...["qThreadExtraInfo,", "Z0,", "Z2,", "Hg", "Hc", "bs", "bc", "Qqemu.PhyMemMode:", "m0,"],
  );
  const tail = fc.oneof(
    fc.string({ unit: "binary", maxLength: 40 }),
    fc
      .array(fc.constantFrom(..."0123456789abcdef,;:=-".split("")), { maxLength: 40 })
      .map((x) => x.join("")),
    fc.constantFrom(
      "ffffffff,ffffffff",
      "ffffffffffffffffffff,1",
      "-1",
      "0,0",
      "80000000,fffffffff",
    ),
  );
  const bytes = (text: string) => Buffer.from(text, "latin1");
  const junk = fc.oneof(
    fc.tuple(head, tail).map(([a, b]) => bytes(frame(a + b))),
    fc.uint8Array({ maxLength: 60 }),
    fc.tuple(head, tail).map(([a, b]) => bytes(`$${a}${b}$$#`)),
    fc.tuple(head, tail).map(([a, b]) => bytes(`$${a}${b}#zz`)),
    fc.nat(3 * PACKET_BYTES).map((n) => bytes(`$${"m".repeat(n)}#00`)),
    fc.constant(bytes("\x03")),
  );

  it("get errors or nothing, and cost no more than they send", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(junk, { minLength: 1, maxLength: 40 }), async (pieces) => {
        const client = new Client(await busy(2));
        for (const piece of pieces) {
          client.out = "";
          client.raw(piece);
          const packets = 1 + piece.filter((byte) => byte === 0x23).length;
          expect(client.out.length).toBeLessThanOrEqual(packets * (PACKET_BYTES + 8) * 2);
          client.settle(3);
        }
        client.raw("\x03\x03#00#00");
        client.settle();
        client.stub.hold();
        expect(client.ask("QStartNoAckMode")).toBe("OK");
        expect(client.ask("qC")).toMatch(/^QC[12]$/);
      }),
      { numRuns: 80 },
    );
  });
});
