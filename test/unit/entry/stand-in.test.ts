import { statSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { passOnUnknown } from '../../../src/entry/stand-in.ts';
import { theHeap } from '../../../src/heap/heap.ts';
import { created, Shared } from '../../../src/heap/shared.ts';

/** The number of no class. */
const UNKNOWN = 60_000;

/** A handle of an Event, as if it came from a worker that has registered a class of its own for it. */
function unknown() {
  const heap = theHeap();
  const { core } = heap;
  const ref = created(core.eventCreate());
  const object = core.refObject(ref);
  const handle = { ...heap.link, tag: UNKNOWN, id: core.objectId(object), generation: core.objectGeneration(object) };
  return { handle, close: () => core.refClose(ref) };
}

const from = (handle: object) => Shared.from.call(Shared as never, handle as never) as Shared;

describe('what arrives of a class that nobody has registered', () => {
  test('is refused', () => {
    const { handle, close } = unknown();
    expect(() => from(handle)).toThrow(/unknown handle \(class 60000/);
    close();
  });

  test('goes on as what it came as, where it is only passed on', () => {
    passOnUnknown();
    const { codec } = theHeap();
    const { handle, close } = unknown();
    const object = from(handle);
    expect(object.handle()).toEqual(handle);
    codec.encode({ object });
    expect(codec.handles).toEqual([{ tag: UNKNOWN, id: handle.id, gen: handle.generation }]);
    object.close();
    // Nobody else has kept it.
    close();
    expect(() => from(handle)).toThrow(/gone/);
  });
});

test("the supervisor's file has no more than it needs", () => {
  const [own, all] = ['supervisor.cjs', 'nogil.js'].map((name) => statSync(`dist/${name}`).size) as [number, number];
  expect(own).toBeLessThan(all / 3);
});
