/**
 * A worker's own way through its program, from one operation to the next.
 */
import { Field, type Worker } from './machine.ts';
import { type Flow, type Step, valuesOf } from './program.ts';
import { Op, opByName, type Seam } from './seam.ts';

/** What `now` answers after a timeout, to the end of the call: any deadline has passed. */
const LATE = 1e12;

export class Runner {
  private readonly flow: Flow = {
    goto: (name) => {
      const pc = this.worker?.labels.get(name);
      if (pc === undefined) throw new Error(`${this.worker?.name} has no label ${name}`);
      this.next = pc;
    },
    stop: () => {
      this.next = this.worker?.program.length ?? 0;
    },
  };
  private worker: Worker | undefined;
  private next = 0;

  constructor(
    private readonly words: Int32Array,
    private readonly seam: Seam,
  ) {}

  /**
   * Goes on with `worker`, whose operation answered `answer`. True: it stands before `seam.pending`; false:
   * its program is at an end.
   */
  advance(worker: Worker, answer: number): boolean {
    const { words, seam } = this;
    const { at, host, program } = worker;
    seam.begin(words[at + Field.LATE] ? LATE : 0);
    host.occupy(worker.index);
    const pc = words[at + Field.PC];
    if (pc === program.length) return false;
    host.enter();
    this.worker = worker;
    this.next = 0;
    if (pc >= 0) {
      const result = words[at + Field.IN_CALL] ? this.goOn(worker, program[pc], answer) : answer;
      if (!seam.suspended) this.end(worker, program[pc], pc, result);
    }
    while (!seam.suspended && this.next < program.length) {
      seam.tick();
      const pc = this.next;
      words[at + Field.PC] = pc;
      const result = this.begin(worker, program[pc]);
      if (!seam.suspended) this.end(worker, program[pc], pc, result);
    }
    host.leave();
    if (worker.mayDie && !seam.suspended) {
      // Between its last operation and its end it may still die.
      words[at + Field.PC] = program.length;
      seam.pend(Op.RUN, 0, 0, 0, 0, 0);
    }
    return seam.suspended;
  }

  /** Back into the suspended call. */
  private goOn(worker: Worker, step: Step, answer: number): number {
    const { seam } = this;
    seam.rewinding = true;
    seam.answer = answer;
    worker.host.startRewind();
    return this.invoke(worker, step.name, []);
  }

  private begin(worker: Worker, step: Step): number {
    const { seam } = this;
    switch (step.kind) {
      case 'label':
        return 0;
      case 'call': {
        const args = valuesOf(step.args);
        seam.listener?.calls(worker.index, step.name, args);
        this.words[worker.at + Field.IN_CALL] = 1;
        return this.invoke(worker, step.name, args);
      }
      case 'atomic': {
        const [p, a = 0, b = step.timed ? 1 : 0] = valuesOf(step.args);
        const op = opByName[step.name];
        if (seam.goesThrough(op, p, a, b)) return seam.perform(op, p, a, b, 0, 0);
        seam.pend(op, p, a, b, 0, 0);
        return 0;
      }
      default:
        seam.pend(step.kind === 'run' ? Op.RUN : Op.GO_ON, 0, 0, 0, 0, 0);
        return 0;
    }
  }

  private invoke({ host }: Worker, name: string, args: readonly number[]): number {
    const result = host.find(name)(...args);
    if (this.seam.suspended) host.stopUnwind();
    else host.callEnded();
    return result ?? 0;
  }

  private end(worker: Worker, step: Step, pc: number, result: number): void {
    const { words, seam } = this;
    if (step.kind === 'call') seam.listener?.returns(worker.index, step.name, result);
    if (step.kind === 'run') seam.listener?.says(worker.index, step.name);
    words[worker.at + Field.IN_CALL] = 0;
    words[worker.at + Field.LATE] = 0;
    words[worker.at + Field.SPUN] = 0;
    seam.clock = 0;
    this.next = pc + 1;
    step.after?.(result, this.flow);
  }
}
