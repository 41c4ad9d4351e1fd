/**
 * Engine: runs scripts, once each however often they are sent, and waits for what they say "not now" to.
 */
import { randomUUID } from 'node:crypto';
import type { Reply, ScriptCall } from '../protocol.ts';
import { scripts } from '../scripts/index.ts';
import { Calls } from './calls.ts';
import type { Client } from './connections.ts';
import type { WakeUps } from './wake-ups.ts';

/** What ends a wait early. */
export interface Wait {
  /** performance.now() at which it is over. */
  deadline: number;
  signal: AbortSignal;
  /** Is called before each attempt. */
  asking?(): void;
}

export const NEVER: unique symbol = Symbol('never');

export class Engine {
  /** The name of this program in Redis. */
  readonly me = randomUUID();
  readonly client: Client;
  readonly #wakeUps: WakeUps;
  /** Milliseconds between two looks at what a wake-up may have been lost of. */
  readonly #look: number;
  readonly #sender: Calls;
  #calls = 0;
  /** Numbers of calls that are answered, by their journals. */
  readonly #answered = new Map<string, string[]>();
  /** Those who wait for the same thing, the first of whom asks. */
  readonly #turns = new Map<string, Promise<void>>();

  constructor(client: Client, wakeUps: WakeUps, lease: number) {
    this.client = client;
    this.#sender = new Calls(client);
    this.#wakeUps = wakeUps;
    this.#look = lease / 3;
    // The first time it was before this.
    client.on('ready', () => {
      this.#backSince = performance.now();
    });
  }

  #backSince = Number.NEGATIVE_INFINITY;

  /** Milliseconds since Redis was away: as long as that others have had to give a sign of life, too. */
  get backFor(): number {
    return performance.now() - this.#backSince;
  }

  async run({ base, script: name, keys, args }: ScriptCall): Promise<Reply> {
    const script = scripts[name];
    const letters = Array.from(keys, (key) => base + key);
    if (!script.once) return this.#sender.send(script, letters, args);
    const journal = `${base}j:${this.me}`;
    const number = String(++this.#calls);
    const known = this.#answered.get(journal) ?? [];
    const reply = await this.#sender.send(
      script,
      [...letters, journal],
      [...args, number, known.length === 0 ? '' : known.splice(0, 64).join(' ')],
    );
    if (reply !== null) {
      known.push(number);
      this.#answered.set(journal, known);
    }
    return reply;
  }

  /**
   * Runs a script until it answers something; null when the time is up. What it answers after that goes to
   * `late`, since it cannot be called back.
   * @param turn whether those here who wait with the same keys go one after the other
   */
  async wait(call: ScriptCall, wait: Wait, turn: boolean, late?: (reply: Reply) => void): Promise<Reply> {
    const key = `${call.base}${call.script}`;
    const before = turn ? this.#turns.get(key) : undefined;
    let done = () => {};
    if (turn) {
      const mine = new Promise<void>((resolve) => {
        done = resolve;
      });
      const chain = (before ?? Promise.resolve()).then(() => mine);
      this.#turns.set(key, chain);
      void chain.then(() => {
        if (this.#turns.get(key) === chain) this.#turns.delete(key);
      });
    }
    try {
      // When the time is over it may be free all the same.
      if (before !== undefined) await within(before, wait);
      if (wait.signal.aborted) return null;
      return await this.#attempts(call, wait, late);
    } finally {
      done();
    }
  }

  async #attempts(call: ScriptCall, wait: Wait, late: ((reply: Reply) => void) | undefined): Promise<Reply> {
    // A call that was not sent cannot be done after its time.
    if (!this.isUp && (await within(this.whenUp(), wait)) === NEVER) return null;
    let listener: ReturnType<WakeUps['listen']> | undefined;
    try {
      for (;;) {
        const woken = listener?.next();
        wait.asking?.();
        const asked = this.run(call);
        const reply = await within(asked, wait, true);
        if (reply === NEVER) {
          asked.then(
            (answer) => answer !== null && late?.(answer),
            () => {},
          );
          return null;
        }
        if (reply !== null) return reply;
        if (wait.signal.aborted || performance.now() >= wait.deadline) return null;
        if (listener === undefined) {
          listener = this.#wakeUps.listen(`${call.base}c`);
          if ((await within(listener.ready, wait)) === NEVER) return null;
          continue;
        }
        if (
          (await within(woken as Promise<void>, {
            ...wait,
            deadline: Math.min(wait.deadline, performance.now() + this.#look),
          })) !== NEVER
        )
          continue;
        if (wait.signal.aborted) return null;
      }
    } finally {
      listener?.close();
    }
  }

  get isUp(): boolean {
    return this.client.status === 'ready';
  }

  whenUp(): Promise<void> {
    return new Promise((resolve) => void this.client.once('ready', resolve));
  }
}

/**
 * What a promise gives, or NEVER when the time was up first. `patient`: it is an answer that is on its way,
 * for which a moment is left in any case.
 */
export async function within<T>(promise: Promise<T>, { deadline, signal }: Wait, patient = false): Promise<T | typeof NEVER> {
  if (signal.aborted) return NEVER;
  const left = deadline - performance.now();
  if (left === Number.POSITIVE_INFINITY && !patient) return untilAborted(promise, signal);
  let timer: NodeJS.Timeout | undefined;
  // A single try has the time that an answer takes.
  const ms = patient ? Math.max(left, GRACE) : left;
  const over = new Promise<typeof NEVER>((resolve) => {
    if (ms < 2 ** 31) timer = setTimeout(resolve, Math.max(0, ms), NEVER);
  });
  try {
    return await untilAborted(Promise.race([promise, over]), signal);
  } finally {
    clearTimeout(timer);
  }
}

/** Milliseconds in which Redis is expected to answer a call whose time is up. */
const GRACE = 1000;

function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T | typeof NEVER> {
  return new Promise((resolve, reject) => {
    const stop = () => resolve(NEVER);
    signal.addEventListener('abort', stop, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}
