// `quarterdeck fdt`: prints the device tree that the host builds for a machine, as source.
import type { Command } from "commander";
import { checkConfig, createMachine, printFdt } from "../index.js";
import { byteSize, wholeNumber } from "./parse.js";

interface Options {
  harts: number;
  memory: number;
  append?: string;
  zoneNormal?: number;
  firewall?: boolean;
}

/** Adds the command to the program. */
export function addFdt(program: Command): void {
  program
    .command("fdt")
    .description("print the device tree source of a machine")
    .option("--harts <n>", "harts, 1 to 512", wholeNumber("--harts", 1, 512), 2)
    .option("--memory <size>", "RAM, 16M to 2G", byteSize("--memory", "16M", "2G"), 64 << 20)
    .option("--append <arguments>", "the kernel's command line")
    .option("--zone-normal <size>", "ZONE_NORMAL", byteSize("--zone-normal", "1M", "2G"))
    .option("--firewall", "with a firewall that enforces the frame ledger")
    .addHelpText("after", "\nExample:\n  quarterdeck fdt --harts 4 | dtc -I dts -O dtb -o virt.dtb")
    .action(async (options: Options) => {
      const config = checkConfig({
        harts: options.harts,
        ramBytes: options.memory,
        firewall: options.firewall === true,
        ...(options.append === undefined ? {} : { bootArgs: options.append }),
        ...(options.zoneNormal === undefined ? {} : { zoneNormalBytes: options.zoneNormal }),
      });
      const machine = await createMachine(config);
      process.stdout.write(printFdt(machine.deviceTree.tree));
    });
}
