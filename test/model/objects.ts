/**
 * A world of objects in a model: who makes them, visits them, and buries the dead.
 */
import { Encoding, Kind, Meta, Put, Status } from '../../assembly/abi.ts';
import { enlist, entryAt, heapTrouble, makeHeap, reaps, referencesTo, wordsOf } from './heap.ts';
import type { WorkerOptions } from './machine.ts';
import type { Handle, Model } from './model.ts';
import { call, label, must, type Program, run, type Step } from './program.ts';

const HEADER = 16;
/** A value that is a handle. */
const LENGTH = 8;
const HANDLE = Encoding.RICH | (1 << Meta.HANDLES_SHIFT);

export interface Thing {
  readonly kind: Kind;
  readonly id: number;
  readonly generation: number;
  readonly object: number;
  /** The setup's handle. */
  readonly ref: number;
}

export class World {
  readonly tids: number[] = [];
  /** Whether nobody is dead whom nobody buries. */
  isBuried = () => true;

  constructor(readonly m: Model) {
    makeHeap(m, 24);
    m.finally(() => (this.isBuried() ? heapTrouble(m) : undefined));
  }

  /** A new object, of which the setup has a handle. `create`: the export that makes it. */
  make(create: string, kind: Kind, ...args: number[]): Thing {
    const { m } = this;
    const ref = m.call(create, ...args);
    const object = m.call('refObject', ref);
    const id = m.call('objectId', object);
    m.name(object - HEADER, `header ${id}`, ['kind', 'index', 'generation', 'nextDoomed']);
    m.name(entryAt(m, id), `entry ${id}`, ['references', 'generation', 'pointer', 'kind']);
    return { kind, ref, object, id, generation: m.call('objectGeneration', object) };
  }

  /** What a handle is of. */
  of(ref: number): Pick<Thing, 'id' | 'generation'> {
    const [id, generation] = wordsOf(this.m).subarray((ref + 8) >> 2, (ref + 16) >> 2);
    return { id: id as number, generation: generation as number };
  }

  /** The references that are counted; 0 when it is gone. */
  references({ id, generation }: Pick<Thing, 'id' | 'generation'>): number {
    return referencesTo(this.m, [id, generation]);
  }

  /** Whether the object lies where it did. To be asked by who has a reference. */
  isWhole({ object, kind, id, generation }: Thing): boolean {
    const [was, index, when] = wordsOf(this.m).subarray((object - HEADER) >> 2, object >> 2);
    return was === kind && index === id && when === generation;
  }

  add(name: string, program: Program, options: WorkerOptions = {}): Handle {
    const handle = this.m.worker(name, program, options);
    this.tids[handle.index] = enlist(this.m, handle);
    return handle;
  }

  reaper(then: Program = []): void {
    enlist(this.m, this.m.reaper('reaper', [call('reap', () => [this.tids[this.m.victim] as number, 0]), ...then]));
  }

  /** The setup puts a handle of `inner` into a queue, a dict or a list. */
  puts(inner: Thing, outer: Thing): void {
    if (outer.kind === Kind.QUEUE) this.putsItem(inner, outer);
    else this.putsValue(inner, outer);
  }

  private putsItem(inner: Thing, outer: Thing): void {
    const { m } = this;
    const block = m.call('allocate', Meta.BLOCK_HEADER + LENGTH + 8);
    for (const [i, word] of [inner.id, inner.generation].entries()) m.store(block + Meta.BLOCK_HEADER + LENGTH + i * 4, word);
    const inFlight = m.call('inFlightCreate', block, LENGTH, HANDLE);
    must(m.call('queuePutBlock', outer.object, block, inFlight, LENGTH, HANDLE, 0) === Status.OK, 'the setup could not put');
  }

  private putsValue(inner: Thing, outer: Thing): void {
    const { m } = this;
    const batch = m.call('cellBatchCreate', 2);
    const body = m.call('cellBatchAddBlock', batch, LENGTH, HANDLE);
    for (const [i, word] of [0, 0, inner.id, inner.generation].entries()) m.store(body + i * 4, word);
    must(m.call('cellBatchCountHandles', batch, 1) === Status.OK, 'not counted');
    if (outer.kind === Kind.VECTOR) must(m.call('vectorSplice', outer.object, 0, 0, batch) === Status.OK, 'could not put');
    else {
      for (const [i, word] of [0, Encoding.TRUE].entries()) m.store(m.call('scratch') + i * 4, word);
      must(m.call('cellBatchAdd', batch, 0) === Status.OK, 'no key');
      must(m.call('tablePutAll', outer.object, batch, Put.ALWAYS) === Status.OK, 'could not put');
    }
    m.call('cellBatchClose', batch);
  }

  /** The setup's own handles of things that others keep alive. */
  closes(...things: Thing[]): void {
    for (const { ref } of things) this.m.call('refClose', ref);
  }

  /** A worker that has a handle of `thing` from the start, and drops it. */
  drops(name: string, thing: Thing, options: WorkerOptions = {}): Handle {
    const own = this.m.ghost({ ref: 0 });
    const uses = run('uses it', () => must(this.isWhole(thing), 'taken apart while there is a reference'));
    const worker = this.add(name, [uses, call('refClose', () => [own.ref])], options);
    own.ref = worker.call('refOpen', thing.id, thing.generation);
    must(own.ref > 0, 'no handle');
    return worker;
  }

  /** Looks at whatever lives in each of the entries, without a reference, as `livingWorkers` does. */
  walks(entries: readonly number[]): Step[] {
    const own = this.m.ghost({ generation: 0, object: 0, isOwn: 0 });
    return entries.flatMap((entry) => [
      call('generationAt', [entry], (generation, flow) => {
        own.generation = generation;
        if (generation & 1) flow.goto(`past ${entry}`);
      }),
      call(
        'objectAt',
        () => [entry, own.generation],
        (object, flow) => {
          must((object & 7) === 0, 'what is said to be there is no address');
          own.object = object;
          if (object === 0) flow.goto(`past ${entry}`);
        },
      ),
      run('looks at it', () => {
        const [kind, index, generation] = wordsOf(this.m).subarray((own.object - HEADER) >> 2, own.object >> 2);
        own.isOwn = Number(kind !== Kind.FREE && index === entry && generation === own.generation);
      }),
      call(
        'objectAt',
        () => [entry, own.generation],
        (object) => must(object === 0 || (own.isOwn === 1 && object === own.object), 'is said to be there, and was gone'),
      ),
      label(`past ${entry}`),
    ]);
  }

  /** Who buries the dead, and comes to it in two steps. */
  burier(): void {
    enlist(this.m, this.m.reaper('reaper', [...reaps(this.m, this.tids)]));
  }

  /** Opens a handle, uses it and closes it, unless the object is gone. */
  visits(thing: Thing): Step[] {
    const own = this.m.ghost({ ref: 0 });
    return [
      call('refOpen', [thing.id, thing.generation], (ref, flow) => {
        must(ref !== Status.NO_MEMORY, 'no memory');
        own.ref = ref;
        if (ref === Status.STALE) flow.goto('it is gone');
      }),
      run('uses it', () => must(this.isWhole(thing), 'freed while there is a reference')),
      call('refClose', () => [own.ref]),
      label('it is gone'),
    ];
  }
}
