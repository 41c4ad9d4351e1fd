/** Subclasses with fields and methods under the names that the package might have wanted for itself. */
import { Condition, Event, JoinableQueue, Lock, Process, Queue, RLock, Semaphore, Thread, task } from 'nogil';

const FIELDS = {
  id: 7,
  heap: 'mine',
  ptr: 1,
  open: true,
  record: { a: 1 },
  flavour: 'mint',
  noun: 'dog',
  workerRecord: 2,
  checkName: 3,
  checkStart: 4,
  ownProcess: 5,
  mine: 6,
  target: 7,
  args: [8],
  kwargs: 9,
  result: null,
  exception: null,
  closedError: 10,
  adopt: 11,
  equip: 12,
  launch: 13,
  lock: 14,
};

class FieldsThread extends Thread {
  override id = 7;
  heap = 'mine';
  open = true;
  record = { a: 1 };
  constructor() {
    super();
    Object.assign(this, FIELDS);
  }
  override run(): unknown {
    return { ...this };
  }
}

class FieldsProcess extends Process {
  constructor() {
    super();
    Object.assign(this, FIELDS);
  }
  override run(): unknown {
    return { ...this };
  }
}

class SettingThread extends Thread {
  // @ts-expect-error Likewise.
  override name = 'by a field';
  // @ts-expect-error Likewise.
  override daemon = true;
  override run(): unknown {
    return [this.name, this.daemon];
  }
}

export const AllFields = task(import.meta, 'FieldsThread', FieldsThread);
export const AllFieldsOfProcess = task(import.meta, 'FieldsProcess', FieldsProcess);
export const Setting = task(import.meta, 'SettingThread', SettingThread);
export { FIELDS };

/** Gives an object fields under every name that its class might use inside. */
export function cluttered<T extends object>(object: T): T {
  const names = 'id heap ptr open form flavour send putError make take takeForever tryOrMark give takeWatched acquired mutex';
  const more = 'brokenError releaseError plain reentrant lock limitFor place raw typecode numbers again closedError record';
  for (const name of `${names} ${more}`.split(' ')) Object.assign(object, { [name]: `mine: ${name}` });
  return object;
}

export class OwnQueue extends Queue<unknown> {
  send(): string {
    return 'sent';
  }
  static make(): string {
    return 'made';
  }
}
export class OwnLock extends Lock {
  take(): string {
    return 'taken';
  }
  give(): string {
    return 'given';
  }
}
export const made = () =>
  [Queue, JoinableQueue, Lock, RLock, Semaphore, Condition, Event, OwnQueue, OwnLock].map((Kind) => [
    Kind.name,
    cluttered(new Kind()),
  ]) as [string, Queue | Lock | Event][];
