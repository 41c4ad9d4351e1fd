import { type Event, type Queue, type Semaphore, task } from 'nogil';

/** Waits for the event in each round; answers how often that was answered with true. */
export const waitOften = task(
  import.meta,
  function waitOften(_index: number, event: Event, done: Semaphore, again: Semaphore, rounds: number): number {
    let seen = 0;
    for (let i = 0; i < rounds; i++) {
      if (event.wait()) seen++;
      done.release();
      again.acquire();
    }
    return seen;
  },
);

export const waitOftenAsync = task(
  import.meta,
  async function waitOftenAsync(
    _index: number,
    event: Event,
    waiting: Semaphore,
    done: Semaphore,
    again: Semaphore,
    rounds: number,
  ) {
    let seen = 0;
    for (let i = 0; i < rounds; i++) {
      const answer = event.waitAsync();
      waiting.release();
      if (await answer) seen++;
      done.release();
      await again.acquireAsync();
    }
    return seen;
  },
);

export const waitOnce = task(import.meta, function waitOnce(event: Event, timeout?: number): boolean {
  return event.wait(timeout);
});

/** Answers each ping with a pong. */
export const pong = task(import.meta, function pong(ping: Event, back: Event, rounds: number): number {
  for (let i = 0; i < rounds; i++) {
    ping.wait();
    ping.clear();
    back.set();
  }
  return rounds;
});

/** Sets and clears as fast as it can until it is told to stop. */
export const flicker = task(import.meta, function flicker(event: Event, stop: Queue<string>): number {
  let changes = 0;
  while (stop.empty()) {
    event.set();
    event.clear();
    changes++;
  }
  return changes;
});
