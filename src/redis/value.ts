/** Value: one number between programs. */
import type { Typecode, ValueOf } from '../sync/typecodes.ts';
import { checkType, views } from './core.ts';
import { RedisObject, RedisTag, registerRedis, textOfReply } from './object.ts';

/** What makes a number one of its type. */
const SCRATCH = new ArrayBuffer(8);

/** @internal */
export interface ValuePlan {
  typecode: Typecode;
  /** As text. */
  init: string;
}

/**
 * A number that all programs see. `v.value += 1` are two calls, and loses updates: use `add`, or `update`.
 * There is no lock in it: nobody waits for a function of somebody else's.
 */
export class Value<C extends Typecode = Typecode> extends RedisObject<ValuePlan> {
  #number(text: string): ValueOf<C> {
    const { typecode } = this.plan.options;
    if (typecode === 'd') return Number(text) as ValueOf<C>;
    const view = new views[typecode](SCRATCH, 0, 1);
    view[0] = typecode === 'q' || typecode === 'Q' ? BigInt(text) : Number(text);
    return view[0] as ValueOf<C>;
  }

  #text(value: ValueOf<C>): string {
    checkType(this.plan.options.typecode, value);
    return String(Object.is(value, -0) ? '-0' : this.#number(String(value)));
  }

  /** The number. Each access asks Redis. */
  get value(): ValueOf<C> {
    return this.#number(textOfReply(this.run('valueRead', 'v', this.plan.options.init)));
  }

  set value(value: ValueOf<C>) {
    this.run('valueWrite', 'v', this.#text(value));
  }

  /** Reads `value` without blocking. */
  async getAsync(): Promise<ValueOf<C>> {
    return this.#number(textOfReply(await this.runAsync('valueRead', 'v', [this.plan.options.init])));
  }

  /** Writes `value` without blocking. @throws TypeError it is of another type */
  async setAsync(value: ValueOf<C>): Promise<void> {
    await this.runAsync('valueWrite', 'v', [this.#text(value)]);
  }

  #addition(n: ValueOf<C>): [string, string, number] {
    const { typecode, init } = this.plan.options;
    return [init, this.#text(n), typecode === 'f' || typecode === 'd' ? 0 : 1];
  }

  /** Adds `n` in one step; the new value. */
  add(n: ValueOf<C>): ValueOf<C> {
    return this.#number(textOfReply(this.run('valueAdd', 'v', ...this.#addition(n))));
  }

  /** The async twin of `add`. */
  async addAsync(n: ValueOf<C>): Promise<ValueOf<C>> {
    return this.#number(textOfReply(await this.runAsync('valueAdd', 'v', this.#addition(n))));
  }

  /**
   * Replaces the value by `fn(value)`; `fn` runs again if somebody has changed it meanwhile. The new value.
   */
  update(fn: (value: ValueOf<C>) => ValueOf<C>): ValueOf<C> {
    const { init } = this.plan.options;
    for (;;) {
      const before = textOfReply(this.run('valueRead', 'v', init));
      const value = fn(this.#number(before));
      if (this.run('valueSwap', 'v', init, before, this.#text(value)) === 1) return value;
    }
  }
}

registerRedis(RedisTag.VALUE, Value);
