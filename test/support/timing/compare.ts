// Says where the core's timing model and the reference differ: in the state of a line in a cache,
// in a counter of a hart, or in the traffic of a node.
import type { TimingCore } from "./core.js";
import type { ReferenceModel } from "./reference.js";

const CACHES = ["L1I", "L1D", "L2"];

function lineDifferences(core: TimingCore, model: ReferenceModel, lines: readonly number[]) {
  const { harts, parameters } = model.config;
  const found: string[] = [];
  for (const [cache, name] of CACHES.entries()) {
    const count = name === "L2" ? parameters.NODES : harts;
    for (let id = 0; id < count; id++) {
      for (const line of lines) {
        const [is, should] = [core.lineState(cache, id, line), model.lineState(cache, id, line)];
        if (is !== should) found.push(`line ${line}, ${name} ${id}: ${is}, not ${should}`);
      }
    }
  }
  return found;
}

function counterDifferences(core: TimingCore, model: ReferenceModel): string[] {
  const found: string[] = [];
  for (let hart = 0; hart < model.config.harts; hart++) {
    const should: Readonly<Record<string, number>> = model.counters(hart);
    for (const [name, is] of core.counters(hart, should)) {
      found.push(`hart ${hart}, ${name}: ${is}, not ${should[name] ?? 0}`);
    }
  }
  return found;
}

function trafficDifferences(core: TimingCore, model: ReferenceModel): string[] {
  const found: string[] = [];
  for (let node = 0; node < model.config.parameters.NODES; node++) {
    const is = core.traffic(node);
    for (const [name, should] of Object.entries(model.traffic(node))) {
      const value = is[name as keyof typeof is];
      if (value !== should) found.push(`node ${node}, ${name}: ${value}, not ${should}`);
    }
  }
  return found;
}

/** All that differs, of these lines; [] when nothing does. */
export function differences(
  core: TimingCore,
  model: ReferenceModel,
  lines: readonly number[],
): string[] {
  const check = core.check();
  return [
    ...(check === 0 ? [] : [`checkModel: ${check}, not 0`]),
    ...lineDifferences(core, model, lines),
    ...counterDifferences(core, model),
    ...trafficDifferences(core, model),
  ];
}
