import { fileURLToPath } from 'node:url';
import vm from 'node:vm';
import { build } from 'esbuild';
import { beforeAll, describe, expect, test } from 'vitest';
import type { roundTrips } from './fixtures/round-trips.ts';
import { expectSame } from './harness.ts';

/**
 * As in a browser: no Buffer, and TextEncoder and TextDecoder refuse views on shared memory. The codec is
 * bundled the way a browser gets it and runs in a realm of its own.
 */
let run: typeof roundTrips;
let refused: (array: Uint8Array) => void;

beforeAll(async () => {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('./fixtures/round-trips.ts', import.meta.url))],
    bundle: true,
    write: false,
    platform: 'browser',
    format: 'iife',
    globalName: 'fixture',
  });
  const refuseShared = (view: Uint8Array | undefined): void => {
    if (Object.prototype.toString.call(view?.buffer) === '[object SharedArrayBuffer]') throw new TypeError('must not be shared');
  };
  class StrictEncoder extends TextEncoder {
    override encodeInto(text: string, into: Uint8Array): ReturnType<TextEncoder['encodeInto']> {
      refuseShared(into);
      return super.encodeInto(text, into);
    }
  }
  class StrictDecoder extends TextDecoder {
    override decode(from?: Uint8Array<ArrayBuffer>): string {
      refuseShared(from);
      return super.decode(from);
    }
  }
  const context = vm.createContext({ TextEncoder: StrictEncoder, TextDecoder: StrictDecoder });
  vm.runInContext(`${outputFiles[0]?.text}; globalThis.run = fixture.roundTrips;`, context);
  run = context.run;
  refused = (array) => void new StrictDecoder().decode(array as Uint8Array<ArrayBuffer>);
});

/** Through structuredClone, which makes it of this realm again. */
const here = (value: unknown): unknown => structuredClone(value);

describe('without Buffer, and with text only in private memory', () => {
  test('the setting is what it claims', () => {
    expect(() => refused(new Uint8Array(new SharedArrayBuffer(1)))).toThrow('must not be shared');
    expect(run('typeof Buffer', [])).toEqual(['undefined']);
  });

  test('texts of every length and alphabet arrive', () => {
    const texts = ['a', '\x80', 'é', 'ÿ', 'д', '漢', '\u{1f600}', '\ufeff', '\ud800'].flatMap((unit) =>
      [0, 1, 8, 9, 31, 32, 33, 64, 65, 200, 4096, 4097, 5000, 20_000].map((length) => unit.repeat(length)),
    );
    expectSame(here(run('values', texts)), texts);
  });

  test('objects arrive, in the scratch or beside it', () => {
    const values = [
      { id: 7, name: 'x', text: 'abcdefghijklmnopqrstuvwxyz012345' },
      { long: 'д'.repeat(100), longer: 'a'.repeat(10_000), keys: { größe: 1 } },
      [1, -0, 1n, 2n ** 70n, null, undefined, NaN],
      new Map<unknown, unknown>([[new Date(5), new Set([/x/g])]]),
      { bytes: new Uint8Array([1, 2, 3]), floats: new Float64Array([1.5]) },
      new Uint8Array([1, 2, 3]),
    ];
    expectSame(here(run('values', values)), structuredClone(values));
  });
});
