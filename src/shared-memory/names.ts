/**
 * Names: the table in which workers find blocks of shared memory, and what was published.
 *
 * It is a managed dict that nobody else sees, one a heap: the core's root says which. Its calls are atomic,
 * and a death inside of one changes nothing. A name has a reference to its block, which so lives until it is
 * unlinked, too.
 */
import { Put } from '../../assembly/abi.ts';
import { type HandleRef, SEND } from '../codec/index.ts';
import type { Heap } from '../heap/heap.ts';
import { apart } from '../heap/held.ts';
import { AdoptionToken, created, refAgain, type Shared } from '../heap/shared.ts';
import { Table } from '../manager/dict.ts';

class Names extends Table {
  constructor(heap: Heap) {
    super(new AdoptionToken(heap, refAgain(heap.core, heap.core.namesTable(0) || makeTable(heap))));
  }

  /** Gives a block its name; false: the name is taken. */
  enter(name: string, block: HandleRef): boolean {
    return this.write(name, { [SEND]: () => block }, Put.IF_ABSENT, 'SharedMemory');
  }

  has(name: string): boolean {
    return this.contains(name);
  }

  /** A handle to the block of that name, to be closed. */
  find(name: string): Shared | undefined {
    return this.read(name, undefined) as Shared | undefined;
  }

  delete(name: string): void {
    this.remove(name, 'unlink');
  }

  // Names of blocks are texts, those of other things pairs: nobody takes the other's.

  /** Gives any value a name; false: the name is taken. */
  publish(name: string, value: unknown): boolean {
    return this.write(['object', name], [value], Put.IF_ABSENT, 'publish');
  }

  /** The value of that name, in an array. */
  published(name: string): [unknown] | undefined {
    return this.read(['object', name], undefined) as [unknown] | undefined;
  }

  unpublish(name: string): boolean {
    return this.remove(['object', name], 'unpublish');
  }
}

/** The first one stays, with a reference of the root's. A death in between leaves one dict behind, empty. */
function makeTable({ core }: Heap): number {
  const ref = created(core.tableCreate());
  const table = core.refObject(ref);
  const [id, generation] = [core.objectId(table), core.objectGeneration(table)];
  core.retain(id, generation);
  const first = core.namesTable(table);
  if (first !== table) core.release(id, generation);
  core.refClose(ref);
  return first;
}

const known = new WeakMap<Heap, Names>();

export function namesOf(heap: Heap): Names {
  let names = known.get(heap);
  if (names === undefined) {
    names = apart(() => new Names(heap));
    known.set(heap, names);
  }
  return names;
}
