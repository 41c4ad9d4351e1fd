/** How far an object in the heap reaches, as far as its sleepers are concerned. */
import { Extent, Kind } from '../../assembly/abi.ts';
import type { CoreExports } from './core.ts';

/** Of any discipline. */
export function isQueue(kind: Kind): boolean {
  return kind === Kind.QUEUE || kind === Kind.LIFO || kind === Kind.PRIORITY;
}

/** Bytes of the living object at `object`. */
export function extentOf(core: CoreExports, object: number): number {
  return isQueue(core.objectKind(core.objectId(object))) ? Extent.QUEUE : Extent.OTHER;
}

/** Whether a word belongs to the living object at `object`. */
export function reaches(core: CoreExports, object: number, word: number): boolean {
  return word >= object && word < object + extentOf(core, object);
}
