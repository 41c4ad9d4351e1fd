/** Loops over a queue: its items, until it is shut down and drained. */
import { ShutDown } from '../errors.ts';
import { blockedIn } from '../sync/blocking.ts';

export function* itemsOf<T>(queue: { get(): T }): Generator<T, void> {
  for (;;) {
    let item: T;
    try {
      item = queue.get();
    } catch (error) {
      if (error instanceof ShutDown) return;
      throw blockedIn('a loop over it', error, 'for await (const item of queue)');
    }
    yield item;
  }
}

export async function* itemsOfAsync<T>(queue: { getAsync(): Promise<T> }): AsyncGenerator<T, void> {
  for (;;) {
    let item: T;
    try {
      item = await queue.getAsync();
    } catch (error) {
      if (error instanceof ShutDown) return;
      throw error;
    }
    yield item;
  }
}
