/**
 * FunctionTable: the functions that a pool's tasks name, each described once in the heap.
 */
import { apart } from '../heap/held.ts';
import { type AnyFunction, describeTarget, type TargetSpec } from '../workers/targets.ts';
import { SharedConstant } from './shared-constant.ts';

/** A function as tasks name it. */
export interface Described {
  readonly row: number;
  readonly generation: number;
  readonly constant: SharedConstant<TargetSpec>;
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
    const key = JSON.stringify([spec.module, spec.name, spec.source, spec.main, spec.as]);
    const described = this.#byKey.get(key) ?? this.#describe(key, spec);
    if (typeof target === 'function') this.#byFunction.set(target, described);
    return described;
  }

  #describe(key: string, spec: TargetSpec): Described {
    if (this.#byKey.size >= MANY) this.#forgetSome();
    const constant = apart(() => new SharedConstant(spec));
    const described: Described = { row: constant.id, generation: constant.generation, constant, key, uses: 0 };
    this.#byKey.set(key, described);
    return described;
  }

  #forgetSome(): void {
    for (const [key, { uses, constant }] of this.#byKey) {
      if (uses > 0) continue;
      this.#byKey.delete(key);
      constant.close();
      if (this.#byKey.size < MANY) return;
    }
  }

  close(): void {
    for (const { constant } of this.#byKey.values()) constant.close();
    this.#byKey.clear();
  }
}
