// Runs an image on our machine and on QEMU's virt board, and gives the RAM that each leaves behind.
import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createMachine } from "../../../emu/index.js";
import { inFolder } from "../quarterdeck.js";
import { PLACES, RAM } from "./harness.js";

export const RAM_BYTES = 64 << 20;
const CYCLES_MOST = 200_000_000;
const TIMEOUT = 120_000;
/** QEMU's rv32 without what our profile does not have. */
const CPU = [
  ...[
    "rv32",
    "priv_spec=v1.12.0",
    "g=false",
    "f=false",
    "d=false",
    "h=false",
    "v=false",
    "sstc=false",
  ],
  ...["zba=false", "zbb=false", "zbc=false", "zbs=false", "pmu-num=0"],
  ...["Zihintpause=false", "debug=false", "svinval=false", "svnapot=false", "svpbmt=false"],
].join(",");

/** The RAM that is compared, after the image has run; `exact`: instruction by instruction. */
export async function onOurs(image: Uint8Array, exact: boolean): Promise<Uint8Array> {
  const machine = await createMachine({ harts: 2, ramBytes: RAM_BYTES, firmware: image });
  const budget = { cycles: CYCLES_MOST };
  const result = exact ? machine.runExact(budget) : machine.run(budget);
  if (result.reason !== "finished") {
    throw new Error(`our machine did not finish: ${JSON.stringify([result, machine.stats()])}`);
  }
  return machine.readPhysical(RAM, PLACES.end - RAM);
}

/** The same on QEMU. */
export function onQemu(image: Uint8Array): Promise<Uint8Array> {
  return inFolder(async (folder) => {
    const [file, ram] = [join(folder, "image"), join(folder, "ram")];
    writeFileSync(file, image);
    const args = ["-M", "virt,memory-backend=ram", "-m", "64M", "-smp", "2", "-cpu", CPU];
    args.push("-object", `memory-backend-file,id=ram,size=64M,mem-path=${ram},share=on`);
    args.push("-device", `loader,file=${file},addr=0x80000000,force-raw=on`);
    args.push("-bios", "none", "-display", "none", "-serial", "none", "-monitor", "none");
    const child = spawn("qemu-system-riscv32", args, { stdio: ["ignore", "ignore", "pipe"] });
    let said = "";
    child.stderr.on("data", (bytes) => {
      said += bytes;
    });
    const timer = setTimeout(() => child.kill("SIGKILL"), TIMEOUT);
    const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
    clearTimeout(timer);
    if (code !== 0) throw new Error(`QEMU did not finish (${code}): ${said}`);
    return new Uint8Array(readFileSync(ram).subarray(0, PLACES.end - RAM));
  });
}
