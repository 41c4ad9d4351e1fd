import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Encoding } from '../../../assembly/abi.ts';
import { Codec } from '../../../src/codec/index.ts';
import { graph, graphWithErrors, primitive, text, tree } from './arbitraries.ts';
import { encodingOf, expectSame, noBridge, receive, roundTrip, send, shapeStore, sharedScratch } from './harness.ts';

const RUNS = 1500;

describe('what arrives is what structuredClone gives', () => {
  test('for primitives', () => {
    fc.assert(
      fc.property(primitive, (value) => expectSame(roundTrip(value), value)),
      { numRuns: RUNS },
    );
  });

  test('for trees of plain objects and arrays', () => {
    fc.assert(
      fc.property(tree, (value) => expectSame(roundTrip(value), structuredClone(value))),
      { numRuns: RUNS },
    );
  });

  test('for graphs of all classes, with shared references and cycles', () => {
    fc.assert(
      fc.property(graph, (value) => expectSame(roundTrip(value), structuredClone(value))),
      { numRuns: RUNS },
    );
  });

  test('but errors keep everything', () => {
    fc.assert(
      fc.property(graphWithErrors, (value) => expectSame(roundTrip(value), value)),
      { numRuns: RUNS },
    );
  });

  test('in a scratch of any size and at any place', () => {
    const sizes = fc.tuple(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 20 }));
    fc.assert(
      fc.property(fc.oneof(text, tree, graph), sizes, (value, [size, places]) => {
        const scratch = sharedScratch(size);
        const codec = new Codec(scratch, noBridge, shapeStore());
        const at = 8 * Math.min(places, size >> 3);
        const sent = send(codec, value, at);
        if (codec.target === scratch && sent.encoding > Encoding.NUMBER) expect(codec.start).toBe(at);
        expectSame(receive(codec, sent), structuredClone(value));
      }),
      { numRuns: RUNS },
    );
  });
});

describe('the way without a walk for references', () => {
  test('is taken for every tree of plain values', () => {
    const value = fc.oneof(fc.integer(), fc.double(), fc.bigInt(), text, fc.boolean(), fc.constant(null), fc.constant(undefined));
    const object = fc.array(fc.tuple(text, fc.oneof(value, fc.array(value))), { maxLength: 20 }).map(Object.fromEntries);
    fc.assert(fc.property(object, (each) => encodingOf(each) === Encoding.PLAIN));
  });
});
