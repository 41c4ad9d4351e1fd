/**
 * What the workers in the tests of managers run.
 */
import {
  type Dict,
  type Event,
  type List,
  type Queue,
  type RemoteObject,
  type SyncManager,
  sleep,
  task,
  ValueError,
} from 'nogil';

/** Adds one, `times` times, by every way there is. */
export const countUp = task(import.meta, async function countUp(d: Dict<string, number>, times: number) {
  for (let i = 0; i < times; i++) {
    if (i % 10 === 0) await d.updateAsync('n', async (n = 0) => n + 1);
    else d.update('n', (n = 0) => n + 1);
  }
});

/** Appends its own numbers, in order. */
export const appendAll = task(import.meta, function appendAll(l: List<[number, number]>, who: number, count: number) {
  for (let i = 0; i < count; i++) l.append([who, i]);
});

/** Takes items until there are none; what it has got goes into a queue. */
export const takeAll = task(import.meta, function takeAll(l: List<number>, got: Queue<number>) {
  for (;;) {
    try {
      got.put(l.pop(l.length % 3 === 0 ? 0 : -1));
    } catch {
      return;
    }
  }
});

/** Sets and deletes keys of its own, and reads those of others, which must be whole. */
export const scribble = task(import.meta, function scribble(d: Dict, who: number, rounds: number) {
  for (let i = 0; i < rounds; i++) {
    const key = `worker ${who}, key ${i % 50}`;
    if (i % 7 === 3) d.delete(key);
    else d.set(key, `${who}:${i};`.repeat((i * 13) % 200));
    if (i % 20 !== 0) continue;
    for (const [name, text] of d.items()) {
      const own = (text as string).split(';')[0] as string;
      if (text !== `${own};`.repeat(text.length / (own.length + 1)) && text !== '') throw new Error(`${name} is torn: ${text}`);
    }
  }
});

/** Is inside of an update until it is let go. */
export const updateSlowly = task(import.meta, function updateSlowly(d: Dict, key: string, inside: Event, leave: Event) {
  d.update(key, (n: number) => {
    inside.set();
    leave.wait(20);
    return n + 1;
  });
});

export const updateAndThrow = task(import.meta, function updateAndThrow(d: Dict, inside: Event, leave: Event) {
  d.update('n', () => {
    inside.set();
    leave.wait(20);
    throw new ValueError('on purpose');
  });
});

export const setLater = task(import.meta, function setLater(d: Dict, key: string, value: unknown, about: Event) {
  about.set();
  d.set(key, value);
});

export const setLaterAsync = task(import.meta, async function setLaterAsync(d: Dict, key: string, value: unknown, about: Event) {
  about.set();
  await d.setAsync(key, value);
});

/** Leaves a queue with something in it in a dict, and goes. */
export const leaveQueue = task(import.meta, function leaveQueue(manager: SyncManager, d: Dict) {
  const queue = manager.Queue<string>();
  queue.put('left behind');
  d.set('queue', queue);
  d.inner = manager.dict({ n: 1 });
});

/** Never ends by itself; what it has done it counts in its own key, after it is done. */
export const workUntilKilled = task(import.meta, function workUntilKilled(d: Dict, l: List, who: number) {
  for (let i = 0; ; i++) {
    d.set('shared', `${who}:${i};`.repeat(i % 100));
    d.update('sum', (n = 0) => n + 1);
    d.set(`own ${who} ${i % 20}`, i);
    d.delete(`own ${who} ${(i + 10) % 20}`);
    l.append([who, i]);
    if (i % 3 === 0) l.insert(0, 'x'.repeat(i % 3000));
    // As many as it has put, never more: so there is always one, and the list stays short.
    if (i % 3 !== 0) {
      l.pop(0);
      l.pop();
    }
    if (i % 50 === 0) d.update({ a: i, b: 'y'.repeat(3000), [i]: i });
    d.set(`done ${who}`, i + 1);
  }
});

// ── classes ──────────────────────────────────────────────────────────────────────────────────────────

export const Counter = task(
  import.meta,
  class Counter {
    value: number;
    #secret = 'kept';

    constructor(value: number) {
      if (value < 0) throw new ValueError(`must not be negative: ${value}`);
      this.value = value;
    }

    increment(by = 1): number {
      this.value += by;
      return this.value;
    }

    async slowly(by: number): Promise<number> {
      const { value } = this;
      await new Promise((resolve) => setTimeout(resolve, 2));
      this.value = value + by;
      return this.value;
    }

    fail(how: string): never {
      throw how === 'value' ? new ValueError('a value') : Object.assign(new TypeError('a type'), { code: 7 });
    }

    give(): unknown {
      return () => this.#secret;
    }

    die(): never {
      process.exit(3);
    }

    block(inside: Event): void {
      inside.set();
      sleep(60);
    }

    echo<T>(value: T): T {
      return value;
    }

    _hidden(): string {
      return this.#secret;
    }
  },
);

/** Says when it is disposed of. */
export const Resource = task(
  import.meta,
  class Resource {
    readonly disposed: Event;

    constructor(disposed: Event) {
      this.disposed = disposed;
    }

    use(): string {
      return 'used';
    }

    [Symbol.dispose](): void {
      this.disposed.set();
    }
  },
);

type CounterObject = RemoteObject<InstanceType<typeof Counter>>;

export const incrementBy = task(import.meta, async function incrementBy(counter: CounterObject, times: number) {
  for (let i = 0; i < times; i++) {
    if (i % 2) counter.increment();
    else await counter.slowlyAsync(1);
  }
  return counter.increment(0);
});

/** In a worker that has only the manager. */
export const makeThere = task(import.meta, function makeThere(manager: SyncManager) {
  const counter = manager.Counter(5) as CounterObject;
  const answer = counter.increment(2);
  counter.close();
  return answer;
});
