/** Pools: those who ask for tasks. */
import type { Settings } from '../options.ts';
import type { PoolOptions } from '../protocol.ts';
import type { Wait } from './engine.ts';

export class Pools {
  readonly #settings: Settings;

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  get connections(): number {
    return 0;
  }

  async map(_pool: string, _target: unknown, _chunks: Uint8Array[], _options: PoolOptions, _wait: Wait): Promise<Uint8Array[]> {
    void this.#settings;
    throw new Error('not yet');
  }

  async close(): Promise<void> {}
}
