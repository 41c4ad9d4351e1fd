/**
 * Things that live only by a value in a table or vector, or on its way into it or out of it, each by one:
 * whoever dies, a thing must have a reference at the end if its value is there, and be gone if not.
 */
import { Meta, Status } from '../../assembly/abi.ts';
import { heapTrouble, type Name, referencesTo, wordsOf } from './heap.ts';
import type { WorkerOptions } from './machine.ts';
import type { Handle, Model } from './model.ts';
import { atomic, call, label, must, type Program, type Step } from './program.ts';
import { HANDLE, HANDLE_LENGTH, HANDLE_META, record, World } from './table.ts';

const RECORD = 8;
/** In the block of a cell. */
const [META, BODY] = [8, 16];
/** Bytes of a thing, and of a handle of it. */
const THING = 64;
const HANDLE_BYTES = 16;
/** An index beyond any vector. */
export const END = 1000;

export class Belongings extends World {
  private readonly name: Name;
  private readonly things: Name[] = [];
  /** The setup's own handles of them. */
  private readonly refs: number[] = [];
  /** Who has a handle of one. */
  private readonly makers: { thing: Name; worker: number }[] = [];
  /** What a death may leak: see `counting`. */
  private readonly leak: { may: number };

  constructor(m: Model, store: 'table' | 'vector') {
    super(m, store);
    this.name = this.nameOf(this.at);
    this.leak = m.ghost({ may: 0 });
  }

  private nameOf(object: number): Name {
    return [this.m.call('objectId', object), this.m.call('objectGeneration', object)];
  }

  // ── the setup ──────────────────────────────────────────────────────────────────────────────────────

  private makeThing(): Name {
    const ref = this.m.call('eventCreate');
    const thing = this.nameOf(this.m.call('refObject', ref));
    this.refs.push(ref);
    this.things.push(thing);
    return thing;
  }

  /**
   * A batch in the hands of `caller`: a new thing's value for each of the keys of a table, or as many for a
   * vector.
   */
  private batch(caller: Handle['call'], keys: readonly number[]): number {
    const batch = caller('cellBatchCreate', keys.length * 2);
    for (const key of keys) {
      const body = caller('cellBatchAddBlock', batch, HANDLE_LENGTH, HANDLE_META);
      for (const [i, word] of [HANDLE, 0, ...this.makeThing()].entries()) this.m.store(body + i * 4, word);
      must(caller('cellBatchCountHandles', batch, 1) === Status.OK, 'not counted');
      if (this.store === 'vector') continue;
      for (const [address, word] of record(caller('scratch'), key)) this.m.store(address, word);
      must(caller('cellBatchAdd', batch, 0) === Status.OK, 'no key');
    }
    return batch;
  }

  /** A new thing's value under each of the keys, or as many at the end. */
  fillHandles(...keys: number[]): void {
    const caller: Handle['call'] = (name, ...args) => this.m.call(name, ...args);
    const batch = this.batch(caller, keys);
    const [name, ...args] = this.store === 'table' ? (['tablePutAll'] as const) : (['vectorSplice', END, END] as const);
    must(caller(name, this.at, ...args, batch, ...(args.length === 0 ? [0] : [])) === Status.OK, 'the setup could not put');
    caller('cellBatchClose', batch);
  }

  /** From here on the things live by their values only. */
  override begin(): void {
    for (const ref of this.refs) this.m.call('refClose', ref);
    super.begin();
  }

  // ── what workers do ────────────────────────────────────────────────────────────────────────────────

  /** Has such a batch, gives it to a call, and closes it. `cut`: those calls may be cut off. */
  carrier(
    name: string,
    keys: readonly number[],
    step: (batch: () => number) => Step,
    { cut, ...options }: WorkerOptions & { cut?: RegExp } = {},
  ): void {
    const own = this.m.ghost({ batch: 0 });
    const closes = call('cellBatchClose', () => [own.batch]);
    const mayBeCut = cut && { object: this.at, calls: cut, afterwards: [call('callRepair'), closes] };
    const worker = this.add(name, () => [step(() => own.batch), closes], { ...options, ...(mayBeCut && { mayBeCut }) });
    const before = this.m.look('bytesInUse');
    own.batch = this.batch(worker.call, keys);
    // All of that comes and goes; the setup's handles have gone before it counts.
    this.passing += this.m.look('bytesInUse') - before - keys.length * (THING + HANDLE_BYTES);
  }

  /** A call that answers a record, and what is done with that: its batch is closed, if it has one. */
  shows(scratch: () => number, name: string, ...args: number[]): Step[] {
    const own = this.m.ghost({ batch: 0 });
    const none = `${name} shows none`;
    return [
      call(name, [this.at, ...args], (meta, flow) => {
        own.batch = wordsOf(this.m)[(scratch() + RECORD + 4) >> 2] as number;
        if (meta !== (HANDLE_META | Meta.OUT_OF_LINE)) flow.goto(none);
      }),
      call('cellBatchClose', () => [own.batch]),
      label(none),
    ];
  }

  /**
   * Steps among which a death may leak a reference to a block: they count one that is not the only one, or
   * give it back (see assembly/manager/cell.ts).
   */
  counting(steps: Program): Program {
    return steps.map((step) => {
      if (step.kind !== 'call') return step;
      const args = () => {
        this.leak.may = 1;
        return typeof step.args === 'function' ? step.args() : step.args;
      };
      return call(step.name, args, (result, flow) => {
        this.leak.may = 0;
        step.after?.(result, flow);
      });
    });
  }

  /** Closes the last handle of the table or vector. */
  lastUser(name: string, options: WorkerOptions): void {
    const own = this.m.ghost({ ref: 0 });
    const user = this.add(name, () => [call('refClose', () => [own.ref])], options);
    own.ref = user.call('refOpen', ...this.name);
    this.m.call('release', ...this.name);
  }

  /** Has a handle of a thing, makes a value with another one, gives that to a call, and closes the batch. */
  maker(name: string, step: (batch: () => number) => Step, options: WorkerOptions): void {
    const thing = this.makeThing();
    const own = this.m.ghost({ batch: 0, body: 0 });
    const makes: Program = [
      call('cellBatchCreate', [1], (batch) => {
        own.batch = batch;
      }),
      call(
        'cellBatchAddBlock',
        () => [own.batch, HANDLE_LENGTH, HANDLE_META],
        (body) => {
          own.body = body;
        },
      ),
      ...[HANDLE, 0, ...thing].map((word, i) => atomic('store', () => [own.body + i * 4, word])),
      ...this.counting([
        call(
          'cellBatchCountHandles',
          () => [own.batch, 1],
          (status) => must(status === Status.OK, 'not counted'),
        ),
      ]),
      step(() => own.batch),
      call('cellBatchClose', () => [own.batch]),
    ];
    const worker = this.add(name, () => makes, options);
    must(worker.call('refOpen', ...thing) > 0, 'no handle');
    this.passing += HANDLE_BYTES;
    this.makers.push({ thing, worker: worker.index });
  }

  // ── what is true at the end ────────────────────────────────────────────────────────────────────────

  get isGone(): boolean {
    return referencesTo(this.m, this.name) === 0;
  }

  protected override isShared(references: number): boolean {
    return references >= 1 && references <= 1 + this.leak.may;
  }

  override trouble(): string | undefined {
    const wrong = this.isGone ? heapTrouble(this.m) : super.trouble();
    if (wrong !== undefined) return wrong;
    const there = this.isGone ? [] : this.named();
    let more = 0;
    for (const thing of this.things) {
      const references = referencesTo(this.m, thing);
      const makers = this.makers.filter((maker) => maker.thing === thing && maker.worker !== this.m.victim);
      const wanted = there.filter((index) => index === thing[0]).length + makers.length;
      if (references < wanted) return `${wanted - references} references too few`;
      more += references - wanted;
    }
    return more > this.leak.may ? `${more} references too many` : undefined;
  }

  /** The indices of the things whose values are there. */
  private named(): number[] {
    this.contents();
    const words = wordsOf(this.m);
    return this.blocks
      .filter((block) => words[(block + META) >> 2] === HANDLE_META)
      .map((block) => words[(block + BODY + HANDLE_LENGTH) >> 2] as number);
  }

  protected override contentBytes(): number {
    return super.contentBytes() + this.things.filter((thing) => referencesTo(this.m, thing) > 0).length * THING;
  }
}
