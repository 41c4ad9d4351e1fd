/** Bytes whose own accessors run while they are put. */
import { Pipe, Queue, SharedMemory, ValueError } from 'nogil';
import { describe, expect, test } from 'vitest';

/** Bytes that call `run` whenever somebody asks for `name`. */
function watched(bytes: Uint8Array, name: 'length' | 'byteOffset', run: () => void): Uint8Array {
  const value = bytes[name];
  return Object.defineProperty(bytes, name, {
    get() {
      run();
      return value;
    },
  });
}

describe.each(['length', 'byteOffset'] as const)('an array with its own %s', (name) => {
  test('that closes the queue is not put', () => {
    const queue = new Queue<Uint8Array>();
    const other = new Queue<number>();
    const bytes = watched(new Uint8Array(8), name, () => queue.close());
    expect(() => queue.put(bytes)).toThrow(ValueError);
    // Neither in the memory of one that is gone.
    const next = new Queue<number>();
    next.put(1);
    other.put(2);
    expect([next.qsize(), next.get(), other.get()]).toEqual([1, 1, 2]);
  });

  test('that puts another item arrives as it is', () => {
    const [queue, inner] = [new Queue<Uint8Array>(), new Queue<unknown>()];
    queue.put(watched(Uint8Array.of(1, 2, 3), name, () => inner.put({ text: 'something else' })));
    expect([...queue.get()]).toEqual([1, 2, 3]);
    expect(inner.get()).toEqual({ text: 'something else' });
  });

  test('that closes the queue is not put out of the heap either', () => {
    const queue = new Queue<Uint8Array>();
    using memory = new SharedMemory(undefined, true, 64);
    const bytes = watched((memory.buf as Uint8Array).subarray(0, 16), name, () => queue.close());
    expect(() => queue.put(bytes)).toThrow(ValueError);
  });
});

describe('a message whose getter closes both ends of its pipe', () => {
  test.each([
    ['short', 'x'],
    ['long', 'x'.repeat(5000)],
  ])('is not sent (%s)', (_, text) => {
    const [reader, writer] = Pipe(false);
    const message = {
      get text() {
        reader.close();
        writer.close();
        return text;
      },
    };
    // No BrokenPipeError: nobody asks a pipe that is gone.
    expect(() => writer.send(message)).toThrow(expect.objectContaining({ name: 'OSError' }));
    const next = new Queue<number>();
    next.put(1);
    expect([next.qsize(), next.get()]).toEqual([1, 1]);
  });
});
