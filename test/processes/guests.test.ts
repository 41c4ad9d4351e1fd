/** Programs that join this one's heap by a name. */
import { once } from 'node:events';
import { chmodSync, existsSync, readdirSync } from 'node:fs';
import {
  Condition,
  Event,
  FileExistsError,
  heap,
  KeyError,
  Lock,
  OSError,
  Pipe,
  Queue,
  SharedMemory,
  Value,
  ValueError,
} from 'nogil';
import { Barrier, Manager, Semaphore, setStartMethod } from 'nogil/multiprocessing';
import { afterEach, describe, expect, test } from 'vitest';
import { programsOf } from '../support/programs.ts';
import { LONG, until } from '../support/until.ts';
import { ownNames } from './names.ts';

setStartMethod('spawn');
const folder = ownNames();
const { start, run } = programsOf('processes');

const published: string[] = [];
function publish<T>(name: string, value: T): T {
  published.push(name);
  return heap.publish(name, value);
}
afterEach(() => {
  for (const name of published.splice(0)) heap.unpublish(name);
});

async function ends(program: ReturnType<typeof start>): Promise<unknown[]> {
  const { code, lines, errors } = await program.ending;
  expect([code, errors]).toEqual([0, '']);
  return lines.map((line) => JSON.parse(line) as unknown);
}

describe('a guest', () => {
  test.each([
    ['echo', 'sync'],
    ['echoAsync', 'async'],
  ])('passes items through queues in both directions: %s, joined %s', async (what, how) => {
    using shared = heap.share();
    const [from, to] = [publish('from', new Queue()), publish('to', new Queue())];
    const guest = start('guest', [shared.name, what, how]);
    for (let i = 0; i < 2000; i++) from.put({ i, text: 'x'.repeat(i) });
    for (let i = 0; i < 2000; i++) expect(to.get(true, LONG)).toEqual({ i, text: 'x'.repeat(i) });
    const own = new Queue();
    from.put(own);
    (to.get(true, LONG) as Queue).put('a handle');
    expect(own.get(true, LONG)).toBe('a handle');
    from.put(null);
    await ends(guest);
  });

  test('shares locks and values with others, who do not know of each other', async () => {
    using shared = heap.share();
    const [lock, total] = [publish('lock', new Lock()), publish('total', new Value('i'))];
    const guests = [1, 2].map(() => start('guest', [shared.name, 'count', '2000']));
    for (let i = 0; i < 2000; i++) {
      lock.acquire();
      total.value = (total.value as number) + 1;
      lock.release();
    }
    for (const guest of guests) await ends(guest);
    expect(total.value).toBe(6000);
  });

  test('uses all classes', async () => {
    using shared = heap.share();
    const dict = Manager().dict<string, unknown>();
    const [end, far] = Pipe();
    const [event, barrier, condition, semaphore, box] = [
      new Event(),
      new Barrier(2),
      new Condition(),
      new Semaphore(0),
      new Value('i'),
    ];
    const block = new SharedMemory('block', true, 8);
    publish('everything', { dict, end: far, event, barrier, condition, semaphore, box });
    const guest = start('guest', [shared.name, 'everything']);
    end.send(['over', 'and back']);
    expect(end.recv()).toEqual(['over', 'and back']);
    expect(dict.get('guest')).toEqual({ pid: guest.child.pid });
    event.set();
    await barrier.waitAsync(LONG);
    const met = condition.with(() => {
      semaphore.release();
      return condition.waitFor(() => box.value === 1, LONG);
    });
    expect(met).toBe(true);
    expect((block.buf as Uint8Array)[0]).toBe(7);
    block.unlink();
    await ends(guest);
  });

  test('has its own number, starts threads, and no processes', async () => {
    using shared = heap.share();
    const pids = publish('to', new Queue<number>());
    const guest = start('guest', [shared.name, 'threads']);
    const [[pid, system, code, failed]] = (await ends(guest)) as [[number, number, number, string]];
    expect([pid, system, code]).toEqual([guest.child.pid, guest.child.pid, 0]);
    expect(failed).toMatch(/^RuntimeError: a guest cannot start processes/);
    expect([pids.get(), pids.get()]).toEqual([guest.child.pid, guest.child.pid]);
  });

  test('may join at the top level of its main module, which its threads import', async () => {
    using shared = heap.share();
    const to = publish('to', new Queue<string>());
    expect(await ends(start('guest-main', [shared.name]))).toEqual([]);
    expect(to.get(false)).toBe('from the thread');
  });

  test('may come before there is what it wants to join', async () => {
    const guest = start('guest', ['later', 'put', '3']);
    await new Promise((resolve) => setTimeout(resolve, 50));
    const from = publish('from', new Queue<number>());
    using _shared = heap.share('later');
    expect([0, 1, 2].map(() => from.get(true, LONG))).toEqual([0, 1, 2]);
    await ends(guest);
  });

  test('stays when nobody is let in any more', async () => {
    const shared = heap.share('once');
    const [from, to] = [publish('from', new Queue()), publish('to', new Queue())];
    const guest = start('guest', ['once', 'echo']);
    from.put(1);
    expect(to.get(true, LONG)).toBe(1);
    shared.close();
    expect(await ends(start('guest', ['once', 'failing']))).toEqual(Array(2).fill(expect.stringMatching(/^FileNotFoundError/)));
    from.put(2);
    expect(to.get(true, LONG)).toBe(2);
    from.put(null);
    await ends(guest);
  });
});

describe('a name', () => {
  test('leaves nothing behind', () => {
    const shared = heap.share('brief');
    expect(readdirSync(folder)).toEqual(['brief']);
    shared.close();
    shared.close();
    expect(existsSync(folder)).toBe(false);
  });

  test('is made up where none is given, another one each time', () => {
    using one = heap.share();
    using two = heap.share();
    expect(one.name).not.toBe(two.name);
  });

  test('belongs to one program at a time', async () => {
    using _shared = heap.share('mine');
    expect(() => heap.share('mine')).toThrow(FileExistsError);
    const { code, errors } = await run('host', ['mine']);
    expect(code).not.toBe(0);
    expect(errors).toMatch(/FileExistsError/);
    expect(readdirSync(folder)).toEqual(['mine']);
  });

  test('of a program that was killed is free', async () => {
    const host = start('host', ['stale', 'sleep']);
    await until(() => host.lines.length > 0);
    host.child.kill('SIGKILL');
    await once(host.child, 'exit');
    expect(readdirSync(folder)).toEqual(['stale']);
    expect(await ends(start('guest', ['stale', 'failing']))).toEqual(Array(2).fill(expect.stringMatching(/^FileNotFoundError/)));
    using shared = heap.share('stale');
    const from = publish('from', new Queue<number>());
    const guest = start('guest', [shared.name, 'put', '1']);
    expect(from.get(true, LONG)).toBe(0);
    await ends(guest);
  });

  test.each(['', '.', '..', '.hidden', 'a/b', 'a\0b', 'ä', 'a b', 'x'.repeat(65)])('cannot be %j', async (name) => {
    expect(() => heap.share(name)).toThrow(ValueError);
    await expect(heap.joinAsync(name)).rejects.toThrow(ValueError);
    expect(() => heap.share(5 as never)).toThrow(TypeError);
  });

  test('is not looked for where others could have put it', async () => {
    using _shared = heap.share('open');
    try {
      chmodSync(folder, 0o755);
      expect(() => heap.share('other')).toThrow(OSError);
      expect(await ends(start('guest', ['open', 'failing']))).toEqual(
        Array(2).fill(expect.stringMatching(/^OSError: .*mode 700/)),
      );
    } finally {
      chmodSync(folder, 0o700);
    }
  });

  test('that nobody has is an error, at once or when the time is up', async () => {
    const told = await ends(start('guest', ['nobody', 'failing', '0.1']));
    expect(told).toEqual(Array(2).fill(expect.stringMatching(/^FileNotFoundError: .*'nobody'/)));
  });

  test('is too late for a program that has a heap', async () => {
    using shared = heap.share();
    const told = await ends(start('guest', [shared.name, 'late']));
    expect(told).toEqual(Array(2).fill(expect.stringMatching(/^RuntimeError: join\(\) must be called before the first use/)));
    await expect(heap.joinAsync(shared.name)).rejects.toThrow(/before the first use/);
  });
});

describe('what is published', () => {
  test('is found by everybody, as long as it has the name', () => {
    const queue = heap.publish('a queue', new Queue());
    queue.put(1);
    queue.close();
    expect(heap.lookup<Queue>('a queue').get()).toBe(1);
    expect(() => heap.publish('a queue', 5)).toThrow(ValueError);
    heap.unpublish('a queue');
    expect(() => heap.lookup('a queue')).toThrow(KeyError);
    expect(() => heap.unpublish('a queue')).toThrow(KeyError);
  });

  test('can be any value that can be sent, and has nothing to do with names of blocks', () => {
    const block = new SharedMemory('same', true, 1);
    heap.publish('same', undefined);
    expect(heap.lookup('same')).toBe(undefined);
    block.unlink();
    heap.unpublish('same');
    expect(() => heap.publish('same', () => {})).toThrow(TypeError);
    expect(() => heap.publish(5 as never, 1)).toThrow(TypeError);
  });
});
