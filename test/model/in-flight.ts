/**
 * The people in the models of items with handles: who puts one, takes one, shuts the queue down, or is its
 * last user. One thing is sent around.
 *
 * At the end the thing must have as many references as there are handles of it in living workers and in the
 * queue. One more is allowed only if somebody died in a call in which a death may leak one (see
 * assembly/heap/object-table.ts).
 */
import { Encoding, Kind, Meta, Status, WorkerField } from '../../assembly/abi.ts';
import { enlist, entryAt, heapTrouble, makeHeap, type Name, reaps, referencesTo, wordsOf, writeWords } from './heap.ts';
import type { WorkerOptions } from './machine.ts';
import type { Handle, Model } from './model.ts';
import { atomic, call, label, must, type Program, type Step } from './program.ts';
import { FOREVER } from './sync.ts';

const LENGTH = 8;
const META = Encoding.RICH | (1 << Meta.HANDLES_SHIFT);
const HANDLE = Meta.BLOCK_HEADER + LENGTH;
const BLOCK = HANDLE + 8;
const RECORD = 8;
const [TAIL, HEAD, POSITION] = [112, 240, 64] as const;
const [TAIL_POSITION, HEAD_POSITION] = [TAIL + POSITION, HEAD + POSITION] as const;

/** One thing that is sent around, and a queue. */
export class Scene {
  readonly queue: number;
  /** The setup's own handles. */
  private readonly refs: number[] = [];
  private readonly queueName: Name;
  readonly thing: Name;
  private readonly tids: number[] = [];
  private readonly members: Member[] = [];

  constructor(
    readonly m: Model,
    readonly kind: Kind.QUEUE | Kind.LIFO | Kind.PRIORITY = Kind.QUEUE,
  ) {
    makeHeap(m, 24);
    this.queue = this.own(kind === Kind.QUEUE ? m.call('queueCreate', 0) : m.call('singleLockCreate', kind, 0));
    this.queueName = this.nameOf(this.queue);
    for (const [side, at] of Object.entries({ tail: TAIL, head: HEAD })) {
      m.name(this.queue + at, side, ['lock']);
      m.name(this.queue + at + POSITION, side, ['bytes', 'items']);
    }
    this.thing = this.nameOf(this.own(m.call('eventCreate')));
    m.name(entryAt(m, this.thing[0]), 'thing', ['references', 'generation']);
    m.finally(() => this.trouble());
  }

  private own(ref: number): number {
    this.refs.push(ref);
    return this.m.call('refObject', ref);
  }

  private nameOf(object: number): Name {
    return [this.m.call('objectId', object), this.m.call('objectGeneration', object)];
  }

  /**
   * The setup gives its handle of the thing back, and with `queueToo` that of the queue: others have theirs.
   */
  start(queueToo: boolean): void {
    for (const ref of this.refs.splice(queueToo ? 0 : 1)) this.m.call('refClose', ref);
  }

  /** Closes the last handle of the queue, or of the end of a pipe that reads from it. */
  lastUser(name: string, end: boolean, options: WorkerOptions): void {
    const own = this.m.ghost({ ref: 0 });
    const user = this.add(name, () => [call('refClose', () => [own.ref])], options);
    const what = end ? this.m.call('connectionCreate', this.queue, 0) : 0;
    own.ref = user.call('refOpen', ...(end ? this.nameOf(this.m.call('refObject', what)) : this.queueName));
    if (end) this.m.call('refClose', what);
  }

  isGone(): boolean {
    return referencesTo(this.m, this.queueName) === 0;
  }

  add(name: string, steps: (me: Member) => Program, options: WorkerOptions = {}): Handle {
    const me = new Member(this);
    const worker = this.m.worker(name, steps(me), options);
    this.enrol(worker, me);
    return worker;
  }

  private enrol(worker: Handle, me: Member): void {
    this.tids[worker.index] = enlist(this.m, worker);
    this.members[worker.index] = me;
    me.scratch = worker.call('scratch');
  }

  /** `before`: what others do with the locks of the dead before it is buried. */
  reaper(then: (me: Member) => Program = () => [], before: (me: Member) => Program = () => []): void {
    const me = new Member(this);
    const [locks, rest] = reaps(this.m, this.tids);
    this.enrol(this.m.reaper('reaper', [locks, ...before(me), rest, ...then(me)]), me);
  }

  /** Has a handle, and puts an item with it. */
  producer(name: string, options: WorkerOptions = {}): void {
    const worker = this.add(name, (me) => me.puts(), options);
    (this.members[worker.index] as Member).own.open = 1;
    must(worker.call('refOpen', ...this.thing) > 0, 'no handle');
  }

  /** Has a handle, puts another one into the parcel of a record, and closes that. */
  starter(name: string, options: WorkerOptions): void {
    const worker = this.add(name, (me) => me.starts(), options);
    (this.members[worker.index] as Member).own.open = 1;
    must(worker.call('refOpen', ...this.thing) > 0, 'no handle');
  }

  /** Has a handle, and keeps it. */
  keeper(name: string): void {
    const worker = this.add(name, () => []);
    (this.members[worker.index] as Member).own.open = 1;
    must(worker.call('refOpen', ...this.thing) > 0, 'no handle');
  }

  consumer(name: string, options: WorkerOptions = {}): void {
    this.add(name, (me) => me.gets(FOREVER), { maySleep: () => this.size() === 0, ...options });
  }

  /** An item in the hands of who makes it: its block and its InFlight. */
  private item(caller: Handle['call']): [block: number, inFlight: number] {
    const block = caller('allocate', BLOCK);
    this.m.store(block + HANDLE, this.thing[0]);
    this.m.store(block + HANDLE + 4, this.thing[1]);
    return [block, caller('inFlightCreate', block, LENGTH, META)];
  }

  /** Has two items in hand, and puts them at once. */
  batchProducer(name: string, options: WorkerOptions): void {
    const items: [block: number, inFlight: number][] = [];
    const write = (me: Member) => () => items.forEach((item, place) => void me.write(place, ...item));
    const worker = this.add(name, (me) => [me.putsMany(2, write(me))], options);
    for (let i = 0; i < 2; i++) items.push(this.item(worker.call));
  }

  /** The setup puts an item in. */
  fill(): void {
    const me = new Member(this);
    me.scratch = this.m.call('scratch');
    me.write(0, ...this.item((name, ...args) => this.m.call(name, ...args)));
    must(this.m.call('queuePutMany', this.queue, 0, 1, 0) === 1, 'the setup could not put');
  }

  size(): number {
    const words = wordsOf(this.m);
    if (this.kind !== Kind.QUEUE) return words[(this.queue + TAIL_POSITION) >> 2] as number;
    return (words[(this.queue + TAIL_POSITION + 4) >> 2] as number) - (words[(this.queue + HEAD_POSITION + 4) >> 2] as number);
  }

  private trouble(): string | undefined {
    const { victim } = this.m;
    const open = this.members.reduce((sum, { own }, index) => sum + (index === victim ? 0 : own.open), 0);
    const more = referencesTo(this.m, this.thing) - open - (this.isGone() ? 0 : this.size());
    if (more < 0) return `${-more} references too few`;
    if (more > (this.members[victim]?.own.busy ?? 0)) return `${more} references too many`;
    return heapTrouble(this.m);
  }
}

/**
 * Somebody with items in hand. open: it has a handle of the thing; busy: it is in a call in which a death may
 * leak a reference (see heap/object-table.ts).
 */
class Member {
  readonly own: { open: number; busy: number; block: number; inFlight: number; other: number };
  scratch = 0;

  constructor(private readonly scene: Scene) {
    this.own = scene.m.ghost({ open: 0, busy: 0, block: 0, inFlight: 0, other: 0 });
  }

  /** A call in the midst of which a death may leak one reference. */
  private counts(name: string, args: () => readonly number[], after: (result: number) => void = () => undefined): Step {
    return call(
      name,
      () => {
        this.own.busy = 1;
        return args();
      },
      (result) => {
        this.own.busy = 0;
        after(result);
      },
    );
  }

  starts(): Step[] {
    const { own, scene } = this;
    const { thing } = scene;
    return [
      call('workerCreate', [0], (ref) => {
        own.other = ref;
      }),
      call(
        'refObject',
        () => [own.other],
        (record) => {
          own.inFlight = record;
        },
      ),
      call('allocate', [RECORD + LENGTH + 8], (parcel) => {
        own.block = parcel;
      }),
      ...[LENGTH, Encoding.RICH, 0, 0, ...thing].map((word, i) => atomic('store', () => [own.block + i * 4, word])),
      atomic('store', () => [own.inFlight + WorkerField.TASK, own.block]),
      this.counts(
        'boxedCountHandles',
        () => [own.block, 1],
        (status) => {
          must(status === Status.OK, `a count answered ${status}`);
          own.open = 2;
        },
      ),
      this.counts(
        'refClose',
        () => [own.other],
        () => {
          own.open = 1;
        },
      ),
    ];
  }

  puts(): Step[] {
    const { own, scene } = this;
    const { thing } = scene;
    return [
      call('allocate', [BLOCK], (block) => {
        own.block = block;
      }),
      atomic('store', () => [own.block + HANDLE, thing[0]]),
      atomic('store', () => [own.block + HANDLE + 4, thing[1]]),
      this.counts(
        'inFlightCreate',
        () => [own.block, LENGTH, META],
        (inFlight) => {
          must(inFlight > 0, `not held: ${inFlight}`);
          own.inFlight = inFlight;
        },
      ),
      scene.kind === Kind.QUEUE
        ? call(
            'queuePutBlock',
            () => [scene.queue, own.block, own.inFlight, LENGTH, META, FOREVER],
            (status) => must(status === Status.OK, `a put answered ${status}`),
          )
        : this.putsMany(1, () => this.write(0, own.block, own.inFlight)),
    ];
  }

  putsMany(count: number, write: () => void): Step {
    return call(
      'queuePutMany',
      () => {
        write();
        return [this.scene.queue, 0, count, FOREVER];
      },
      (done) => must(done === count, `a put answered ${done}`),
    );
  }

  /** The record, with a key if there must be one, in the scratch, which is the member's own. */
  write(place: number, block: number, inFlight: number): void {
    const record = [LENGTH, META | Meta.OUT_OF_LINE, block, inFlight];
    const key = this.scene.kind === Kind.PRIORITY ? [2, 8, 0, 7] : [];
    writeWords(this.scene.m, this.scratch + place * (record.length + key.length) * 4, [...record, ...key]);
  }

  /** Gets an item, opens a handle of its own, and gives the item back. */
  gets(timeout: number): Step[] {
    const { own, scene } = this;
    return [
      call('queueGet', [scene.queue, timeout], (meta, flow) => {
        if (meta === Status.TIMEOUT) flow.goto('nothing');
        else must(meta === (META | Meta.OUT_OF_LINE), `a get answered ${meta}`);
        own.block = this.blockAt(0);
      }),
      this.counts(
        'refOpen',
        () => [0, 4].map((offset) => wordsOf(scene.m)[(own.block + HANDLE + offset) >> 2] as number),
        (ref) => {
          must(ref > 0, 'it was gone');
          own.open = 1;
        },
      ),
      this.counts('refClose', () => [own.block]),
      label('nothing'),
    ];
  }

  /** Gets two items at once, and gives them back unread. */
  getsBoth(): Step[] {
    const { own, scene } = this;
    return [
      call('queueGetMany', [scene.queue, 2, FOREVER], (count) => {
        must(count === 2, `took ${count}`);
        [own.block, own.other] = [this.blockAt(0), this.blockAt(RECORD + 8)];
      }),
      this.counts('refClose', () => [own.block]),
      call('refClose', () => [own.other]),
    ];
  }

  private blockAt(record: number): number {
    return wordsOf(this.scene.m)[(this.scratch + record + RECORD) >> 2] as number;
  }
}
