/** Barrier: parties of several programs wait for each other, again and again. */
import type { AsyncOptions, Timeout } from '../heap/time.ts';
import { BrokenBarrierError, timeoutToMs, ValueError } from './core.ts';
import { RedisObject, RedisTag, registerRedis } from './object.ts';
import type { Arg, Reply } from './protocol.ts';

/** @internal */
export interface BarrierPlan {
  parties: number;
  timeout?: number | undefined;
}

/** What an arrival is answered. */
const enum Arrival {
  FULL = -2,
  BROKEN = -1,
  WAIT = 0,
  OVER = 1,
  LEAD = 2,
}

/**
 * `wait` returns in all parties once so many have called it. A party that dies while it waits breaks the
 * barrier when its lease is over. Functions do not travel: the `action` is run only if it was given to the
 * handle of the last party.
 */
export class Barrier extends RedisObject<BarrierPlan> {
  /** Run by the last party to arrive, if it is this handle's. */
  action: (() => void) | undefined;

  #arrival(): [id: string, args: Arg[]] {
    const id = crypto.randomUUID();
    return [id, [this.channel, this.parties, id, this.address.lease, this.action ? 1 : 0]];
  }

  #leave(round: number, leaves: boolean, id: string): Arg[] {
    return [this.channel, round, leaves ? 1 : 0, id];
  }

  /**
   * Waits for the other parties. @param timeout seconds; when they are over the barrier breaks, for all
   * @returns an index from 0 to parties - 1, another in each party @throws BrokenBarrierError
   */
  wait(timeout: Timeout = this.timeout): number {
    const deadline = performance.now() + timeoutToMs(timeout);
    const [id, args] = this.#arrival();
    const arrival = this.line.call('wait', [this.script('barrierArrive', 'hw', ...args), left(deadline), false]);
    if (arrival === null) throw this.#late();
    const [round, index, state] = arrived(arrival);
    if (state === Arrival.LEAD) {
      this.#act(round, id);
      return outcome(this.run('barrierTrip', 'hw', this.channel, round), index);
    }
    if (state === Arrival.OVER) return index;
    const call = this.script('barrierWait', 'hw', this.channel, round, id, this.address.lease);
    let reply: Reply = null;
    try {
      reply = this.line.call('wait', [call, left(deadline), false]);
    } finally {
      // The time is up, or a signal has ended the wait.
      reply ??= this.run('barrierBreak', 'hw', ...this.#leave(round, false, id));
    }
    return outcome(reply, index);
  }

  /** Redis has not answered in time whether this party has arrived: it breaks what it may be in. */
  #late(): BrokenBarrierError {
    this.line.post('run', this.script('barrierBreak', 'hw', ...this.#leave(-1, false, '')));
    return broken();
  }

  #act(round: number, id: string): void {
    try {
      this.action?.();
    } catch (error) {
      this.run('barrierBreak', 'hw', ...this.#leave(round, false, id));
      throw error;
    }
  }

  /** The async twin of `wait`. An aborted party leaves the round, and the others wait on. */
  async waitAsync(timeout: Timeout = this.timeout, options?: AsyncOptions): Promise<number> {
    options?.signal?.throwIfAborted();
    const deadline = performance.now() + timeoutToMs(timeout);
    const [id, args] = this.#arrival();
    const arrival = await this.line.callAsync('wait', [this.script('barrierArrive', 'hw', ...args), left(deadline), false]);
    if (arrival === null) throw this.#late();
    const [round, index, state] = arrived(arrival);
    if (state === Arrival.LEAD) {
      this.#act(round, id);
      return outcome(await this.runAsync('barrierTrip', 'hw', [this.channel, round]), index);
    }
    if (state === Arrival.OVER) return index;
    const call = this.script('barrierWait', 'hw', this.channel, round, id, this.address.lease);
    let reply: Reply;
    try {
      reply = await this.line.callAsync('wait', [call, left(deadline), false], options?.signal);
    } catch (error) {
      const gone = await this.runAsync('barrierBreak', 'hw', this.#leave(round, true, id));
      if (gone === 1) return index;
      throw error;
    }
    reply ??= await this.runAsync('barrierBreak', 'hw', this.#leave(round, false, id));
    return outcome(reply, index);
  }

  /** Makes the barrier whole again. Who waits now gets a BrokenBarrierError. */
  reset(): void {
    this.run('barrierReset', 'hw', this.channel);
  }

  /** Breaks the barrier until `reset`. */
  abort(): void {
    this.run('barrierBreak', 'hw', ...this.#leave(-1, false, ''));
  }

  /** How many have to call `wait`. */
  get parties(): number {
    return this.plan.options.parties;
  }

  /** Seconds: the default for `wait`. */
  get timeout(): number | undefined {
    return this.plan.options.timeout;
  }

  /** How many wait now. */
  get nWaiting(): number {
    return (this.run('barrierState', 'h') as number[])[0] as number;
  }

  /** Whether it is broken: until `reset` every `wait` throws. */
  get broken(): boolean {
    return (this.run('barrierState', 'h') as number[])[1] === 1;
  }
}

function left(deadline: number): number {
  return Math.max(0, deadline - performance.now());
}

function arrived(reply: Reply): [round: number, index: number, state: Arrival] {
  const [round, index, state] = reply as [number, number, Arrival];
  if (state === Arrival.BROKEN) throw broken();
  if (state === Arrival.FULL) throw new ValueError('another program has made a barrier of this name with fewer parties');
  return [round, index, state];
}

function outcome(reply: Reply, index: number): number {
  if (reply !== 1) throw broken();
  return index;
}

function broken(): BrokenBarrierError {
  return new BrokenBarrierError('the barrier is broken, or was reset');
}

registerRedis(RedisTag.BARRIER, Barrier);
