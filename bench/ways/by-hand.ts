/**
 * What is left to win for any codec: objects { id, name, text } through the ring by hand
 * (rivals/futex-ring.ts), written and read by code that knows their keys, the types of their values and that
 * their texts are ASCII, and knows nothing else. No package can be used like that: it is a reference.
 */
import { FutexRing } from '../rivals/futex-ring.ts';
import { LONGEST } from './packed.ts';
import type { Way } from './way.ts';

interface Small {
  id: number;
  name: string;
  text: string;
}

/** Methods that lie below the documented ones of Node's Buffer. */
interface Native {
  latin1Write(text: string, offset: number, length: number): number;
  latin1Slice(start: number, end: number): string;
}

/** Up to here a loop beats the native call. Chosen by measurement, on Node 20. */
const SHORT = 40;

class ByHand {
  readonly bytes = new Uint8Array(LONGEST);
  readonly #view = new DataView(this.bytes.buffer);
  readonly #buffer = Buffer.from(this.bytes.buffer) as unknown as Native;
  #at = 0;

  write({ id, name, text }: Small): number {
    this.#view.setFloat64(0, id, true);
    this.#at = 8;
    this.#text(name);
    this.#text(text);
    return this.#at;
  }

  #text(text: string): void {
    const { length } = text;
    let at = this.#at;
    this.bytes[at++] = length;
    if (length <= SHORT) for (let i = 0; i < length; i++) this.bytes[at + i] = text.charCodeAt(i);
    else this.#buffer.latin1Write(text, at, length);
    this.#at = at + length;
  }

  read(): Small {
    const id = this.#view.getFloat64(0, true);
    this.#at = 8;
    return { id, name: this.#piece(), text: this.#piece() };
  }

  #piece(): string {
    const length = this.bytes[this.#at] as number;
    const begin = this.#at + 1;
    this.#at = begin + length;
    if (length > 8) return this.#buffer.latin1Slice(begin, this.#at);
    let text = '';
    for (let i = begin; i < this.#at; i++) text += String.fromCharCode(this.bytes[i] as number);
    return text;
  }
}

export const way: Way<object, SharedArrayBuffer> = {
  open() {
    const memory = FutexRing.memory(1 << 20);
    return { near: memory, far: memory };
  },
  producer(memory, { shape }) {
    const ring = new FutexRing(memory);
    const codec = new ByHand();
    return (count) => {
      for (let i = 0; i < count; i++) ring.write(codec.bytes, codec.write(shape.make(i) as Small));
    };
  },
  consumer(memory, { shape }) {
    const ring = new FutexRing(memory);
    const codec = new ByHand();
    return (count) => {
      let sum = 0;
      for (let i = 0; i < count; i++) {
        ring.read(codec.bytes);
        sum += shape.number(codec.read());
      }
      return sum;
    };
  },
};
