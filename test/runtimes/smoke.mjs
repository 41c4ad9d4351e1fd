/** A little of everything, for runtimes that the suite does not run on: `npm run runtimes`. Prints what works; exits with 1 if something does not. */
import assert from 'node:assert/strict';
import { Lock, Manager, Pipe, Pool, PriorityQueue, Process, Queue, Thread, Value } from '../../dist/index.js';

const checks = {
  'threads, locks, values, queues'() {
    const queue = new Queue();
    const lock = new Lock();
    const value = new Value('i', 0);
    const count = (queue, lock, value) => {
      for (let i = 0; i < 1000; i++) {
        lock.acquire();
        value.value++;
        lock.release();
      }
      queue.put({ counted: [1000n] });
      return 42;
    };
    const thread = new Thread({ target: count, args: [queue, lock, value] });
    thread.start();
    count(queue, lock, value);
    assert.equal(thread.result(20), 42);
    assert.equal(value.value, 2000);
    assert.deepEqual(queue.getMany(), [{ counted: [1000n] }, { counted: [1000n] }]);
  },
  'an error ends a process with 1'() {
    const process = new Process({
      target: () => {
        throw new Error('on purpose, this is expected');
      },
    });
    process.start();
    assert.equal(process.join(20), true);
    assert.equal(process.exitcode, 1);
  },
  async 'async twins'() {
    const queue = new Queue();
    const waiting = queue.getAsync(20);
    queue.put('came');
    assert.equal(await waiting, 'came');
  },
  'pipes, priorities, managed dicts'() {
    const [here, there] = Pipe();
    there.send(new Map([[1, 'one']]));
    assert.deepEqual(here.recv(), new Map([[1, 'one']]));
    const queue = new PriorityQueue();
    for (const each of [3, 1, 2]) queue.put(each);
    assert.deepEqual(queue.getMany(3), [1, 2, 3]);
    const dict = Manager().dict({ bun: 1 });
    dict.update('bun', (n) => n + 1);
    assert.equal(dict.bun, 2);
  },
  'a pool'() {
    const pool = new Pool(2);
    assert.deepEqual(
      pool.map((x) => x * x, [1, 2, 3]),
      [1, 4, 9],
    );
    pool.terminate();
  },
  'a killed worker breaks its lock and blocks nobody'() {
    const lock = new Lock();
    const queue = new Queue();
    const process = new Process({
      target: (lock, queue) => {
        lock.acquire();
        queue.put('has it');
        for (;;);
      },
      args: [lock, queue],
    });
    process.start();
    assert.equal(queue.get(true, 20), 'has it');
    process.terminate();
    assert.equal(process.join(20), true);
    assert.equal(process.exitcode, -15);
    assert.throws(() => lock.acquire(true, 20), { name: 'BrokenLockError' });
  },
};

let broken = 0;
for (const [name, check] of Object.entries(checks)) {
  try {
    await check();
    console.log(`ok: ${name}`);
  } catch (error) {
    broken++;
    console.log(`BROKEN: ${name}: ${error.message.split('\n')[0]}`);
  }
}
process.exit(broken > 0 ? 1 : 0);
