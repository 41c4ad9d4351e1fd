import { describe, expect, test } from 'vitest';
import { Encoding } from '../../../assembly/abi.ts';
import { Codec } from '../../../src/codec/index.ts';
import { encodingOf, noBridge, receive, roundTrip, send, sharedScratch } from './harness.ts';

const LENGTHS = [0, 1, 2, 7, 8, 9, 10, 31, 32, 33, 63, 64, 65, 100, 2730, 2731, 4096, 8191, 8192, 8193, 100_000];

describe('a text', () => {
  test('of any length arrives, whatever its alphabet', () => {
    for (const unit of ['a', 'é', 'ÿ', 'Ā', 'д', '漢', '\u{1f600}', '\0', '\ufeff']) {
      for (const length of LENGTHS) {
        const text = unit.repeat(length);
        expect(roundTrip(text) === text, `${length} times ${JSON.stringify(unit)}`).toBe(true);
        expect(roundTrip(`x${text}`) === `x${text}`).toBe(true);
      }
    }
  });

  test('of characters up to U+00FF goes as Latin-1 while it is short', () => {
    expect(encodingOf('')).toBe(Encoding.LATIN1);
    expect(encodingOf('bun')).toBe(Encoding.LATIN1);
    expect(encodingOf('ÿ'.repeat(16))).toBe(Encoding.LATIN1);
    expect(encodingOf('ÿ'.repeat(17))).toBe(Encoding.UTF8);
  });

  test('of ASCII goes as Latin-1 at any length', () => {
    for (const length of LENGTHS) expect(encodingOf('a'.repeat(length))).toBe(Encoding.LATIN1);
  });

  test('of other characters goes as UTF-8', () => {
    expect(encodingOf('дом')).toBe(Encoding.UTF8);
    expect(encodingOf('\u{1f600}')).toBe(Encoding.UTF8);
  });

  test('with lone surrogates arrives as it is', () => {
    for (const text of ['\ud800', 'a\udc00b', '\udc00\ud800', `${'x'.repeat(70)}\ud83d`, `\ufeff\ud800${'д'.repeat(5000)}`]) {
      expect(encodingOf(text)).toBe(Encoding.PLAIN);
      expect(roundTrip(text) === text).toBe(true);
      expect(roundTrip({ [text]: text })).toEqual({ [text]: text });
      expect(roundTrip([[text]])).toEqual([[text]]);
    }
  });

  test('keeps its byte order mark, also inside an object', () => {
    for (const length of LENGTHS) {
      const text = `\ufeff${'x'.repeat(length)}`;
      expect(roundTrip(text) === text).toBe(true);
      const object = { [text]: [text] };
      expect(Object.keys(roundTrip(object))[0] === text).toBe(true);
      expect(roundTrip(object)[text]?.[0] === text).toBe(true);
    }
  });

  test('made of pieces that were never joined arrives', () => {
    let rope = 'start';
    for (let i = 0; i < 1000; i++) rope += i % 10 ? `${i}` : `ж${i}`;
    expect(roundTrip(rope) === rope).toBe(true);
  });
});

describe('a scratch that is too small for a text', () => {
  test('is used as far as the text surely fits, and exactly up to its end', () => {
    for (const [text, size] of [
      ['abc', 3],
      ['a'.repeat(100), 100],
      ['д'.repeat(50), 100],
      ['漢'.repeat(40), 120],
    ] as const) {
      const memory = sharedScratch(size + 8).fill(0x55);
      const scratch = memory.subarray(0, size);
      const codec = new Codec(scratch, noBridge);
      const sent = send(codec, text);
      expect(codec.target).toBe(scratch);
      expect(receive(codec, sent)).toBe(text);
      expect([...memory.subarray(size)]).toEqual(new Array(8).fill(0x55));
    }
  });

  test('is left for a private array', () => {
    for (const text of ['abc', 'дом'.repeat(20), 'a'.repeat(300)]) {
      const scratch = sharedScratch(2);
      const codec = new Codec(scratch, noBridge);
      const sent = send(codec, text);
      expect(codec.target).not.toBe(scratch);
      expect(receive(codec, sent)).toBe(text);
    }
  });
});
