/**
 * MapResult: the result of a call for many items, which arrives in chunks.
 */
import type { Chunk } from './chunk.ts';
import type { Dispatcher } from './dispatcher.ts';
import type { Described } from './functions.ts';
import type { ProgressMeter } from './progress.ts';
import { Reply } from './protocol.ts';
import { AsyncResult, type ResultOptions } from './result.ts';

export class MapResult<R> extends AsyncResult<R[]> {
  readonly #results: R[];
  #chunksLeft: number;
  #failed = false;
  #error: unknown;
  #done = 0;
  readonly #meter: ProgressMeter | undefined;

  /** @internal */
  constructor(
    dispatcher: Dispatcher,
    fn: Described,
    length: number,
    chunks: number,
    options: ResultOptions<R[]> | undefined,
    meter: ProgressMeter | undefined,
  ) {
    super(dispatcher, fn, options);
    this.#results = new Array(length);
    this.#chunksLeft = chunks;
    this.#meter = meter;
    if (chunks === 0) this.#finish();
  }

  /** @internal */
  arriveChunk({ from, length }: Chunk, value: unknown, reply: Reply): void {
    if (reply === Reply.RESULT) {
      const results = this.#results;
      const items = value as ArrayLike<R>;
      for (let i = 0; i < length; i++) results[from + i] = items[i] as R;
    } else if (!this.#failed) {
      // As in Python: the first error that arrives, once all chunks have.
      this.#failed = true;
      this.#error = value;
    }
    this.#done += length;
    const done = this.#done;
    if (this.#meter) this.dispatcher.replies.later(() => this.#meter?.report(done));
    if (--this.#chunksLeft === 0) this.#finish();
  }

  #finish(): void {
    this.settle(this.#failed, this.#failed ? this.#error : this.#results);
  }

  /** @internal */
  override settle(failed: boolean, value: unknown): void {
    if (this.#meter) this.dispatcher.replies.later(() => this.#meter?.end());
    super.settle(failed, value);
  }
}
