/** What is sent. */

export interface Shape<T> {
  /** Item number `i`. Bytes are made once and sent again and again: both sides take a copy. */
  make(i: number): T;
  /** The number of an item that arrived. */
  number(item: T): number;
}

interface Small {
  id: number;
  name: string;
  text: string;
}

/** Arrays of a batch must be different ones: what is met twice in one message is sent once. */
const VARIANTS = 128;

function arrays(length: number): Shape<Uint8Array> {
  const made = Array.from({ length: VARIANTS }, () => new Uint8Array(length).fill(0xa5));
  return {
    make(i) {
      const array = made[i % VARIANTS] as Uint8Array;
      array[0] = i;
      array[1] = i >>> 8;
      array[2] = i >>> 16;
      return array;
    },
    number: (array) => (array[0] as number) | ((array[1] as number) << 8) | ((array[2] as number) << 16),
  };
}

function numbers(): Shape<number> {
  return { make: (i) => i, number: (item) => item };
}

function objects(): Shape<Small> {
  const names = Array.from({ length: 16 }, (_, i) => `name ${i}`);
  const texts = Array.from({ length: VARIANTS }, (_, i) => `${i} and so many more letters`.padEnd(32, '.'));
  return {
    make: (i) => ({ id: i, name: names[i & 15] as string, text: texts[i % VARIANTS] as string }),
    number: (item) => item.id,
  };
}

type Shapes = Record<'u32' | '64 B' | 'object' | '1 KiB' | '64 KiB', Shape<unknown>>;

export const shapes = {
  u32: numbers(),
  '64 B': arrays(64),
  object: objects(),
  '1 KiB': arrays(1024),
  '64 KiB': arrays(65536),
} as Shapes;
