/**
 * A program in which a producer is woken for room and finds the heap full. Its last line is what it saw, as
 * JSON.
 */
import { configure, main, Queue, RawArray, sleep, Thread, task, Value } from 'nogil';

const MIB = 2 ** 20;
const WAITS = 1;
const PUT = 2;
const NO_MEMORY = 3;

export const puts = task(import.meta, function puts(queue: Queue<unknown>, state: Value<'i'>, length: number): void {
  const item = length === 0 ? 7 : 'x'.repeat(length);
  state.value = WAITS;
  try {
    queue.put(item, true, 20);
    state.value = PUT;
  } catch (error) {
    state.value = (error as Error).name === 'MemoryError' ? NO_MEMORY : -1;
  }
});

function until(ready: () => boolean): void {
  for (let i = 0; i < 2000 && !ready(); i++) sleep(0.01);
}

/** One round: what came of it; undefined: the small one was woken first. Between processes that may be. */
function round(): object | undefined {
  using queue = new Queue<unknown>(1);
  queue.put('first');
  const start = (length: number) => {
    const state = new Value('i', 0);
    const thread = new Thread({ target: puts, args: [queue, state, length], daemon: true });
    thread.start();
    until(() => state.value === WAITS);
    // Asleep for room, behind who came before.
    sleep(0.3);
    return { thread, state };
  };
  const large = start(2000);
  const small = start(0);
  const kept: RawArray[] = [];
  try {
    for (;;) kept.push(new RawArray('b', 2300));
  } catch {
    // Full.
  }
  const first = queue.get();
  until(() => small.state.value !== WAITS);
  const isInTurn = large.state.value !== WAITS;
  const second = queue.get(true, 20);
  for (const { thread } of [large, small]) thread.join();
  const seen = { first, second, large: large.state.value, small: small.state.value };
  for (const each of kept) each.close();
  return isInTurn ? seen : undefined;
}

void main(import.meta, () => {
  configure({ initialBytes: 4 * MIB, maximumBytes: 4 * MIB });
  let seen: object | undefined;
  for (let rounds = 0; seen === undefined && rounds < 10; rounds++) seen = round();
  console.log(JSON.stringify(seen));
  process.exit(0);
});
