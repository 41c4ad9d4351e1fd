/** What code relies on cannot be assigned from JavaScript, where no compiler says that it is read only. */
import {
  Barrier,
  Pipe,
  PriorityQueue,
  Process,
  Queue,
  Scheduler,
  ShareableList,
  Array as SharedArray,
  SharedMemory,
  Thread,
} from 'nogil';
import * as mp from 'nogil/multiprocessing';
import { describe, expect, test } from 'vitest';

const memory = new SharedMemory(undefined, true, 10);
const [end] = Pipe();
const objects: [name: string, object: object, properties: string[]][] = [
  ['Queue', new Queue(1), ['maxsize', 'unfinishedTasks', 'isShutdown']],
  ['PriorityQueue', new PriorityQueue(1), ['maxsize']],
  ['multiprocessing.Queue', new mp.Queue(1), ['maxsize']],
  ['Barrier', new Barrier(2, undefined, 1), ['parties', 'timeout', 'nWaiting', 'broken']],
  ['SharedMemory', memory, ['name', 'size', 'buf']],
  ['ShareableList', new ShareableList([1, 2]), ['name', 'size', 'length']],
  ['Array', new SharedArray('i', 2), ['length']],
  ['Connection', end, ['closed', 'readable', 'writable']],
  ['Thread', new Thread(), ['ident']],
  ['Process', new Process(), ['ident', 'pid', 'exitcode', 'sentinel']],
  ['a ScheduledEvent', new Scheduler().enter(1, 1, () => {}), ['time', 'priority', 'sequence', 'action']],
];

describe.each(objects)('%s', (_name, object, properties) => {
  test.each(properties)('%s says what it said when somebody has tried to set it', (property) => {
    // A sentinel is there once the process is started.
    const before = property === 'sentinel' ? undefined : Reflect.get(object, property);
    expect(Reflect.set(object, property, 2)).toBe(false);
    if (property !== 'sentinel') expect(Reflect.get(object, property)).toEqual(before);
  });
});

test('a full queue is full, whatever was assigned', () => {
  using queue = new Queue(1);
  queue.put('x');
  expect(() => Object.assign(queue, { maxsize: 2 })).toThrow(TypeError);
  expect([queue.maxsize, queue.full()]).toEqual([1, true]);
  expect(Object.keys(queue)).not.toContain('maxsize');
});

test('memory is taken from its own name', () => {
  expect(() => Object.assign(memory, { name: 'other' })).toThrow(TypeError);
  memory.unlink();
  expect(() => new SharedMemory(memory.name)).toThrow(/no|not/i);
});
