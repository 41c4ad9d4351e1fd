/** Connections between programs, and descriptors that go along. */
import { closeSync, fstatSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { builtIn } from '../../src/platform/node-modules.ts';
import { until } from '../support/until.ts';
import { native } from './processes.ts';

const folder = mkdtempSync(join(tmpdir(), 'nogil-local-'));
afterAll(() => rmSync(folder, { recursive: true }));

const codeOf = (work: () => unknown) => {
  try {
    work();
  } catch (error) {
    return (error as NodeJS.ErrnoException).code;
  }
  return undefined;
};

test('a path has one listener; without one nobody can connect', () => {
  const path = join(folder, 'one');
  expect(codeOf(() => native.connect(path))).toBe('ENOENT');
  const listener = native.listenAt(path);
  expect(codeOf(() => native.listenAt(path))).toBe('EADDRINUSE');
  closeSync(native.connect(path));
  closeSync(listener);
  expect(codeOf(() => native.connect(path))).toBe('ECONNREFUSED');
  expect(() => native.connect('x'.repeat(108))).toThrow(RangeError);
  expect(() => native.connect(5 as never)).toThrow(TypeError);
});

test('a descriptor goes along with bytes, and each side knows who the other is', async () => {
  const { createServer } = builtIn<typeof import('node:net')>('node:net');
  const path = join(folder, 'two');
  const listener = native.listenAt(path);
  const fds: number[] = [];
  const server = createServer((socket) => {
    socket.on('error', () => {}).resume();
    fds.push((socket as unknown as { _handle: { fd: number } })._handle.fd);
  }).listen({ fd: listener });
  const line = native.connect(path);
  await until(() => fds.length === 1);
  const [far = -1] = fds;
  const words = new Int32Array(2);
  for (const end of [line, far]) {
    native.peer(end, words);
    expect([...words]).toEqual([process.geteuid?.(), process.pid]);
  }
  const bytes = new Uint8Array(16);
  expect(native.receive(line, bytes, words)).toBe(-1);
  const file = openSync(folder, 'r');
  native.send(far, Uint8Array.of(1, 2, 3), file);
  expect(native.receive(line, bytes, words)).toBe(3);
  expect([...bytes.subarray(0, 3)]).toEqual([1, 2, 3]);
  expect(words[0]).not.toBe(file);
  expect(fstatSync(words[0] as number).ino).toBe(fstatSync(file).ino);
  for (const fd of [words[0] as number, file]) closeSync(fd);
  expect([native.hasEnded(far), native.hasEnded(line)]).toEqual([false, false]);
  closeSync(line);
  expect(native.hasEnded(far)).toBe(true);
  server.close();
});
