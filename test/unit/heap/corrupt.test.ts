/** What is said of a memory that makes no sense, and that the rest of it stays of use. */
import { Dict, HeapCorruptError, LifoQueue, List, Queue, RawValue, RuntimeError } from 'nogil';
import { describe, expect, test } from 'vitest';
import { Meta, Size } from '../../../assembly/abi.ts';
import { thrownBy } from '../../support/thrown-by.ts';
import { theHeap } from '../../support/workers.ts';

/** Byte offsets, as assembly/layout.ts has them. */
const HEADER = 16;
const HEAD_SEGMENT = 240 + 24;
const BODY = 36;

interface Named {
  handle(): { id: number; generation: number };
}

function addressOf(object: Named): number {
  const { id, generation } = object.handle();
  return theHeap().core.objectAt(id, generation);
}

function write(object: Named, offset: number, value: number): void {
  theHeap().storeWord(addressOf(object) + offset, value);
}

function word(address: number): number {
  return theHeap().loadWord(address);
}

function corruption(call: () => unknown): HeapCorruptError {
  const error = thrownBy(call);
  expect(error).toBeInstanceOf(HeapCorruptError);
  return error as HeapCorruptError;
}

describe('a HeapCorruptError', () => {
  test('says which object it was, and which word', () => {
    const queue = new Queue<string>();
    queue.put('x');
    write(queue, HEAD_SEGMENT, 7);
    const error = corruption(() => queue.get());
    expect(error).toBeInstanceOf(RuntimeError);
    expect(error).toMatchObject({
      name: 'HeapCorruptError',
      word: addressOf(queue) + HEAD_SEGMENT,
      class: 'Queue',
      id: queue.id,
    });
    expect(error.message).toContain(`byte ${HEAD_SEGMENT} of Queue ${queue.id}, the word at ${error.word}`);
    expect(error.message).toContain('is 7, which it cannot be');
    expect((error.cause as Error).name).toBe('RuntimeError');
  });

  test('comes of what an engine finds, too, in whatever words it has for that', () => {
    const { core } = theHeap();
    const error = corruption(() => core.queueGet(0x7ffffff0, 0));
    expect(error.word).toBe(0);
    expect(error.message).toContain('an address that lies outside of it');
    expect(error.cause).toBeInstanceOf((WebAssembly as unknown as { RuntimeError: new () => Error }).RuntimeError);
  });

  test('is thrown each time, and other objects are as they were', () => {
    const [broken, whole] = [new Dict<string, number>(), new Dict<string, number>()];
    broken.set('a', 1);
    whole.set('a', 1);
    write(broken, BODY, 12_345);
    for (let i = 0; i < 3; i++) {
      expect(corruption(() => broken.get('a')).class).toBe('Dict');
      expect(whole.get('a')).toBe(1);
    }
  });
});

describe('what is read is looked at first', () => {
  test('the length of an item', () => {
    const queue = new Queue<string>();
    queue.put('some text');
    const segment = word(addressOf(queue) + HEAD_SEGMENT);
    theHeap().storeWord(segment + HEADER, 0x7fff_fff0);
    corruption(() => queue.get());
    theHeap().storeWord(segment + HEADER, 9);
    expect(queue.get()).toBe('some text');
  });

  test('what an item is', () => {
    const queue = new Queue<string>();
    queue.put('some text');
    const segment = word(addressOf(queue) + HEAD_SEGMENT);
    for (const meta of [200, 0x800 | 9, 5 << Meta.HANDLES_SHIFT]) {
      theHeap().storeWord(segment + HEADER + 4, meta);
      corruption(() => queue.get());
    }
    // No encoding has this number, and the core does not know that: the codec does.
    theHeap().storeWord(segment + HEADER + 4, 6);
    corruption(() => queue.get());
  });

  test('the address of an item of its own', () => {
    const queue = new Queue<Uint8Array>();
    queue.put(new Uint8Array(5000));
    const segment = word(addressOf(queue) + HEAD_SEGMENT);
    const block = word(segment + HEADER + Size.RECORD);
    for (const stray of [4, 64, block + 4, 0x7fff_0000]) {
      theHeap().storeWord(segment + HEADER + Size.RECORD, stray);
      corruption(() => queue.get());
    }
    theHeap().storeWord(segment + HEADER + Size.RECORD, block);
    expect(queue.get()).toHaveLength(5000);
  });

  test('how many there are', () => {
    const stack = new LifoQueue<number>();
    stack.put(1);
    write(stack, 112 + 64, -5);
    corruption(() => stack.get());
    const list = new List([1, 2, 3]);
    theHeap().storeWord(word(addressOf(list) + BODY) + 4, 1_000_000);
    corruption(() => list.at(0));
  });

  test('which kind of object it is', () => {
    const queue = new Queue<number>();
    write(queue, -HEADER, 99);
    corruption(() => queue.get(false));
    const value = new RawValue('d', 1);
    const { id } = value;
    write(value, 32, 99);
    corruption(() => RawValue.from(value.handle()));
    expect(value.id).toBe(id);
  });
});
