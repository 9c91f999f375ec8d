// The device tree of the machine, with QEMU virt's names and compatibles so that guests of one find
// their way on the other (hw/riscv/virt.c), and the log desk and the firewall besides.
import type { FdtNode, FdtValue } from "./image/fdt.js";

export interface TreeInput {
  readonly harts: number;
  readonly ramBytes: number;
  readonly bootArgs: string;
  readonly seed: number;
  readonly firewall: boolean;
  readonly successor: boolean;
  readonly initrd?: { readonly start: number; readonly end: number };
  readonly zoneNormalBytes?: number;
  /** A number of assembly/abi.ts, by name. */
  readonly abi: (name: string) => number;
}

type Properties = Record<string, FdtValue>;

function node(name: string, properties: Properties, children: FdtNode[] = []): FdtNode {
  return { name, properties: Object.entries(properties), children };
}

function named(name: string, base: number): string {
  return `${name}@${base.toString(16)}`;
}

const PLIC_HANDLE = 1;
const FINISHER_HANDLE = 2;
const CPU_INTC_HANDLE = 16; // of hart 0; the next hart's is one more

function cpus(input: TreeInput): FdtNode {
  const each = Array.from({ length: input.harts }, (_, id) =>
    node(
      named("cpu", id),
      {
        device_type: "cpu",
        reg: [id],
        status: "okay",
        compatible: "riscv",
        "riscv,isa": "rv32imac_zicntr_zicsr_zifencei_zihpm",
        "mmu-type": "riscv,sv32",
      },
      [
        node("interrupt-controller", {
          "#address-cells": [0],
          "#interrupt-cells": [1],
          "interrupt-controller": null,
          compatible: "riscv,cpu-intc",
          phandle: [CPU_INTC_HANDLE + id],
        }),
      ],
    ),
  );
  return node(
    "cpus",
    {
      "#address-cells": [1],
      "#size-cells": [0],
      "timebase-frequency": [input.abi("TIMEBASE_HZ")],
    },
    each,
  );
}

/** For each hart, its interrupt controller with two interrupt numbers. */
function contexts(harts: number, first: number, second: number): number[] {
  return Array.from({ length: harts }, (_, id) => id + CPU_INTC_HANDLE).flatMap((handle) => [
    handle,
    first,
    handle,
    second,
  ]);
}

/** Eight words that depend on the seed alone. */
function seedWords(seed: number): number[] {
  let state = (seed ^ 0x9e3779b9) >>> 0;
  return Array.from({ length: 8 }, () => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x6d2b79f5) >>> 0;
    return (state ^ (state >>> 12)) >>> 0;
  });
}

function chosen(input: TreeInput): FdtNode {
  const properties: Properties = {
    bootargs: input.bootArgs,
    "stdout-path": `/soc/${named("serial", input.abi("UART_BASE"))}`,
    "rng-seed": seedWords(input.seed),
    "quarterdeck,successor": [input.successor ? 1 : 0],
  };
  if (input.initrd) {
    properties["linux,initrd-start"] = [input.initrd.start];
    properties["linux,initrd-end"] = [input.initrd.end];
  }
  if (input.zoneNormalBytes !== undefined) {
    properties["quarterdeck,zone-normal"] = [input.zoneNormalBytes];
  }
  return node("chosen", properties);
}

function soc(input: TreeInput): FdtNode {
  const { abi, harts } = input;
  const device = (name: string, area: string, properties: Properties): FdtNode =>
    node(named(name, abi(`${area}_BASE`)), {
      ...properties,
      reg: [0, abi(`${area}_BASE`), 0, abi(`${area}_SIZE`)],
    });
  const wired = (interrupt: number): Properties => ({
    interrupts: [interrupt],
    "interrupt-parent": [PLIC_HANDLE],
  });
  const slots = Array.from({ length: abi("VIRTIO_SLOTS") }, (_, slot) => {
    const base = abi("VIRTIO_BASE") + slot * abi("VIRTIO_STRIDE");
    return node(named("virtio_mmio", base), {
      compatible: "virtio,mmio",
      reg: [0, base, 0, abi("VIRTIO_STRIDE")],
      ...wired(abi("VIRTIO_IRQ") + slot),
    });
  });
  return node(
    "soc",
    { "#address-cells": [2], "#size-cells": [2], compatible: "simple-bus", ranges: null },
    [
      device("test", "FINISHER", {
        compatible: ["sifive,test1", "sifive,test0", "syscon"],
        phandle: [FINISHER_HANDLE],
      }),
      device("rtc", "RTC", { compatible: "google,goldfish-rtc", ...wired(abi("RTC_IRQ")) }),
      device("logdesk", "LOG_DESK", { compatible: "quarterdeck,log-desk" }),
      ...(input.firewall
        ? [device("firewall", "FIREWALL", { compatible: "quarterdeck,firewall" })]
        : []),
      device("clint", "CLINT", {
        compatible: ["sifive,clint0", "riscv,clint0"],
        "interrupts-extended": contexts(harts, 3, 7),
      }),
      device("plic", "PLIC", {
        compatible: ["sifive,plic-1.0.0", "riscv,plic0"],
        "#address-cells": [0],
        "#interrupt-cells": [1],
        "interrupt-controller": null,
        "interrupts-extended": contexts(harts, 11, 9),
        "riscv,ndev": [abi("PLIC_SOURCES") - 1],
        phandle: [PLIC_HANDLE],
      }),
      device("serial", "UART", {
        compatible: "ns16550a",
        "clock-frequency": [3686400],
        ...wired(abi("UART_IRQ")),
      }),
      ...slots,
    ],
  );
}

/** The whole tree. */
export function deviceTree(input: TreeInput): FdtNode {
  const { abi } = input;
  const power = (value: number, compatible: string): Properties => ({
    value: [value],
    offset: [0],
    regmap: [FINISHER_HANDLE],
    compatible,
  });
  return node(
    "",
    {
      "#address-cells": [2],
      "#size-cells": [2],
      compatible: "riscv-virtio",
      model: "riscv-virtio,quarterdeck",
    },
    [
      chosen(input),
      node(named("memory", abi("RAM_BASE")), {
        device_type: "memory",
        reg: [0, abi("RAM_BASE"), 0, input.ramBytes],
      }),
      cpus(input),
      node("poweroff", power(abi("FINISHER_PASS"), "syscon-poweroff")),
      node("reboot", power(abi("FINISHER_RESET"), "syscon-reboot")),
      soc(input),
    ],
  );
}
