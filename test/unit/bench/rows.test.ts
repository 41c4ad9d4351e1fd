/** The table of rows: that each can be measured and read. */
import { describe, expect, test } from 'vitest';
import { chosen, groups } from '../../../bench/groups.ts';
import { BEST_RIVAL, type Target } from '../../../bench/report/verdict.ts';
import { FutexRing } from '../../../bench/rivals/futex-ring.ts';
import { parties } from '../../../bench/rivals/parties.ts';
import { shapeOf, sumOf } from '../../../bench/ways/shapes.ts';

const rows = groups.flatMap((group) => group.rows);

const twice = (names: readonly string[]) => names.filter((name, i) => names.indexOf(name) !== i);

describe('the rows', () => {
  test('have ids of their own, which begin with their group', () => {
    expect(twice(rows.map(({ id }) => id))).toEqual([]);
    for (const group of groups) expect(group.rows.filter(({ id }) => !id.startsWith(`${group.id}.`))).toEqual([]);
  });

  test.each(rows.map((row) => [row.id, row] as const))('%s names contenders that it has, and parties that exist', (_, row) => {
    const names = row.contenders.map(({ name }) => name);
    expect(twice(names)).toEqual([]);
    expect(row.contenders.filter(({ by }) => !(by in parties))).toEqual([]);
    expect(names.length).toBeGreaterThan(0);
    const targets: readonly Target[] = [
      ...(row.targets ?? []),
      ...Object.values(row.parts ?? {}).flatMap((part) => part.targets ?? []),
    ];
    const named = targets.flatMap(({ who, against = who }) => [who, against]).filter((name) => name !== BEST_RIVAL);
    expect(named.filter((name) => !names.includes(name))).toEqual([]);
    // A quick run shows what it is about.
    expect(row.contenders[0]?.fullOnly).toBeUndefined();
    if (row.over) expect(row.over.quick.every((at) => at > 0) && row.over.full.length >= row.over.quick.length).toBe(true);
  });

  test('are chosen by how their ids begin, or else by what they hold', () => {
    const ids = (...words: string[]) => chosen(words).flatMap((group) => group.rows.map(({ id }) => id));
    expect(ids()).toHaveLength(rows.length);
    expect(ids('numbers').every((id) => id.startsWith('numbers.'))).toBe(true);
    expect(ids('contended-2')).toEqual(['locks.contended-2']);
    expect(ids('bytes.64', 'pools.map')).toEqual(['bytes.64', 'bytes.64k', 'pools.map']);
    expect(ids('no such row')).toEqual([]);
  });
});

describe('what is sent', () => {
  test.each(['number', 'text', 'object', 'nested', 'bytes:1', 'bytes:8', 'bytes:1024'] as const)(
    '%s says which one it is',
    (name) => {
      const shape = shapeOf(name);
      const numbers = Array.from({ length: 1000 }, (_, i) => shape.number(shape.make(i)));
      expect(numbers).toEqual(Array.from({ length: 1000 }, (_, i) => shape.expected(i)));
      expect(sumOf(shape, 1000)).toBe(numbers.reduce((a, b) => a + b));
      // Neighbours differ, so that one which came twice, or none, would be seen.
      expect(numbers[1]).not.toBe(numbers[2]);
    },
  );

  test('of a nested object: three levels, 20 values, an array of five objects', () => {
    const order = shapeOf('nested').make(3) as { lines: object[] };
    const leaves = (value: unknown): number =>
      typeof value === 'object' && value !== null ? Object.values(value).reduce((sum, each) => sum + leaves(each), 0) : 1;
    const depth = (value: unknown): number =>
      typeof value === 'object' && value !== null && !Array.isArray(value) ? 1 + Math.max(...Object.values(value).map(depth)) : 0;
    expect([leaves(order), depth(order), order.lines.length]).toEqual([20, 3, 5]);
  });
});

describe('the ring by hand', () => {
  test('gives back what was written, around its end, too', () => {
    const memory = FutexRing.memory(256);
    const [writer, reader] = [new FutexRing(memory), new FutexRing(memory)];
    const target = new Uint8Array(128);
    for (let i = 0; i < 2000; i++) {
      const length = (i * 7) % 60;
      const sent = Uint8Array.from({ length }, (_, k) => i + k);
      writer.write(sent);
      writer.writeWord(i);
      expect(reader.read(target)).toBe(length);
      expect(target.slice(0, length)).toEqual(sent);
      expect(reader.readWord()).toBe(i);
    }
  });
});
