/**
 * What stands at the other end of a pipe.
 */
import { Connection, EOFError, type Event, Pipe, type Queue, sleep, task, wait } from 'nogil';

/** Answers each message until the end of file; how many they were. */
export const echo = task(import.meta, function echo(end: Connection): number {
  for (let count = 0; ; count++) {
    let message: unknown;
    try {
      message = end.recv();
    } catch (error) {
      if (error instanceof EOFError) return count;
      throw error;
    }
    end.send(message);
  }
});

/** All that comes until the end of file. */
export const drainAll = task(import.meta, function drainAll(end: Connection): unknown[] {
  const messages: unknown[] = [];
  for (;;) {
    try {
      messages.push(end.recv());
    } catch (error) {
      if (error instanceof EOFError) return messages;
      throw error;
    }
  }
});

export const sendNumbers = task(import.meta, function sendNumbers(end: Connection, from: number, count: number): void {
  for (let i = 0; i < count; i++) end.send(from + i);
});

/** Sends bytes of many lengths, in each the length. */
export const sendLengths = task(import.meta, function sendLengths(end: Connection, lengths: number[]): void {
  for (const length of lengths) end.sendBytes(new Uint8Array(length).fill(length % 251));
});

/** Keeps the end open until it is told to close it. */
export const keep = task(import.meta, function keep(end: Connection, has: Event, close: Event): void {
  has.set();
  close.wait();
  end.close();
});

/** Says that it has the end, and blocks for ever: to be killed. */
export const keepForEver = task(import.meta, function keepForEver(_end: Connection, has: Event): void {
  has.set();
  for (;;) sleep(1000);
});

/** Says that it has the end, and receives until it is killed. */
export const receiveForEver = task(import.meta, function receiveForEver(end: Connection, has: Event): void {
  has.set();
  for (;;) end.recv();
});

/** Says that it has the end, and sends messages of all sizes until it is killed. */
export const sendForEver = task(import.meta, function sendForEver(end: Connection, has: Event, payload: number): void {
  has.set();
  for (let i = 0; ; i++) end.send([i, new Uint8Array(i % payload)]);
});

/** Makes an end of its own, gives the other away, and closes and opens until it is killed. */
export const giveAwayForEver = task(import.meta, function giveAwayForEver(ends: Queue<Connection>): void {
  for (;;) {
    const [r, w] = Pipe(false);
    ends.put(r);
    w.send(1);
    r.close();
    w.close();
  }
});

/** Waits for all of the ends at once, and sums up what comes; ends when all have ended. */
export const sumOfAll = task(import.meta, function sumOfAll(ends: Connection[]): number {
  let open = ends;
  let sum = 0;
  while (open.length > 0) {
    for (const end of wait(open)) {
      try {
        sum += end.recv() as number;
      } catch {
        open = open.filter((each) => each !== end);
      }
    }
  }
  return sum;
});

/** Takes an end out of a message, answers by it, and ends with it open. */
export const answerByInner = task(import.meta, function answerByInner(outer: Connection): boolean {
  const { inner } = outer.recv() as { inner: Connection };
  inner.send('by the inner one');
  return inner instanceof Connection;
});

export const sleepFor = task(import.meta, function sleepFor(seconds: number): void {
  sleep(seconds);
});

/** Polls without an end until there is something, then receives. */
export const pollThenReceive = task(import.meta, function pollThenReceive(end: Connection, has: Event): unknown {
  has.set();
  return [end.poll(null), end.recv(), end.poll(null), end.poll(0)];
});

/** Receives with the async twins until the end of file; the sum. */
export const sumAsync = task(import.meta, async function sumAsync(end: Connection): Promise<number> {
  for (let sum = 0; ; ) {
    try {
      sum += (await end.recvAsync()) as number;
    } catch (error) {
      if (error instanceof EOFError) return sum;
      throw error;
    }
  }
});
