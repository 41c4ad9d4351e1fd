/**
 * Wake-ups: who waits for a change of an object listens to its channel. One that is lost (the connection broke)
 * costs time only, since everybody looks again by himself.
 */
import type { Client } from './connections.ts';

/** Milliseconds that a channel is listened to when nobody waits. */
const LINGER = 5000;

type Listener = (message: string) => void;

export class WakeUps {
  readonly #client: Client;
  readonly #listeners = new Map<string, Set<Listener>>();
  readonly #subscribed = new Map<string, Promise<unknown>>();

  constructor(client: Client) {
    this.#client = client;
    client.on('message', (channel: string, message: string) => {
      for (const listener of [...(this.#listeners.get(channel) ?? [])]) listener(message);
    });
    // What was said while the connection was broken nobody has heard.
    client.on('ready', () => {
      for (const listeners of this.#listeners.values()) for (const listener of [...listeners]) listener('w');
    });
  }

  on(channel: string, listener: Listener): Promise<unknown> {
    let listeners = this.#listeners.get(channel);
    if (listeners === undefined) {
      listeners = new Set();
      this.#listeners.set(channel, listeners);
    }
    listeners.add(listener);
    let subscribed = this.#subscribed.get(channel);
    if (subscribed === undefined) {
      subscribed = this.#client.subscribe(channel);
      this.#subscribed.set(channel, subscribed);
    }
    return subscribed;
  }

  off(channel: string, listener: Listener): void {
    const listeners = this.#listeners.get(channel);
    if (!listeners?.delete(listener) || listeners.size > 0) return;
    // Who waits once waits again soon.
    setTimeout(() => {
      if (listeners.size > 0 || this.#listeners.get(channel) !== listeners) return;
      this.#listeners.delete(channel);
      this.#subscribed.delete(channel);
      this.#client.unsubscribe(channel).catch(() => {});
    }, LINGER).unref();
  }

  /** For one who waits: `next` is called before he looks, and resolves when something has happened since. */
  listen(channel: string): { ready: Promise<unknown>; next(): Promise<void>; close(): void } {
    let wake = () => {};
    let happened = false;
    const listener = () => {
      happened = true;
      wake();
    };
    return {
      ready: this.on(channel, listener),
      next: () => {
        happened = false;
        return new Promise<void>((resolve) => {
          wake = resolve;
          if (happened) resolve();
        });
      },
      close: () => this.off(channel, listener),
    };
  }
}
