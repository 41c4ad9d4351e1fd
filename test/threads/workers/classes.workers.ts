import { currentProcess, currentThread, Process, type Queue, Thread, task } from 'nogil';

/** What runs, sees its own data, and leaves a result. */
class Counter extends Thread {
  from = 1;
  #hidden = 'not copied';
  constructor(
    readonly to: number,
    readonly found: Queue<number>,
  ) {
    super({ name: 'counter', daemon: true });
  }

  get sum(): number {
    return ((this.to - this.from + 1) * (this.from + this.to)) / 2;
  }

  override run(): unknown {
    this.found.put(this.sum);
    this.from = -1;
    return {
      name: this.name,
      daemon: this.daemon,
      isCurrent: currentThread() === (this as Thread),
      hidden: (() => {
        try {
          return this.#hidden;
        } catch (error) {
          return (error as Error).name;
        }
      })(),
    };
  }
}
export const MarkedCounter = task(import.meta, Counter);

/** A name that another program could not find out. */
export const Renamed = task(
  import.meta,
  'a process class',
  class extends Process {
    items: unknown[] = [];
    override async run(): Promise<unknown> {
      await null;
      return [...this.items, this.name, currentProcess() === (this as Process)];
    }
  },
);

/** Only its name is new: it runs the target. */
export class Worker extends Process {
  note = 'a field';
}
export const MarkedWorker = task(import.meta, Worker);

/** Two deep, each with data. */
export class Base extends Thread {
  base = 'base';
  override run(): unknown {
    return [this.base];
  }
}
export class Derived extends Base {
  derived = 'derived';
  override run(): unknown {
    return [...(super.run() as string[]), this.derived];
  }
}
export const MarkedDerived = task(import.meta, Derived);

export const double = task(import.meta, function double(x: number) {
  return 2 * x;
});
