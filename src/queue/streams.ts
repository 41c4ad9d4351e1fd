/**
 * Web streams on a queue. The stream itself holds nothing: back-pressure is the queue's.
 */
import { ShutDown } from '../errors.ts';
import type { AsyncOptions, Timeout } from '../heap/time.ts';

interface Source<T> {
  getAsync(timeout?: Timeout, options?: AsyncOptions): Promise<T>;
}

interface Sink<T> {
  putAsync(item: T, timeout?: Timeout, options?: AsyncOptions): Promise<void>;
  shutdown(immediate?: boolean): void;
}

export function readableOf<T>(queue: Source<T>): ReadableStream<T> {
  const leaving = new AbortController();
  return new ReadableStream<T>(
    {
      async pull(controller) {
        try {
          controller.enqueue(await queue.getAsync(undefined, { signal: leaving.signal }));
        } catch (error) {
          // After `cancel` nobody hears of it.
          if (error instanceof ShutDown) controller.close();
          else controller.error(error);
        }
      },
      cancel: () => leaving.abort(),
    },
    // Nothing is taken out before somebody wants it.
    { highWaterMark: 0 },
  );
}

export function writableOf<T>(queue: Sink<T>): WritableStream<T> {
  return new WritableStream<T>({
    write: (item, { signal }) => queue.putAsync(item, undefined, { signal }),
    close: () => queue.shutdown(),
    abort: () => queue.shutdown(true),
  });
}
