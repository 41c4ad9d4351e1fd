/**
 * FunctionTable: the functions that a pool's tasks name, each described once in the heap.
 */
import { type AnyFunction, describeTarget, type TargetSpec } from '../workers/targets.ts';
import { Holder } from './holder.ts';

/** A function as tasks name it. */
export interface Described {
  readonly row: number;
  readonly generation: number;
  readonly holder: Holder<TargetSpec>;
  readonly key: string;
  /** Tasks on their way. */
  uses: number;
}

/** Beyond so many those that no task uses are forgotten, the oldest first. */
const MANY = 256;

export class FunctionTable {
  readonly #byKey = new Map<string, Described>();
  /** Describing a function reads its source. */
  readonly #byFunction = new WeakMap<object, Described>();

  of(target: AnyFunction | URL): Described {
    const known = typeof target === 'function' ? this.#byFunction.get(target) : undefined;
    if (known !== undefined && this.#byKey.get(known.key) === known) return known;
    const spec = describeTarget(target);
    const key = JSON.stringify([spec.module, spec.name, spec.source, spec.main]);
    const described = this.#byKey.get(key) ?? this.#describe(key, spec);
    if (typeof target === 'function') this.#byFunction.set(target, described);
    return described;
  }

  #describe(key: string, spec: TargetSpec): Described {
    if (this.#byKey.size >= MANY) this.#forgetSome();
    const holder = new Holder(spec);
    const described: Described = { row: holder.id, generation: holder.generation, holder, key, uses: 0 };
    this.#byKey.set(key, described);
    return described;
  }

  #forgetSome(): void {
    for (const [key, { uses, holder }] of this.#byKey) {
      if (uses > 0) continue;
      this.#byKey.delete(key);
      holder.close();
      if (this.#byKey.size < MANY) return;
    }
  }

  close(): void {
    for (const { holder } of this.#byKey.values()) holder.close();
    this.#byKey.clear();
  }
}
