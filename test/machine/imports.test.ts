// The core's imports run one way. The order below is the table of arrows: a file may import only
// from files that stand before it.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const ASSEMBLY = fileURLToPath(new URL("../../assembly", import.meta.url));
const ORDER = [
  ...["abi", "layout", "isa/op", "isa/format", "isa/entry"],
  ...["translate/state", "translate/bytes", "translate/regions"],
  ...["timing/counters", "timing/parameters", "hart", "timing/state"],
  "translate/sampler",
  ...["parallel/state", "parallel/wait", "parallel/world", "parallel/atomic"],
  ...["timing/account", "event", "debug", "timing/cache", "timing/contention", "timing/node"],
  ...["timing/l1", "timing/check", "timing/filter", "timing/transaction", "timing/copies"],
  ...["timing/directory", "timing/coherence", "memory", "tlb", "timing/translation"],
  ...["timing/touch", "timing/hpm", "timing/model"],
  ...[
    "parallel/time",
    "device/lines",
    "device/finisher",
    "device/clint",
    "device/plic",
    "device/uart",
  ],
  ...["device/rtc", "device/log-desk", "device/virtio-queue", "device/inbox"],
  ...["device/virtio-block", "device/virtio-vsock", "device/virtio-console"],
  ...["device/virtio-entropy", "device/virtio", "device/firewall"],
  ...["bus", "pmp", "parallel/code", "parallel/wake", "parallel/devices", "mmu", "trap", "csr"],
  ...["isa/emit", "isa/interpret"],
  ...["isa/i", "isa/m", "isa/a", "isa/c", "isa/zicsr", "isa/privileged"],
  ...["decode", "step", "transfer"],
  ...["translate/blocks", "translate/instruction", "translate/structure"],
  ...["translate/function", "translate/module"],
  ...["translate/hot", "translate/slow", "translate/run"],
  ...["execute", "spent", "execute-timed", "slice", "schedule"],
  ...["parallel/modules", "parallel/schedule", "reset", "hash", "inspect", "snapshot"],
  ...["check", "machine", "machine-timing", "machine-parallel"],
];

/** The arrows of one file that go to itself, forward, or to a file that is not in the order. */
function wrongArrows(file: string, text: string, order: readonly string[]): string[] {
  const place = order.indexOf(file);
  return [...text.matchAll(/from "(\.[^"]+)"/g)]
    .map(([, to]) => normalize(join(dirname(file), to as string)))
    .filter((to) => !order.includes(to) || order.indexOf(to) >= place)
    .map((to) => `${file} -> ${to}`);
}

it("every file of the core is in the order, and imports only from files before it", () => {
  const files = (readdirSync(ASSEMBLY, { recursive: true }) as string[])
    .filter((path) => path.endsWith(".ts"))
    .map((path) => path.slice(0, -3));
  expect(files.filter((file) => !ORDER.includes(file))).toEqual([]);
  const wrong = files.flatMap((file) =>
    wrongArrows(file, readFileSync(join(ASSEMBLY, `${file}.ts`), "utf8"), ORDER),
  );
  expect(wrong).toEqual([]);
});

it("an arrow that goes forward is found", () => {
  expect(wrongArrows("a", 'import { x } from "./b";', ["a", "b"])).toEqual(["a -> b"]);
});
