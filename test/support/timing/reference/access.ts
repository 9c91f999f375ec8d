// One access of the reference model on its way: who asks for what, and the cycles it has stalled
// so far, by component.
import type { Component } from "./counters.js";

export const FETCH = 0;
export const LOAD = 1;
export const STORE = 2;
export const WALK = 3;
export const WALK_STORE = 4;
export type Kind = 0 | 1 | 2 | 3 | 4;

export class Access {
  readonly components = new Map<Component, number>();

  constructor(
    readonly hart: number,
    readonly node: number,
    readonly home: number,
    readonly line: number,
    readonly kind: Kind,
    readonly cycle: number,
  ) {}

  get isFetch(): boolean {
    return this.kind === FETCH;
  }

  get isStore(): boolean {
    return this.kind === STORE || this.kind === WALK_STORE;
  }

  add(component: Component, cycles: number): void {
    this.components.set(component, (this.components.get(component) ?? 0) + cycles);
  }

  /** Whether some cache gives the line up to another. */
  get isTransfer(): boolean {
    return this.components.has("INTERVENTION") || this.components.has("INVALIDATION");
  }

  get stall(): number {
    return [...this.components.values()].reduce((sum, cycles) => sum + cycles, 0);
  }

  /** The cycle that the access has come to. */
  get now(): number {
    return this.cycle + this.stall;
  }
}
