/**
 * A queue in a model: producers and consumers on it. The account of their items is kept in account.ts.
 *
 * Who sleeps at the end must have a reason to: a consumer an empty queue, a producer a full one.
 */
import { Encoding, Meta, Status } from '../../assembly/abi.ts';
import { Account, type LineOptions, type Member, NOT_EMPTY, NOT_FULL, NOTHING, PUTTING, RECORD, TAKING } from './account.ts';
import { enlist, wordsOf } from './heap.ts';
import type { WorkerOptions } from './machine.ts';
import type { Describe, Handle } from './model.ts';
import { atomic, call, type Flow, label, must, type Program, type Step } from './program.ts';
import { asleep } from './sync.ts';

export type { LineOptions, Member } from './account.ts';

export class Line extends Account {
  // ── who takes part ─────────────────────────────────────────────────────────────────────────────────

  add(name: string, steps: (me: Member) => Program, options: WorkerOptions = {}): void {
    this.enrol(name, (me) => this.m.worker(name, steps(me), options));
  }

  private enrol(name: string, makeWorker: (me: Member) => Handle): void {
    const own = this.m.ghost({ ...NOTHING });
    const me: Member = { name, number: this.members.length, hand: 1, own, scratch: 0 };
    this.members.push(me);
    const handle = makeWorker(me);
    this.indexes.push(handle.index);
    this.tids[handle.index] = enlist(this.m, handle);
    me.scratch = handle.call('scratch');
    this.m.name(me.scratch, `scratch of ${name}`, 256);
  }

  /** A call of it may be cut off; then it repairs, and does `then`. */
  cut(
    name: string,
    steps: (me: Member) => Program,
    then: (me: Member) => Program,
    { calls, ...options }: WorkerOptions & { calls?: RegExp } = {},
  ): void {
    const again: Member = { name: `${name} again`, number: 0, hand: 1, own: this.m.ghost({ ...NOTHING }), scratch: 0 };
    this.enrol(name, (me) => {
      Object.assign(again, { number: this.members.length });
      this.members.push(again);
      const mayBeCut = { object: this.queue, afterwards: [call('callRepair'), ...then(again)], ...(calls && { calls }) };
      return this.m.worker(name, steps(me), { ...options, mayBeCut });
    });
    this.indexes.push(-2);
    again.scratch = (this.members.at(-2) as Member).scratch;
  }

  /** The setup puts `items` in, and takes `taken` of them out again. */
  fill(items: number, taken = 0): void {
    const me: Member = {
      name: 'setup',
      number: this.members.length,
      hand: 1,
      own: { ...NOTHING },
      scratch: this.m.call('scratch'),
    };
    this.members.push(me);
    this.indexes.push(-2);
    for (let place = 0; place < items; place++) {
      const code = this.codeOf(me, place);
      const words = this.wordsIn(code);
      for (let i = 0; i < words; i++) this.m.store(me.scratch + RECORD + i * 4, code * 256 + i);
      const status =
        words === 0
          ? this.m.call('queuePutNumber', this.queue, code, 0)
          : this.m.call('queuePut', this.queue, words * 4, Encoding.BYTES, 0);
      must(status === Status.OK, `a put of the setup answered ${status}`);
      this.account.put |= 1 << code;
    }
    for (let i = 0; i < taken; i++) {
      const meta = this.m.call('queueGet', this.queue, 0);
      this.take(
        me,
        this.decode(this.m.load(me.scratch), meta, (at) => me.scratch + RECORD + at),
      );
    }
  }

  producer(name: string, items: number, { timeout = Infinity, ...options }: WorkerOptions & { timeout?: number } = {}): void {
    this.add(name, (me) => this.puts(me, items, timeout), { maySleep: () => this.isFull(), ...options });
  }

  consumer(name: string, items: number, { timeout = Infinity, ...options }: WorkerOptions & { timeout?: number } = {}): void {
    this.add(name, (me) => this.gets(me, items, timeout), { maySleep: () => this.isEmpty(), ...options });
  }

  /** Repairs, when one of them has died; then it takes part itself. */
  reaper(then: (me: Member) => Program = () => [], options: WorkerOptions = {}): void {
    const reap = call('reap', () => [this.tids[this.m.victim] as number, 0]);
    this.enrol('reaper', (me) => this.m.reaper('reaper', [reap, ...then(me)], options));
  }

  // ── steps ──────────────────────────────────────────────────────────────────────────────────────────

  puts(me: Member, items: number, timeout = Infinity): Step[] {
    return Array.from({ length: items }, (_, place) => this.put(me, place, timeout)).flat();
  }

  /** The item in `place`; ends the program when the queue is shut down. */
  private put(me: Member, place: number, timeout: number, after?: (status: number, flow: Flow) => void): Step[] {
    const code = this.codeOf(me, place);
    const words = this.wordsIn(code);
    const queue = () => {
      me.own.calling = PUTTING;
      return this.queue;
    };
    const done = (status: number, flow: Flow) => {
      me.own.calling = 0;
      this.putEnded(me, place, status === Status.OK ? 1 : status, timeout);
      if (after) after(status, flow);
      else if (status === Status.SHUTDOWN) flow.stop();
    };
    if (words < 0)
      return [...this.blockOf(me, code), call('queuePutBlock', () => [queue(), ...this.heldBlock(me, code), timeout], done)];
    if (words === 0) return [call('queuePutNumber', () => [queue(), code, timeout], done)];
    return [...this.writes(me, RECORD, code), call('queuePut', () => [queue(), words * 4, Encoding.BYTES, timeout], done)];
  }

  /** Makes the block of an item that travels in one. */
  private blockOf(me: Member, code: number): Step[] {
    const words = -this.wordsIn(code);
    return [
      call('allocate', [Meta.BLOCK_HEADER + words * 4], (block) => {
        me.own.block = block;
      }),
      ...Array.from({ length: words }, (_, i) =>
        atomic('store', () => [me.own.block + Meta.BLOCK_HEADER + i * 4, code * 256 + i]),
      ),
      call(
        'inFlightCreate',
        () => [me.own.block, words * 4, Encoding.BYTES],
        (inFlight) => {
          me.own.inFlight = inFlight;
        },
      ),
    ];
  }

  private heldBlock(me: Member, code: number): number[] {
    return [me.own.block, me.own.inFlight, -this.wordsIn(code) * 4, Encoding.BYTES];
  }

  /** What is done with an item that came in a block. */
  private frees(me: Member): Step[] {
    return [call('refClose', () => [me.own.block])];
  }

  /** The payload of `code`, to `at` of the scratch. */
  writes(me: Member, at: number, code: number): Step[] {
    return Array.from({ length: this.wordsIn(code) }, (_, i) => atomic('store', () => [me.scratch + at + i * 4, code * 256 + i]));
  }

  /** All of them at once, and again for those for which there was no room. */
  putMany(me: Member, items: number, timeout = Infinity): Step[] {
    me.hand = items;
    const records = Array.from({ length: items }, (_, place) => {
      const code = this.codeOf(me, place);
      return { code, length: this.wordsIn(code) * 4, bytes: RECORD + ((this.wordsIn(code) * 4 + 7) & ~7) };
    });
    const offset = (place: number) => records.slice(0, place).reduce((sum, { bytes }) => sum + bytes, 0);
    return [
      ...records.flatMap(({ code, length }, place) => [
        atomic('store', () => [me.scratch + offset(place), length]),
        atomic('store', () => [me.scratch + offset(place) + 4, Encoding.BYTES]),
        ...this.writes(me, offset(place) + RECORD, code),
      ]),
      label('more'),
      call(
        'queuePutMany',
        () => {
          me.own.calling = PUTTING;
          return [this.queue, offset(me.own.next), items - me.own.next, timeout];
        },
        (result, flow) => {
          me.own.calling = 0;
          must(result !== 0, 'put none, and said so');
          this.putEnded(me, me.own.next, result, timeout);
          me.own.next += Math.max(result, 0);
          if (result > 0 && me.own.next < items) flow.goto('more');
          if (result === Status.SHUTDOWN) flow.stop();
        },
      ),
    ];
  }

  /** As the async twin does: a wait at the gate after each try that fails. */
  putsAsync(me: Member, items: number): Step[] {
    const gate = () => this.queue + NOT_FULL + 8;
    return Array.from({ length: items }, (_, place) =>
      this.pumped(me, gate, `put ${place}`, (after) => this.put(me, place, 0, after)),
    ).flat();
  }

  getsAsync(me: Member, items: number): Step[] {
    const gate = () => this.queue + NOT_EMPTY + 8;
    return Array.from({ length: items }, (_, i) => this.pumped(me, gate, `get ${i}`, (after) => [this.get(me, 0, after)])).flat();
  }

  /** The pump of src/heap/gate.ts. */
  private pumped(
    me: Member,
    gate: () => number,
    name: string,
    attempt: (after: (status: number, flow: Flow) => void) => Step[],
  ): Step[] {
    return [
      label(`${name} again`),
      call('gateEnter', () => [gate()]),
      atomic(
        'load',
        () => [gate()],
        (value) => {
          me.own.seen = value;
        },
      ),
      ...attempt((status, flow) => {
        if (status !== Status.TIMEOUT) flow.goto(`${name} done`);
      }),
      ...asleep(gate, () => me.own.seen, `${name} again`),
      label(`${name} done`),
      call('gateLeave', () => [gate()]),
    ];
  }

  /** If there are items in blocks, all must be. */
  gets(me: Member, items: number, timeout = Infinity): Step[] {
    const frees = this.options.sizes.some((words) => words < 0) ? this.frees(me) : [];
    return Array.from({ length: items }, () => [this.get(me, timeout), ...frees]).flat();
  }

  /** Ends the program when the queue is shut down and drained. */
  private get(me: Member, timeout: number, after?: (status: number, flow: Flow) => void): Step {
    return call(
      'queueGet',
      () => {
        me.own.calling = TAKING;
        return [this.queue, timeout];
      },
      (meta, flow) => {
        me.own.calling = 0;
        me.own.block = this.m.load(me.scratch + RECORD);
        if (meta >= 0)
          this.take(
            me,
            this.decode(wordsOf(this.m)[me.scratch >> 2] as number, meta, (at) => me.scratch + RECORD + at),
          );
        else this.getEnded(meta, timeout);
        if (after) after(meta, flow);
        else if (meta === Status.SHUTDOWN) flow.stop();
      },
    );
  }

  /** Until it has `items`, up to `most` at once. */
  getMany(me: Member, items: number, most: number): Step[] {
    me.hand = most;
    return [
      label('more'),
      call(
        'queueGetMany',
        () => {
          me.own.calling = TAKING;
          return [this.queue, most, Infinity];
        },
        (count, flow) => {
          me.own.calling = 0;
          must(count !== 0 && count <= most, `took ${count} of at most ${most}`);
          if (count < 0) {
            this.getEnded(count, Infinity);
            flow.stop();
          }
          const words = wordsOf(this.m);
          for (let at = me.scratch, left = count; left > 0; left--) {
            const [length, meta] = words.subarray(at >> 2, (at >> 2) + 2) as unknown as [number, number];
            const from = at + RECORD;
            this.take(
              me,
              this.decode(length, meta, (offset) => from + offset),
            );
            at = from + ((length + 7) & ~7);
          }
          me.own.next += Math.max(count, 0);
          if (count > 0 && me.own.next < items) flow.goto('more');
        },
      ),
    ];
  }
}

/** A model of a queue and those that `members` adds. */
export const withLine =
  (options: LineOptions, members: (line: Line) => void): Describe =>
  (m) =>
    members(new Line(m, options));
