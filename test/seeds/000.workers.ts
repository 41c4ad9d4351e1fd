/**
 * What the threads of document 000 run.
 */
import {
  currentThread,
  type Event,
  type Lock,
  type Queue,
  type RLock,
  type Semaphore,
  sleep,
  Thread,
  task as target,
  type Value,
} from 'nogil';
import { randint, SECOND } from './clock.workers.js';

/** Far more than anything takes: so that a test fails instead of hanging. */
const LIMIT = 60;

/** 000-P4. It stays until it is told to go, not for three seconds: the test looks at the living. */
export const stay = target(import.meta, 'task', function task(names: Queue<string>, leave: Event): void {
  names.put(`${currentThread().name} is running`);
  leave.wait(LIMIT);
});

/**
 * 000-P6: the tutorial's thread, with two changes. It gives up a lock that it cannot have in time; and two
 * events force what is fatal.
 */
export class Deadlocked extends Thread {
  constructor(
    /** It holds B and wants A; the others hold A and want B. */
    readonly first: boolean,
    readonly mutexA: Lock,
    readonly mutexB: Lock,
    readonly aIsHeld: Event,
    readonly bIsHeld: Event,
    readonly timeouts: Value<'i'>,
  ) {
    super();
  }

  override run(): void {
    this.f1();
    this.f2();
  }

  f1(): void {
    if (!this.first) this.bIsHeld.wait(LIMIT);
    this.mutexA.acquire();
    if (!this.first) this.aIsHeld.set();
    this.takeAndGive(this.mutexB);
    this.mutexA.release();
  }

  f2(): void {
    this.mutexB.acquire();
    if (this.first) {
      this.bIsHeld.set();
      this.aIsHeld.wait(LIMIT);
    }
    this.takeAndGive(this.mutexA);
    this.mutexB.release();
  }

  private takeAndGive(mutex: Lock): void {
    if (mutex.acquire(true, 0.05)) mutex.release();
    else this.timeouts.add(1);
  }
}
target(import.meta, Deadlocked);

/** 000-P7: the tutorial's thread as it is. */
export class MyThread extends Thread {
  constructor(
    readonly mutexA: RLock,
    readonly mutexB: RLock,
    readonly log: Queue<[thread: string, line: string]>,
  ) {
    super();
  }

  override run(): void {
    this.f1();
    this.f2();
  }

  f1(): void {
    this.mutexA.acquire();
    this.log.put([this.name, '拿到了A锁']);

    this.mutexB.acquire();
    this.log.put([this.name, '拿到了B锁']);
    this.mutexB.release();

    this.mutexA.release();
  }

  f2(): void {
    this.mutexB.acquire();
    this.log.put([this.name, '拿到了B锁']);
    sleep(0.1 * SECOND);

    this.mutexA.acquire();
    this.log.put([this.name, '拿到了A锁']);
    this.mutexA.release();

    this.mutexB.release();
  }
}
target(import.meta, MyThread);

/** 000-P8. The first five wait for each other inside: all permits are used, whatever the machine's speed. */
export const goWc = target(
  import.meta,
  function goWc(sm: Semaphore, inside: Value<'i'>, most: Value<'i'>, allIn: Event, permits: number): string {
    sm.acquire();
    const now = inside.add(1);
    most.update((before) => Math.max(before, now));
    if (now >= permits) allIn.set();
    allIn.wait(LIMIT);
    sleep(randint(1, 3) * SECOND);
    inside.add(-1);
    sm.release();
    return `${currentThread().name} 上厕所ing`;
  },
);
