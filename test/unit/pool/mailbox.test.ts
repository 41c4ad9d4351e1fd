import { inspect } from 'node:util';
import { Lock, ShutDown } from 'nogil';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Letter, Mailbox } from '../../../src/pool/mailbox.ts';
import { held } from '../../support/held.ts';

let mailbox: Mailbox;
beforeEach(() => {
  mailbox = new Mailbox();
});
afterEach(() => mailbox.close());

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

describe('a letter', () => {
  test.each(values)('brings %s, and its envelope', (_, value) => {
    mailbox.post(value, 1, -2, 0x7fffffff, -0x80000000);
    const letter = mailbox.take();
    expect(letter).toMatchObject({ id: 1, kind: -2, row: 0x7fffffff, generation: -0x80000000, fault: undefined });
    expect(letter.value).toStrictEqual(value);
    expect(mailbox.size).toBe(0);
  });

  test.each([...Array(40).keys(), 4060, 4064, 4072, 4080, 4088, 4096])(
    'brings %d bytes, and what lies behind it is whole',
    (length) => {
      const bytes = new Uint8Array(length).fill(0xa5);
      mailbox.post(bytes, 7, 0);
      mailbox.post('behind', 8, 0);
      expect(mailbox.take()).toMatchObject({ id: 7, value: bytes });
      expect(mailbox.take()).toMatchObject({ id: 8, value: 'behind' });
    },
  );

  test('brings live objects, small and in large company', () => {
    const lock = new Lock();
    mailbox.post([lock], 1, 0);
    mailbox.post({ lock, ballast: new Uint8Array(100_000) }, 2, 0);
    const first = (mailbox.take().value as [Lock])[0];
    const second = (mailbox.take().value as { lock: Lock }).lock;
    expect([first.id, second.id]).toEqual([lock.id, lock.id]);
    first.acquire();
    expect(second.locked()).toBe(true);
    for (const each of [lock, first, second]) each.close();
  });

  test('that cannot be sent changes nothing', () => {
    expect(() => mailbox.post({ f: () => 1 }, 1, 0)).toThrow('cannot send a function (at .f)');
    expect(mailbox.size).toBe(0);
  });

  test.each([
    ['', undefined],
    ['beside 100 kB', new Uint8Array(100_000)],
  ])('whose value cannot be read says why, and still whose it is %s', (_, ballast) => {
    const lock = new Lock();
    const send = Symbol.for('nogil.send');
    const handle = (lock as unknown as Record<symbol, () => object>)[send]?.();
    mailbox.post({ forged: { [send]: () => ({ ...handle, tag: 65_000 }) }, ballast }, 5, 6, 7, 8);
    mailbox.post('next', 6, 0);
    const letter = mailbox.take();
    expect(letter).toMatchObject({ id: 5, kind: 6, row: 7, generation: 8, value: undefined });
    expect(letter.fault?.message).toMatch(/unknown handle/);
    expect(mailbox.take().value).toBe('next');
    lock.close();
  });
});

describe('takeAll', () => {
  test('answers all letters, in order, however many calls it takes', () => {
    const sent = values.filter(([name]) => !name.includes('block')).map(([, value]) => value);
    const received: Letter[] = [];
    let calls = 0;
    for (let i = 0; i < 2000; i++) mailbox.post(sent[i % sent.length], i + 1, i % 3);
    for (let letters = mailbox.takeAll(0); letters.length > 0; letters = mailbox.takeAll(0)) {
      received.push(...letters);
      calls++;
    }
    expect(calls).toBeGreaterThan(1);
    expect(received.map(({ id, kind }) => [id, kind])).toEqual(Array.from({ length: 2000 }, (_, i) => [i + 1, i % 3]));
    for (const [i, value] of sent.entries())
      expect(received.filter((_, at) => at % sent.length === i).every((each) => inspect(each.value) === inspect(value))).toBe(
        true,
      );
  });

  test('answers none when none has come in time, or will', () => {
    expect(mailbox.takeAll(0)).toEqual([]);
    expect(mailbox.takeAll(5)).toEqual([]);
    mailbox.shutDown();
    expect(mailbox.takeAll(Number.POSITIVE_INFINITY)).toEqual([]);
  });
});

describe('a mailbox that was shut down', () => {
  test('gives out what is in it, and takes nothing in', () => {
    mailbox.post('last', 1, 0);
    mailbox.shutDown();
    expect(mailbox.isShutDown).toBe(true);
    expect(() => mailbox.post(1, 2, 0)).toThrow(ShutDown);
    expect(() => mailbox.post([1], 2, 0)).toThrow(ShutDown);
    expect(() => mailbox.post(new Uint8Array(100_000), 2, 0)).toThrow(ShutDown);
    expect(mailbox.take().value).toBe('last');
    expect(() => mailbox.take()).toThrow(ShutDown);
  });

  test('at once has nothing left', () => {
    for (const [, value] of values) mailbox.post(value, 1, 0);
    mailbox.shutDown(true);
    expect(mailbox.size).toBe(0);
    expect(() => mailbox.take()).toThrow(ShutDown);
  });
});

test('a mailbox gives back what is left in it', () => {
  const round = () => {
    const box = new Mailbox();
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
