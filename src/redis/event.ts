/** Event: a flag to wait for, between programs. */
import type { AsyncOptions, Timeout } from '../heap/time.ts';
import { timeoutToMs } from './core.ts';
import { RedisObject, RedisTag, registerRedis } from './object.ts';

/** A flag that any program may set and clear, and wait for. Whom `set` woke returns true, even if `clear` follows. */
export class Event extends RedisObject {
  isSet(): boolean {
    return (this.run('eventRead', 'e') as number) % 2 === 1;
  }

  set(): void {
    this.run('eventMark', 'e', this.channel, 1);
  }

  async setAsync(): Promise<void> {
    await this.runAsync('eventMark', 'e', [this.channel, 1]);
  }

  clear(): void {
    this.run('eventMark', 'e', this.channel, 0);
  }

  async clearAsync(): Promise<void> {
    await this.runAsync('eventMark', 'e', [this.channel, 0]);
  }

  /** Waits until it is set. @param timeout seconds; undefined or null: for ever @returns false: the time was up */
  wait(timeout?: Timeout): boolean {
    const ms = timeoutToMs(timeout);
    const before = this.run('eventRead', 'e') as number;
    return before % 2 === 1 || this.line.call('wait', [this.script('eventWait', 'e', before), ms, false]) !== null;
  }

  /** The async twin of `wait`. */
  async waitAsync(timeout?: Timeout, options?: AsyncOptions): Promise<boolean> {
    const ms = timeoutToMs(timeout);
    const before = (await this.runAsync('eventRead', 'e', [], options?.signal)) as number;
    if (before % 2 === 1) return true;
    return (await this.line.callAsync('wait', [this.script('eventWait', 'e', before), ms, false], options?.signal)) !== null;
  }
}

registerRedis(RedisTag.EVENT, Event);
