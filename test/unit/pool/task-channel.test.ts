import { inspect } from 'node:util';
import { Lock, ShutDown } from 'nogil';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Message, TaskChannel } from '../../../src/pool/task-channel.ts';
import { held } from '../../support/held.ts';

let channel: TaskChannel;
beforeEach(() => {
  channel = new TaskChannel();
});
afterEach(() => channel.close());

const values: [string, unknown][] = [
  ['a number', 41.5],
  ['-0', -0],
  ['NaN', Number.NaN],
  ['undefined', undefined],
  ['null', null],
  ['true', true],
  ['an empty text', ''],
  ['a text', 'grüße, 日本'],
  ['a bigint', 2n ** 70n],
  ['an array', [1, 'two', [3]]],
  ['an object', { a: { b: [null] } }],
  ['a Map', new Map([[1, { two: new Set([3]) }]])],
  ['no bytes', new Uint8Array(0)],
  ['bytes', Uint8Array.from({ length: 1000 }, (_, i) => i)],
  ['bytes for a block of their own', Uint8Array.from({ length: 100_000 }, (_, i) => i)],
  ['a text for a block of its own', 'x'.repeat(100_000)],
  ['numbers for a block of their own', Float64Array.from({ length: 9999 }, (_, i) => i / 3)],
];

describe('a message', () => {
  test.each(values)('brings %s, and its header', (_, value) => {
    channel.post(value, 1, -2, 0x7fffffff, -0x80000000);
    const message = channel.take();
    expect(message).toMatchObject({ id: 1, kind: -2, row: 0x7fffffff, generation: -0x80000000, fault: undefined });
    expect(message.value).toStrictEqual(value);
    expect(channel.size).toBe(0);
  });

  test.each([...Array(40).keys(), 4060, 4064, 4072, 4080, 4088, 4096])(
    'brings %d bytes, and what lies behind it is whole',
    (length) => {
      const bytes = new Uint8Array(length).fill(0xa5);
      channel.post(bytes, 7, 0);
      channel.post('behind', 8, 0);
      expect(channel.take()).toMatchObject({ id: 7, value: bytes });
      expect(channel.take()).toMatchObject({ id: 8, value: 'behind' });
    },
  );

  test('brings live objects, small and in large company', () => {
    const lock = new Lock();
    channel.post([lock], 1, 0);
    channel.post({ lock, ballast: new Uint8Array(100_000) }, 2, 0);
    const first = (channel.take().value as [Lock])[0];
    const second = (channel.take().value as { lock: Lock }).lock;
    expect([first.id, second.id]).toEqual([lock.id, lock.id]);
    first.acquire();
    expect(second.locked()).toBe(true);
    for (const each of [lock, first, second]) each.close();
  });

  test('that cannot be sent changes nothing', () => {
    expect(() => channel.post({ f: () => 1 }, 1, 0)).toThrow('cannot send a function (at .f)');
    expect(channel.size).toBe(0);
  });

  test.each([
    ['', undefined],
    ['beside 100 kB', new Uint8Array(100_000)],
  ])('whose value cannot be read says why, and still whose it is %s', (_, ballast) => {
    const lock = new Lock();
    const send = Symbol.for('nogil.send');
    const handle = (lock as unknown as Record<symbol, () => object>)[send]?.();
    channel.post({ forged: { [send]: () => ({ ...handle, tag: 65_000 }) }, ballast }, 5, 6, 7, 8);
    channel.post('next', 6, 0);
    const message = channel.take();
    expect(message).toMatchObject({ id: 5, kind: 6, row: 7, generation: 8, value: undefined });
    expect(message.fault?.message).toMatch(/unknown handle/);
    expect(channel.take().value).toBe('next');
    lock.close();
  });
});

describe('takeAll', () => {
  test('answers all messages, in order, however many calls it takes', () => {
    const sent = values.filter(([name]) => !name.includes('block')).map(([, value]) => value);
    const received: Message[] = [];
    let calls = 0;
    for (let i = 0; i < 2000; i++) channel.post(sent[i % sent.length], i + 1, i % 3);
    for (let messages = channel.takeAll(0) ?? []; messages.length > 0; messages = channel.takeAll(0) ?? []) {
      received.push(...messages);
      calls++;
    }
    expect(calls).toBeGreaterThan(1);
    expect(received.map(({ id, kind }) => [id, kind])).toEqual(Array.from({ length: 2000 }, (_, i) => [i + 1, i % 3]));
    for (const [i, value] of sent.entries())
      expect(received.filter((_, at) => at % sent.length === i).every((each) => inspect(each.value) === inspect(value))).toBe(
        true,
      );
  });

  test('answers none when none has come in time, and nothing when none will', () => {
    expect(channel.takeAll(0)).toEqual([]);
    expect(channel.takeAll(5)).toEqual([]);
    channel.shutDown();
    expect(channel.takeAll(Number.POSITIVE_INFINITY)).toBeUndefined();
  });
});

describe('a channel that was shut down', () => {
  test('gives out what is in it, and takes nothing in', () => {
    channel.post('last', 1, 0);
    channel.shutDown();
    expect(channel.isShutDown).toBe(true);
    expect(() => channel.post(1, 2, 0)).toThrow(ShutDown);
    expect(() => channel.post([1], 2, 0)).toThrow(ShutDown);
    expect(() => channel.post(new Uint8Array(100_000), 2, 0)).toThrow(ShutDown);
    expect(channel.take().value).toBe('last');
    expect(() => channel.take()).toThrow(ShutDown);
  });

  test('at once has nothing left', () => {
    for (const [, value] of values) channel.post(value, 1, 0);
    channel.shutDown(true);
    expect(channel.size).toBe(0);
    expect(() => channel.take()).toThrow(ShutDown);
  });
});

test('a channel gives back what is left in it', () => {
  const round = () => {
    const box = new TaskChannel();
    const lock = new Lock();
    for (const [, value] of values) box.post(value, 1, 0);
    box.post([lock], 2, 0);
    box.post({ lock, ballast: new Uint8Array(100_000) }, 2, 0);
    box.shutDown();
    expect(() => box.post({ lock, ballast: new Uint8Array(100_000) }, 3, 0)).toThrow(ShutDown);
    lock.close();
    box.close();
  };
  round();
  const before = held();
  for (let i = 0; i < 5; i++) round();
  expect(held()).toEqual(before);
});
