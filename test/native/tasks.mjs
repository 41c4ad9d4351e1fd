/**
 * What the processes of the tests in this folder do: `node tasks.mjs <task> <number>...`. Descriptor 3 is the
 * shared memory, where there is one. Threads of such a process run this file, too.
 */
import { spawn } from 'node:child_process';
import { closeSync, existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { isMainThread, Worker, workerData } from 'node:worker_threads';
import { loadNative, whyNoNative } from '../../dist/nogil.js';

const native = loadNative();
if (native === undefined) throw new Error(whyNoNative());

const PAGES = 16;
const FD = 3;
/** Words, by their index: the address is four times that. Tests know them by `Word`. */
const [COUNT, REPLY, READY, BELL, NEVER] = [0, 1, 2, 3, 4];

let words;

function newMemory() {
  return new WebAssembly.Memory({ initial: PAGES, maximum: PAGES, shared: true });
}

function mapped(fd) {
  const memory = newMemory();
  const errno = native.map(new Uint8Array(memory.buffer), fd);
  if (errno !== 0) throw new Error(`map: errno ${errno}`);
  words = new Int32Array(memory.buffer);
  return memory;
}

/**
 * A sleep without an end, as a function: the engine's interpreter looks whether its thread is to end where a
 * function begins. In a loop it does so only now and then; the core's own loops, being wasm, each time.
 */
function doze() {
  return native.wait(NEVER * 4, 0, Number.POSITIVE_INFINITY);
}

/** Sleeps until the word is not `seen` any more. @returns what it is */
function changed(word, seen) {
  for (;;) {
    const now = Atomics.load(words, word);
    if (now !== seen) return now;
    native.wait(word * 4, seen, Number.POSITIVE_INFINITY);
  }
}

function tell(word, value) {
  Atomics.store(words, word, value);
  native.notify(word * 4, -1);
}

/** A thread of this process that does `task`. */
function thread(task, memory) {
  const worker = new Worker(new URL(import.meta.url), { workerData: { task, memory } });
  worker.unref();
  return worker;
}

async function until(condition) {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 1));
}

const collected = () => new Promise((resolve) => setImmediate(() => resolve(globalThis.gc())));
const descriptors = () => readdirSync('/proc/self/fd').length;
const mappings = () => readFileSync('/proc/self/maps', 'utf8').split('memfd:nogil').length - 1;

const tasks = {
  /** Adds 1, `times` times, once everybody is there. */
  add(times) {
    mapped(FD);
    Atomics.add(words, READY, 1);
    native.notify(READY * 4, -1);
    for (let here = 1; here < 3; ) here = changed(READY, here);
    for (let i = 0; i < times; i++) Atomics.add(words, COUNT, 1);
  },

  /** Answers each number with itself. */
  answer(times) {
    mapped(FD);
    for (let seen = 0; seen < times; ) {
      seen = changed(COUNT, seen);
      tell(REPLY, seen);
    }
  },

  /** Says how a sleep ended; -1: of one that lasts until the word changes, that it is over. */
  sleep(ms) {
    mapped(FD);
    Atomics.store(words, READY, 1);
    native.notify(READY * 4, -1);
    if (ms === -1) changed(NEVER, 0);
    console.log(ms === -1 ? 'awake' : native.wait(NEVER * 4, 0, ms));
  },

  /** Sleeps for so many slices, and says what that took of the processor's time. */
  sleeps(slices) {
    mapped(FD);
    Atomics.store(words, READY, 1);
    const before = process.cpuUsage();
    let wakeUps = 0;
    while (wakeUps < slices && doze() === 1) wakeUps++;
    const { user, system } = process.cpuUsage(before);
    console.log(JSON.stringify({ wakeUps, cpuMs: (user + system) / 1000 }));
  },

  /** Threads fall asleep, then the program ends: 0 process.exit, 1 the same with close(), 2 throw, 3 return. */
  async ends(how) {
    const memory = newMemory();
    mapped(native.create(memory.buffer.byteLength));
    const shared = words.buffer;
    for (let i = 0; i < 4; i++) thread('asleep', shared);
    await until(() => Atomics.load(words, READY) === 4);
    if (how === 1) process.on('exit', () => native.close());
    if (how < 2) process.exit(7);
    if (how === 2) throw new Error('thrown');
  },

  /** A thread that never wakes by itself. */
  asleep() {
    Atomics.add(words, READY, 1);
    for (;;) doze();
  },

  /** The same, and it counts how often it came back. */
  restless() {
    Atomics.add(words, READY, 1);
    for (;;) {
      doze();
      Atomics.add(words, COUNT, 1);
    }
  },

  /** Terminates threads in their sleep, one after the other, having told the native part or not. */
  async terminates(times, tells) {
    mapped(native.create(newMemory().buffer.byteLength));
    let slowest = 0;
    for (let i = 0; i < times; i++) {
      const worker = thread('asleep', words.buffer);
      await until(() => Atomics.load(words, READY) === i + 1);
      const { threadId } = worker;
      const from = performance.now();
      const end = worker.terminate();
      if (tells && !native.stop(threadId)) throw new Error(`thread ${threadId} is not known`);
      if ((await end) !== 1) throw new Error('not terminated');
      slowest = Math.max(slowest, performance.now() - from);
    }
    console.log(Math.ceil(slowest));
  },

  /**
   * A thread that is told to stop, at any moment, never sleeps again: it comes back more often than by the ends
   * of slices in an hour.
   */
  async stops(times) {
    mapped(native.create(newMemory().buffer.byteLength));
    for (let i = 0; i < times; i++) {
      const worker = thread('restless', words.buffer);
      await until(() => Atomics.load(words, READY) === i + 1);
      const wakes = Math.floor(Math.random() * 50);
      for (let k = 0; k < wakes; k++) native.notify(NEVER * 4, -1);
      if (native.stop(worker.threadId + 1)) throw new Error('that thread does not exist');
      if (!native.stop(worker.threadId)) throw new Error('that thread does exist');
      const before = Atomics.load(words, COUNT);
      await until(() => Atomics.load(words, COUNT) > before + 20_000);
      await worker.terminate();
    }
    console.log('stopped');
  },

  /** Counts what it heard, and answers the last one. */
  hears(last) {
    mapped(FD);
    let calls = 0;
    native.listen(BELL * 4, () => {
      calls++;
      const seen = Atomics.load(words, BELL);
      tell(REPLY, seen);
      if (seen !== last) return;
      console.log(calls);
      process.exit(0);
    });
    setInterval(() => {}, 1000);
    tell(READY, 1);
  },

  /** Listens, and has nothing else to do. */
  listens() {
    mapped(native.create(newMemory().buffer.byteLength));
    native.listen(BELL * 4, () => {});
    console.log('listening');
  },

  /** What is thrown where nobody catches. */
  throws() {
    mapped(native.create(newMemory().buffer.byteLength));
    process.on('uncaughtException', (error) => {
      console.log(`uncaught: ${error.message}`);
      process.exit(0);
    });
    native.listen(BELL * 4, () => {
      throw new Error('from the ear');
    });
    setInterval(() => {}, 1000);
    tell(BELL, 1);
  },

  /** Threads that listen are terminated while somebody rings. */
  async rings(times) {
    mapped(native.create(newMemory().buffer.byteLength));
    const ringing = setInterval(() => {
      for (let i = 0; i < 50; i++) {
        Atomics.add(words, BELL, 1);
        native.notify(BELL * 4, -1);
      }
    });
    for (let i = 0; i < times; i++) {
      const worker = thread('hearing', words.buffer);
      await until(() => Atomics.load(words, READY) === i + 1);
      await worker.terminate();
    }
    clearInterval(ringing);
    console.log('rung');
  },
  hearing() {
    native.listen(BELL * 4, () => {});
    setInterval(() => {}, 1000);
    Atomics.add(words, READY, 1);
  },

  /** One memory after the other, which the collector frees. */
  async leaks(times) {
    await collected();
    const before = descriptors();
    for (let i = 0; i < times; i++) {
      const fd = native.create(newMemory().buffer.byteLength);
      mapped(fd);
      new Uint8Array(words.buffer).fill(1);
      closeSync(fd);
      if (i % 20 === 0) await collected();
    }
    while (mappings() > 1) await collected();
    console.log(JSON.stringify({ descriptors: descriptors() - before, mappings: mappings() }));
  },

  /** Says how the system refuses a descriptor. */
  exhausts() {
    try {
      for (;;) native.create(PAGES * 65_536);
    } catch ({ message, code, errno }) {
      console.log(JSON.stringify({ message, code, errno }));
    }
  },

  /** Starts a process that is to end with it. */
  parent() {
    spawn(process.execPath, [fileURLToPath(import.meta.url), 'child', process.pid], { stdio: 'inherit' });
    setInterval(() => {}, 1000);
  },
  child(parent) {
    console.log(`${process.pid} ${native.dieWith(parent)} ${native.dieWith(process.pid)}`);
    setInterval(() => {}, 1000);
  },

  /** How many descriptors of the memory a program has that it executes. */
  executes() {
    mapped(FD);
    spawn(process.execPath, [fileURLToPath(import.meta.url), 'holds'], { stdio: 'inherit' });
  },
  holds() {
    const open = readdirSync('/proc/self/fd').filter((fd) => existsSync(`/proc/self/fd/${fd}`));
    console.log(open.filter((fd) => readlinkSync(`/proc/self/fd/${fd}`).includes('memfd:nogil')).length);
  },
};

if (isMainThread) {
  const [task, ...numbers] = process.argv.slice(2);
  await tasks[task](...numbers.map(Number));
} else {
  native.adopt(new Uint8Array(workerData.memory));
  words = new Int32Array(workerData.memory);
  tasks[workerData.task]();
}
