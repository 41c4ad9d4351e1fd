import { type AsyncResult, Condition, Dict, heap, List, Lock, Pool, Process, Queue, RLock, Thread, Value } from 'nogil';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { runText } from '../../support/programs.ts';
import { thrownBy } from '../../support/thrown-by.ts';

const isClosed = (handle: { toString(): string }) => String(handle).includes('closed');

afterEach(() => {
  vi.restoreAllMocks();
});

describe('heap.tidy', () => {
  test('closes what came meanwhile, made or received, and answers what the function returns', () => {
    const queue = new Queue<{ reply: Queue }>();
    const before = new Lock();
    queue.put({ reply: new Queue() });
    const seen: (Queue | Lock)[] = [];
    const answer = heap.tidy(() => {
      seen.push(queue.get().reply, new Lock());
      return 42;
    });
    expect([answer, seen.map(isClosed), isClosed(before), isClosed(queue)]).toEqual([42, [true, true], false, false]);
    expect(() => seen[0]?.id).toThrow('Queue is closed');
  });

  test('leaves what is in the result, however deep, and what is kept', () => {
    const kept: Lock[] = [];
    const made = heap.tidy(() => {
      kept.push(heap.keep(new Lock()), ...heap.keep([new Lock()]));
      const cyclic = { list: [new Lock()], map: new Map([['a', new Set([new Lock()])]]), dict: new Dict(), dropped: undefined };
      return Object.assign(cyclic, { self: cyclic });
    });
    const [inSet] = made.map.get('a') as Set<Lock>;
    expect([...kept, made.list[0] as Lock, inSet as Lock].map(isClosed)).toEqual([false, false, false, false]);
    made.dict.set('a', 1);
    expect(made.dict.get('a')).toBe(1);
  });

  test('leaves the parts of what it leaves', () => {
    const [condition, value, received] = heap.tidy(() => {
      const queue = new Queue<Condition>();
      queue.put(new Condition());
      return [new Condition(), new Value('i', 3), queue.get()] as const;
    });
    for (const each of [condition, received]) each.with(() => each.notifyAll());
    expect(value.add(1)).toBe(4);
  });

  test('gives what an inner one returns to the outer one', () => {
    let inner: Lock | undefined;
    let wasOpen = false;
    heap.tidy(() => {
      inner = heap.tidy(() => new Lock());
      wasOpen = !isClosed(inner);
    });
    expect([wasOpen, isClosed(inner as Lock)]).toEqual([true, true]);
  });

  test('closes when the function throws, but not what is in the error', () => {
    const made: Lock[] = [];
    const error = thrownBy(() =>
      heap.tidy(() => {
        made.push(new Lock(), new Lock());
        throw Object.assign(new Error('no'), { lock: made[0] });
      }),
    );
    expect([String(error), ...made.map(isClosed)]).toEqual(['Error: no', false, true]);
    // The scope is over.
    expect(isClosed(new Lock())).toBe(false);
  });

  test('of an async function closes what came before its first await, once it has settled', async () => {
    const made: Lock[] = [];
    const going = heap.tidy(async () => {
      made.push(new Lock(), new Lock());
      await null;
      made.push(new Lock());
      return made[1];
    });
    const others = new Lock();
    expect(made.map(isClosed)).toEqual([false, false]);
    await going;
    expect([...made, others].map(isClosed)).toEqual([true, false, false, false]);
  });

  test('leaves a handle closed by hand alone, and closes none twice', () => {
    const bytes = heap.stats().bytesInUse;
    heap.tidy(() => {
      const lock = new Lock();
      lock.close();
      lock.close();
    });
    expect(heap.stats().bytesInUse).toBe(bytes);
  });

  test('leaves workers that run', () => {
    const started: (Thread | Process)[] = [];
    const gate = new Queue<number>();
    heap.tidy(() => {
      started.push(new Thread({ target: (queue: Queue) => queue.get(), args: [gate] as never }));
      started.push(new Process({ target: (queue: Queue) => queue.get(), args: [gate] as never }));
      for (const each of started) each.start();
    });
    gate.putMany([1, 2]);
    expect(started.map((each) => each.join(20))).toEqual([true, true]);
  });

  test('leaves what a pool needs, and other tasks’ results; its own call’s handles it closes', async () => {
    using pool = new Pool(1);
    const echo = (value: unknown) => value;
    const [mine, others] = [new Lock(), new Lock()];
    const earlier = pool.applyAsync(echo, [others]) as AsyncResult<Lock>;
    const got: Lock[] = [];
    heap.tidy(() => {
      got.push(pool.apply(echo, [mine]) as Lock);
    });
    expect([isClosed(got[0] as Lock), isClosed(earlier.get(20)), pool.apply(echo, [1])]).toEqual([true, false, 1]);
  });

  test('takes a function', () => {
    expect(() => heap.tidy(3 as never)).toThrow('tidy() takes a function, got number');
  });
});

describe('heap.scope', () => {
  test('closes at the end of its block, the inner one first', () => {
    let [outer, inner]: (Lock | undefined)[] = [];
    {
      using _outer = heap.scope();
      outer = new Lock();
      {
        using _inner = heap.scope();
        inner = new RLock() as never;
      }
      expect([outer, inner].map((each) => isClosed(each as Lock))).toEqual([false, true]);
    }
    expect(isClosed(outer)).toBe(true);
  });

  test('that spans an await closes nothing, since others may have come by handles, and says so once', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const made: Lock[] = [];
    const task = async () => {
      using _scope = heap.scope();
      made.push(new Lock());
      await new Promise((resolve) => setTimeout(resolve, 1));
    };
    await Promise.all([task(), task(), Promise.resolve().then(() => made.push(new Lock()))]);
    expect(made.map(isClosed)).toEqual([false, false, false]);
    expect(warn.mock.calls.map(([text]) => String(text).split('.')[0])).toEqual(['nogil: a heap']);
    expect(isClosed(new Lock())).toBe(false);
  });

  test('of a generator takes nothing from one that goes on', () => {
    function* generate() {
      using _scope = heap.scope();
      yield new Lock();
    }
    const iterator = generate();
    const [first] = [iterator.next().value as Lock];
    using _mine = heap.scope();
    const mine = new Lock();
    iterator.return(undefined as never);
    const after = new List();
    expect([first, mine].map(isClosed)).toEqual([true, false]);
    expect(after.length).toBe(0);
  });
});

describe('code that never returns to its event loop', () => {
  test('gets back what it drops, is warned once of more than 10 000 handles, and keeps what it has', async () => {
    const { code, lines, errors } = await runText(`
      const queue = new Queue();
      const mine = [];
      let most = 0;
      function serve() {
        for (let i = 0; i < 30000; i++) {
          queue.put({ reply: new Queue() });
          const { reply } = queue.get();
          if (i % 100 === 0) mine.push(reply);
          if (i % 1000 === 0) most = Math.max(most, heap.stats().objects.Queue);
        }
      }
      serve();
      for (const each of mine) each.put(1);
      console.log(most < 25000, mine.length);
    `);
    expect([code, lines]).toEqual([0, ['true 300']]);
    expect(errors.match(/nogil: this worker has/g)).toHaveLength(1);
    expect(errors).toMatch(/at serve \(.*program\.mjs/);
    expect(errors).not.toContain('/dist/');
  });

  test('is not warned when it closes, keeps, or is tidy', async () => {
    const { lines, errors } = await runText(`
      for (let i = 0; i < 12000; i++) new Lock().close();
      for (let i = 0; i < 12000; i++) heap.tidy(() => { new Lock(); });
      const kept = Array.from({ length: 12000 }, () => heap.keep(new Lock()));
      console.log(heap.stats().objects.Lock, kept.length);
    `);
    expect([lines, errors]).toEqual([['12000 12000'], '']);
  });

  test('makes large objects beyond what the heap holds', async () => {
    const { lines } = await runText(`
      configure({ maximumBytes: 64 * 2 ** 20 });
      let made = 0;
      for (; made < 3000; made++) new nogil.Array('b', 2 ** 18);
      console.log(made);
    `);
    expect(lines).toEqual(['3000']);
  });

  test('hears from MemoryError when handles are the reason', async () => {
    const { lines } = await runText(`
      configure({ maximumBytes: 2 * 2 ** 20 });
      const locks = [];
      try {
        for (;;) locks.push(new Lock());
      } catch (error) {
        console.log(error.name, error.message.match(/this worker has \\d+ open handles: close\\(\\)/) !== null);
      }
    `);
    expect(lines).toEqual(['MemoryError true']);
  });
});
