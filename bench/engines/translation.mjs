// What the translator does in one run of each guest, the kernels' too: how many regions it
// translates, what they cost the host, and which part of the instructions is executed in them. The
// host's time is that of the constructors of WebAssembly's modules and instances while the machine
// runs; code that the host compiles better later, on threads of its own, is not in it.
import { retired } from "./guests.mjs";

const CONSTRUCTORS = ["Module", "Instance"];

/** Runs `action` with WebAssembly's constructors timed; gives its result, calls and seconds. */
export async function withConstructors(action) {
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

/** One row; `translated` is undefined where there is no translator. */
export async function measureTranslation(one) {
  const { result, spent } = await withConstructors(() => one.busy("translator"));
  const { machine, seconds } = result;
  const counts = machine.translation?.();
  if (counts === undefined) return { name: one.name, translated: undefined };
  const { Module, Instance } = spent;
  const constructing = Module.seconds + Instance.seconds;
  return {
    name: one.name,
    translated: {
      ...counts,
      share: counts.instructions / retired(machine),
      constructing,
      secondsPerRegion: counts.regions > 0 ? constructing / counts.regions : undefined,
      partOfRun: constructing / seconds,
    },
  };
}
