// What the translator does in one run of each guest, the kernels' too: how many regions it
// translates, what they cost the host, and which part of the instructions is executed in them. The
// host's time is that of the constructors of WebAssembly's modules and instances while the machine
// runs; code that the host compiles better later, on threads of its own, is not in it. Each guest
// has a process of its own (`node translation.mjs NAME`), since modules are kept in one.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { caseOf } from "./cases.mjs";
import { retired } from "./guests.mjs";

const SELF = fileURLToPath(import.meta.url);
const CONSTRUCTORS = ["Module", "Instance"];

/** Runs `action` with WebAssembly's constructors timed; gives its result, calls and seconds. */
async function withConstructors(action) {
  const spent = { Module: { calls: 0, seconds: 0 }, Instance: { calls: 0, seconds: 0 } };
  const originals = CONSTRUCTORS.map((name) => [name, WebAssembly[name]]);
  for (const [name, original] of originals) {
    const construct = (target, args) => {
      const start = performance.now();
      const made = Reflect.construct(target, args);
      spent[name].seconds += (performance.now() - start) / 1000;
      spent[name].calls++;
      return made;
    };
    WebAssembly[name] = new Proxy(original, { construct });
  }
  try {
    return { result: await action(), spent };
  } finally {
    for (const [name, original] of originals) WebAssembly[name] = original;
  }
}

async function measureHere(one) {
  const { result, spent } = await withConstructors(() => one.busy("translator"));
  const { machine, seconds } = result;
  const counts = machine.translation?.();
  if (counts === undefined) return { name: one.name, translated: null };
  const { Module, Instance } = spent;
  return {
    name: one.name,
    translated: {
      ...counts,
      share: counts.instructions / retired(machine),
      compiling: Module.seconds,
      instantiating: Instance.seconds,
      partOfRun: (Module.seconds + Instance.seconds) / seconds,
    },
  };
}

/** One row, measured in a process of its own; `translated` is null where there is no translator. */
export function measureTranslation(name) {
  const done = spawnSync(process.execPath, [SELF, name], { encoding: "utf8" });
  if (done.status !== 0) throw new Error(`${name}, translated: ${done.stderr || done.error}`);
  return JSON.parse(done.stdout);
}

if (process.argv[1] === SELF) {
  console.log(JSON.stringify(await measureHere(caseOf(process.argv[2]))));
}
