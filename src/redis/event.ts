/** Event: a flag to wait for, between programs. */
import type { AsyncOptions, Timeout } from '../heap/time.ts';
import { timeoutToMs } from './core.ts';
import { RedisObject, RedisTag, registerRedis } from './object.ts';

/**
 * A flag that any program may set and clear, and wait for. Whom `set` woke returns true, even if `clear`
 * follows.
 */
export class Event extends RedisObject {
  /** Whether it is set. */
  isSet(): boolean {
    return (this.run('eventRead', 'e') as number) % 2 === 1;
  }

  /** Sets it, and wakes all who wait, in every program. */
  set(): void {
    this.run('eventMark', 'e', this.channel, 1);
  }

  /** The async twin of `set`. */
  async setAsync(): Promise<void> {
    await this.runAsync('eventMark', 'e', [this.channel, 1]);
  }

  /** Resets it: who waits from now on waits for the next `set`. */
  clear(): void {
    this.run('eventMark', 'e', this.channel, 0);
  }

  /** The async twin of `clear`. */
  async clearAsync(): Promise<void> {
    await this.runAsync('eventMark', 'e', [this.channel, 0]);
  }

  /**
   * Waits until it is set. @param timeout seconds; undefined or null: for ever @returns false: the time was
   * up
   */
  wait(timeout?: Timeout): boolean {
    const ms = timeoutToMs(timeout);
    const deadline = performance.now() + ms;
    const before = this.line.call('wait', [this.script('eventRead', 'e'), ms, false]) as number | null;
    if (before === null || before % 2 === 1) return before !== null;
    const left = Math.max(0, deadline - performance.now());
    return this.line.call('wait', [this.script('eventWait', 'e', before), left, false]) !== null;
  }

  /** The async twin of `wait`. */
  async waitAsync(timeout?: Timeout, options?: AsyncOptions): Promise<boolean> {
    const ms = timeoutToMs(timeout);
    const deadline = performance.now() + ms;
    const { signal } = options ?? {};
    const before = (await this.line.callAsync('wait', [this.script('eventRead', 'e'), ms, false], signal)) as number | null;
    if (before === null || before % 2 === 1) return before !== null;
    const left = Math.max(0, deadline - performance.now());
    return (await this.line.callAsync('wait', [this.script('eventWait', 'e', before), left, false], signal)) !== null;
  }
}

registerRedis(RedisTag.EVENT, Event);
