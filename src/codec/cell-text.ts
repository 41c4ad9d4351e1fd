/** Texts in cells, on Node's Buffer or without it. */
import { copyOf } from './bytes.ts';

/** Up to these many characters they are read one by one. Chosen by measurement, on Node 20. */
export const SHORT = 8;

export interface CellText {
  /** A call takes the engine's native code, which is quick for long texts. */
  readonly isNative: boolean;
  /** The bytes of a memory, on which the other methods work. */
  bytesOver(buffer: ArrayBufferLike, start?: number, length?: number): Uint8Array;
  /**
   * Writes a text at `at`, where its longest UTF-8 would fit; false if it is not ASCII, and nothing that
   * counts has been written.
   */
  writeAscii(bytes: Uint8Array, text: string, at: number): boolean;
  /** Writes its units, low byte first. */
  writeUtf16(bytes: Uint8Array, text: string, at: number): void;
  latin1(bytes: Uint8Array, start: number, end: number): string;
  utf16(bytes: Uint8Array, start: number, end: number): string;
}

/**
 * Methods that Node has on Buffer.prototype beside the documented `write` and `toString`, which lead to them.
 */
interface NodeBuffer extends Buffer {
  utf8Write(text: string, offset: number, length: number): number;
  ucs2Write(text: string, offset: number, length: number): number;
  latin1Slice(start: number, end: number): string;
  ucs2Slice(start: number, end: number): string;
}

const native: CellText = {
  isNative: true,
  bytesOver: (buffer, start, length) => Buffer.from(buffer as ArrayBuffer, start, length),
  writeAscii: (bytes, text, at) => (bytes as NodeBuffer).utf8Write(text, at, 3 * text.length) === text.length,
  writeUtf16(bytes, text, at) {
    (bytes as NodeBuffer).ucs2Write(text, at, 2 * text.length);
  },
  latin1: (bytes, start, end) => (bytes as NodeBuffer).latin1Slice(start, end),
  utf16: (bytes, start, end) => (bytes as NodeBuffer).ucs2Slice(start, end),
};

/** String.fromCharCode takes its characters as arguments, and too many of them overflow the stack. */
const CHUNK = 4096;

/** A character for each unit. */
export function textOf(units: Uint8Array | Uint16Array): string {
  if (units.length <= CHUNK) return String.fromCharCode(...units);
  let text = '';
  for (let at = 0; at < units.length; at += CHUNK) text += String.fromCharCode(...units.subarray(at, at + CHUNK));
  return text;
}

const plain: CellText = {
  isNative: false,
  bytesOver: (buffer, start, length) => new Uint8Array(buffer, start, length),
  writeAscii(bytes, text, at) {
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code > 0x7f) return false;
      bytes[at + i] = code;
    }
    return true;
  },
  writeUtf16(bytes, text, at) {
    const units = new Uint16Array(bytes.buffer, bytes.byteOffset + at, text.length);
    for (let i = 0; i < text.length; i++) units[i] = text.charCodeAt(i);
  },
  latin1: (bytes, start, end) => textOf(bytes.subarray(start, end)),
  utf16: (bytes, start, end) => textOf(new Uint16Array(copyOf(bytes, start, end).buffer)),
};

/** The implementation for this runtime. A Buffer that a bundler put into a browser lacks the methods. */
export function cellText(): CellText {
  const prototype: object | undefined = typeof Buffer === 'function' ? Buffer.prototype : undefined;
  const hasNative =
    prototype !== undefined && ['utf8Write', 'ucs2Write', 'latin1Slice', 'ucs2Slice'].every((method) => method in prototype);
  return hasNative ? native : plain;
}

/** Latin-1 of at most SHORT characters: given one by one they are put together in place. */
export function shortText(b: Uint8Array, at: number, length: number): string {
  const c = (i: number): number => b[at + i] as number;
  switch (length) {
    case 0:
      return '';
    case 1:
      return String.fromCharCode(c(0));
    case 2:
      return String.fromCharCode(c(0), c(1));
    case 3:
      return String.fromCharCode(c(0), c(1), c(2));
    case 4:
      return String.fromCharCode(c(0), c(1), c(2), c(3));
    case 5:
      return String.fromCharCode(c(0), c(1), c(2), c(3), c(4));
    case 6:
      return String.fromCharCode(c(0), c(1), c(2), c(3), c(4), c(5));
    case 7:
      return String.fromCharCode(c(0), c(1), c(2), c(3), c(4), c(5), c(6));
    default:
      return String.fromCharCode(c(0), c(1), c(2), c(3), c(4), c(5), c(6), c(7));
  }
}
