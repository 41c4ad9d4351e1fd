/**
 * The people in the models of slots and leases: a queue (line.ts) whose items are written and read in place.
 *
 * Besides the account of the items (account.ts) each word of an item must be what was written as long as
 * somebody has it. At the end every block is a free stage of a living worker's, or the queue's. Who dies or
 * is cut off in a call may lose what it has taken and not listed, or unlisted and not freed: a block and its
 * element.
 */
import { Meta, Size, Status } from '../../assembly/abi.ts';
import { type LineOptions, type Member, PUTTING, TAKING } from './account.ts';
import { classOf, sizeOfClass, writeWords } from './heap.ts';
import { Line } from './line.ts';
import type { Model } from './model.ts';
import { call, type Flow, label, must, run, type Step } from './program.ts';

/** Words of an item that a ring has a copy of, and of one in a block, which lies there. */
export const [SMALL, LARGE] = [2, -17] as const;
const REF = 16;
/** In test/model/assembly/limits.ts: bytes of an item in a ring at most, of a scratch. */
const [INLINE_MAX, SCRATCH] = [64, 256] as const;
/** In a worker's list: a stage, something in flight. */
const [NODE, IN_FLIGHT] = [-2, -1] as const;
const SLOT_REFS = 16;

/** Bytes that they take of the heap. */
const [STAGE, BLOCK, ELEMENT] = [REF + INLINE_MAX, Meta.BLOCK_HEADER + 4 * -LARGE, 32].map((bytes) =>
  sizeOfClass(classOf(bytes)),
) as [number, number, number];

/** What a member is in the midst of, besides PUTTING and TAKING. */
const LENDING = 3;

export class Loans extends Line {
  /** Slots or leases that a member has at a time. */
  atATime = 1;
  /** Bytes in use of what is there at the beginning, but for the queue's segments. */
  private others = 0;

  constructor(m: Model, options: LineOptions = {}) {
    super(m, { sizes: [SMALL], ...options });
    m.finally(() => this.leak());
  }

  /** The setup is over. */
  begin(): void {
    this.others = this.m.call('bytesInUse') - this.ownBytes();
  }

  private bytesOf(code: number): number {
    return Math.abs(this.wordsIn(code)) * 4;
  }

  // ── putting ────────────────────────────────────────────────────────────────────────────────────────

  private slot(place: number): 'block' | 'inFlight' {
    return place === 0 ? 'block' : 'inFlight';
  }

  /** A slot for the item in `place`, and what is written there. */
  reserves(me: Member, place: number): Step[] {
    const code = this.codeOf(me, place);
    return [
      call(
        'queueReserve',
        () => {
          me.own.calling = LENDING;
          return [this.queue, this.bytesOf(code), Infinity];
        },
        (slot, flow) => {
          me.own.calling = 0;
          if (slot === Status.SHUTDOWN) return flow.stop();
          must(slot > 0, `a reserve answered ${slot}`);
          me.own[this.slot(place)] = slot;
          me.own.next = this.word(me.scratch);
        },
      ),
      run('writes', () => {
        // At once: it is this worker's memory, and nobody looks at it.
        const words = Array.from({ length: this.bytesOf(code) / 4 }, (_, i) => code * 256 + i);
        writeWords(this.m, me.own.next, words);
      }),
    ];
  }

  /** If it is refused, the slot is given up. */
  commits(me: Member, place: number): Step[] {
    const code = this.codeOf(me, place);
    return [
      call(
        'queueCommit',
        () => {
          me.own.calling = PUTTING;
          return [this.queue, me.own[this.slot(place)], this.bytesOf(code), Infinity];
        },
        (status, flow) => {
          me.own.calling = 0;
          this.putEnded(me, place, status === Status.OK ? 1 : status, Infinity);
          if (status === Status.OK) flow.goto(`gone ${place}`);
        },
      ),
      this.ends(me, this.slot(place)),
      label(`gone ${place}`),
    ];
  }

  sends(me: Member, items: number): Step[] {
    return Array.from({ length: items }, (_, place) => [...this.reserves(me, place), ...this.commits(me, place)]).flat();
  }

  /** Two slots at a time: the one that came last is committed first. */
  sendsCrosswise(me: Member): Step[] {
    return [...this.reserves(me, 1), ...this.reserves(me, 0), ...this.commits(me, 0), ...this.commits(me, 1)];
  }

  /** A slot that comes to nothing. */
  givesUp(me: Member): Step[] {
    return [...this.reserves(me, 0), this.ends(me, this.slot(0))];
  }

  private ends(me: Member, field: 'block' | 'inFlight'): Step {
    return call(
      'loanEnd',
      () => {
        me.own.calling = LENDING;
        return [me.own[field]];
      },
      () => {
        me.own.calling = 0;
      },
    );
  }

  // ── taking ─────────────────────────────────────────────────────────────────────────────────────────

  private lease(me: Member, field: 'block' | 'inFlight'): Step {
    return call(
      'queueLease',
      () => this.takes(me, [Infinity]),
      (loan, flow) => {
        me.own.calling = 0;
        if (loan <= 0) return this.refused(loan, flow);
        me.own[field] = loan;
        const at = this.word(me.scratch + 4);
        must(at === this.payloadOf(loan), 'the payload of a lease is elsewhere');
        const code = this.codeAt(at, this.word(me.scratch));
        me.own[field === 'block' ? 'seen' : 'next'] = code;
        this.take(me, code);
      },
    );
  }

  /** Of a loan that is no slot. */
  private payloadOf(loan: number): number {
    return loan + (this.word(loan + 8) === NODE ? REF : Meta.BLOCK_HEADER);
  }

  private readsAgain(me: Member, field: 'block' | 'inFlight'): Step {
    return run('reads again', () => {
      const code = me.own[field === 'block' ? 'seen' : 'next'];
      must(this.codeAt(this.payloadOf(me.own[field]), this.bytesOf(code)) === code, `item ${code} was written over`);
    });
  }

  /** Leases an item, reads it, and reads it again before it is given back. */
  leases(me: Member, items: number): Step[] {
    const once = () => [this.lease(me, 'block'), this.readsAgain(me, 'block'), this.ends(me, 'block')];
    return Array.from({ length: items }, once).flat();
  }

  leasesTwo(me: Member): Step[] {
    const both = ['block', 'inFlight'] as const;
    return [
      ...both.map((field) => this.lease(me, field)),
      ...both.map((field) => this.readsAgain(me, field)),
      ...both.map((field) => this.ends(me, field)),
    ];
  }

  /** Takes an item of at most `most` bytes to `to` of the heap, or, with 0, to where the core leaves it. */
  getsInto(me: Member, to: () => number, most = 4 * -LARGE): Step[] {
    return [
      call(
        'queueGetInto',
        () => this.takes(me, [to(), most, Infinity]),
        (length, flow) => {
          me.own.calling = 0;
          if (length < 0) return this.refused(length, flow);
          const block = to() === 0 ? this.word(me.scratch) : 0;
          const left = block === 0 ? me.scratch + Size.RECORD : block + Meta.BLOCK_HEADER;
          this.take(me, this.codeAt(to() || left, length));
          me.own.block = block;
          if (block === 0) flow.goto('given back');
        },
      ),
      this.ends(me, 'block'),
      label('given back'),
    ];
  }

  private takes(me: Member, rest: readonly number[]): number[] {
    me.own.calling = TAKING;
    return [this.queue, ...rest];
  }

  /** Ends the program: shut down and drained, or there is what is not wanted. */
  private refused(status: number, flow: Flow): void {
    if (status !== Status.NOT_BYTES && status !== Status.TOO_LONG) this.getEnded(status, Infinity);
    flow.stop();
  }

  /** The code of an item whose bytes are at `at`. */
  private codeAt(at: number, length: number): number {
    const first = this.word(at);
    const code = first >> 8;
    must(this.isCode(code) && length === this.bytesOf(code), `bytes that nobody put: ${first}, ${length} of them`);
    for (let i = 1; i < length / 4; i++) must(this.word(at + i * 4) === first + i, `item ${code} is garbled`);
    return code;
  }

  // ── memory ─────────────────────────────────────────────────────────────────────────────────────────

  /** Bytes that the queue has, and what is in it. */
  private ownBytes(): number {
    this.left();
    return this.segmentBytes() + this.blocks.length * BLOCK;
  }

  /** Bytes of the free stages of a living worker's, which has nothing else any more. @throws it has */
  private stageBytes(tid: number): number {
    let stages = 0;
    const slot = this.m.look('slotOf', tid);
    for (let ref = this.word(slot + SLOT_REFS); ref !== 0; ref = this.word(ref)) {
      const kind = this.word(ref + 8);
      if (kind === IN_FLIGHT && !this.m.wasCut) throw new Error('something is in flight, and nobody is');
      if (kind === NODE) stages++;
    }
    if (stages > this.atATime && !this.m.wasCut) throw new Error(`${stages} stages are too many`);
    return stages * STAGE;
  }

  private leak(): string | undefined {
    const { victim, wasCut } = this.m;
    const died = victim >= 0 && !wasCut;
    const living = this.indexes.filter((index) => index >= 0 && !(died && index === victim));
    try {
      const stages = living.reduce((sum, index) => sum + this.stageBytes(this.tids[index] as number), 0);
      const more = this.m.look('bytesInUse') - this.others - this.ownBytes() - stages + (died ? SCRATCH : 0);
      const inMidst = this.members[this.indexes.indexOf(victim)]?.own.calling !== 0;
      return more < 0 || more > (victim >= 0 && inMidst ? BLOCK + ELEMENT : 0) ? `${more} bytes too many are in use` : undefined;
    } catch (error) {
      return (error as Error).message;
    }
  }
}
