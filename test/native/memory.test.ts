/** One memory in several processes: the file, its mapping, its descriptor. */
import { closeSync, fstatSync, ftruncateSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { thrownBy } from '../support/thrown-by.ts';
import { Memory, native, newMemory, run, start, Word } from './processes.ts';

const PAGE = 65_536;

test('what one process writes the others read, and atomic additions of all are counted', async () => {
  using memory = new Memory();
  const times = 100_000;
  const others = [1, 2].map(() => start('add', [times], { fd: memory.fd }));
  for (let here = 0; here < 2; ) here = memory.changed(Word.READY, here);
  memory.tell(Word.READY, 3);
  for (let i = 0; i < times; i++) Atomics.add(memory.words, Word.COUNT, 1);
  for (const { ending } of others) expect(await ending).toMatchObject({ code: 0, errors: '' });
  expect(memory.load(Word.COUNT)).toBe(3 * times);
});

test('the engine reads and writes the mapped pages: a module of wasm, atomics, typed arrays', () => {
  const [memory, twin] = [newMemory(), newMemory()];
  const fd = native.create(memory.buffer.byteLength);
  new Uint8Array(memory.buffer).fill(7);
  expect(native.map(new Uint8Array(memory.buffer), fd)).toBe(0);
  expect(native.map(new Uint8Array(twin.buffer), fd)).toBe(0);
  closeSync(fd);
  expect(new Uint8Array(memory.buffer).every((byte) => byte === 0)).toBe(true);
  Atomics.store(new Int32Array(memory.buffer), 5, 42);
  new Uint8Array(memory.buffer).set([1, 2, 3], 15 * PAGE);
  expect(Atomics.load(new Int32Array(twin.buffer), 5)).toBe(42);
  expect(Array.from(new Uint8Array(twin.buffer, 15 * PAGE, 4))).toEqual([1, 2, 3, 0]);
});

test('the file has the size that was asked for, and keeps it', () => {
  const fd = native.create(2 * PAGE);
  expect(fstatSync(fd).size).toBe(2 * PAGE);
  expect(fstatSync(fd).nlink).toBe(0);
  expect(() => ftruncateSync(fd, PAGE)).toThrow('EPERM');
  expect(() => ftruncateSync(fd, 3 * PAGE)).toThrow('EPERM');
  closeSync(fd);
});

test('a memory of 2 GiB takes the room that it uses', () => {
  const memory = new WebAssembly.Memory({ initial: 32_767, maximum: 32_767, shared: true });
  const fd = native.create(memory.buffer.byteLength);
  expect(native.map(new Uint8Array(memory.buffer), fd)).toBe(0);
  new Uint8Array(memory.buffer).fill(1, memory.buffer.byteLength - PAGE);
  expect(fstatSync(fd).blocks * 512).toBeLessThan(4 * PAGE);
  closeSync(fd);
});

test('a core dump does not have it', () => {
  using memory = new Memory();
  memory.tell(Word.COUNT, 1);
  const parts = readFileSync('/proc/self/smaps', 'utf8').split(/^(?=[0-9a-f]+-[0-9a-f]+ )/m);
  const ours = parts.filter((part) => part.includes('memfd:nogil'));
  expect(ours.length).toBeGreaterThan(0);
  for (const part of ours) expect(/^VmFlags:.*\bdd\b/m.test(part)).toBe(true);
});

test('what a child process executes does not have the descriptor', async () => {
  using memory = new Memory();
  expect(await run('executes', [], { fd: memory.fd })).toMatchObject({ code: 0, output: '0', errors: '' });
  // It is open there otherwise.
  expect(await run('holds', [], { fd: memory.fd })).toMatchObject({ code: 0, output: '1', errors: '' });
});

test('descriptors and mappings of 300 memories are given back', async () => {
  const { code, output, errors } = await run('leaks', [300]);
  expect({ code, errors }).toEqual({ code: 0, errors: '' });
  expect(JSON.parse(output)).toMatchObject({ descriptors: 0, mappings: 1 });
});

describe('map says why not', () => {
  const bytes = () => new Uint8Array(newMemory().buffer);
  const { errno } = constants;

  test('no file', () => expect(native.map(bytes(), 9999)).toBe(errno.EBADF));

  test('a file that is too small', () => {
    const fd = native.create(PAGE);
    expect(native.map(bytes(), fd)).toBe(errno.EINVAL);
    closeSync(fd);
  });

  test('what cannot be mapped, and is left as it was', () => {
    const folder = mkdtempSync(join(tmpdir(), 'nogil-'));
    const memory = bytes();
    memory[0] = 1;
    const fd = openSync(join(folder, 'file'), 'a');
    ftruncateSync(fd, memory.length);
    expect(native.map(memory, fd)).toBe(errno.EACCES);
    expect(memory[0]).toBe(1);
    closeSync(fd);
    rmSync(folder, { recursive: true });
  });
});

describe('arguments that cannot be meant', () => {
  const shared = () => new Uint8Array(newMemory().buffer);
  const call = (name: string, ...args: unknown[]) =>
    (native as unknown as Record<string, (...args: unknown[]) => unknown>)[name]?.(...args);

  test.each([
    ['create', TypeError, []],
    ['create', TypeError, ['65536']],
    ['create', RangeError, [0]],
    ['create', RangeError, [-PAGE]],
    ['create', RangeError, [Number.NaN]],
    ['create', RangeError, [2 ** 33]],
    ['create', RangeError, [PAGE + 0.5]],
    ['map', TypeError, [shared()]],
    ['map', TypeError, [{}, 3]],
    ['map', TypeError, [new Int32Array(newMemory().buffer), 3]],
    ['map', TypeError, [new Uint8Array(PAGE), 3]],
    ['map', TypeError, [new Uint8Array(new ArrayBuffer(PAGE)), 3]],
    ['map', RangeError, [new Uint8Array(newMemory().buffer, PAGE), 3]],
    ['map', RangeError, [new Uint8Array(newMemory().buffer, 0, 100), 3]],
    ['map', RangeError, [shared(), -1]],
    ['map', TypeError, [shared(), '3']],
    ['adopt', TypeError, [undefined]],
    ['adopt', TypeError, [new Uint8Array(PAGE)]],
    ['stop', TypeError, [{}]],
    ['stop', RangeError, [1.5]],
    ['dieWith', RangeError, [0]],
    ['dieWith', TypeError, [undefined]],
  ] as const)('%s: a %o', (name, kind, args) => {
    expect(thrownBy(() => call(name, ...args))).toBeInstanceOf(kind);
  });

  test.each([
    ['wait', TypeError, [0, 0]],
    ['wait', TypeError, ['0', 0, 0]],
    ['wait', TypeError, [0, {}, 0]],
    ['wait', TypeError, [0, 0, Number.NaN]],
    ['wait', RangeError, [2, 0, 0]],
    ['wait', RangeError, [16 * PAGE, 0, 0]],
    ['notify', RangeError, [-4, 1]],
    ['notify', TypeError, [0, undefined]],
    ['listen', TypeError, [0, {}]],
    ['listen', RangeError, [1, () => {}]],
  ] as const)('%s: a %o', (name, kind, args) => {
    using _memory = new Memory();
    expect(thrownBy(() => call(name, ...args))).toBeInstanceOf(kind);
  });
});

test('what the system refuses is an error with its text, its name and its number', async () => {
  const { code, output } = await run('exhausts', [], { descriptors: 100 });
  expect(code).toBe(0);
  const { message, ...rest } = JSON.parse(output);
  expect(rest).toEqual({ code: 'EMFILE', errno: -constants.errno.EMFILE });
  expect(message).toMatch(/^no file for the shared memory: \S/);
});
