/**
 * What the processes of documents 003 and 004 run that talk by pipes.
 */
import { sleep, task } from 'nogil';
import { BufferTooShort, type Connection, EOFError, getpid, Process, type Queue } from 'nogil/multiprocessing';
import { SECOND } from './clock.workers.js';

const bun = '包子';

// ── 003-P6, P7 ───────────────────────────────────────────────────────────────────────────────────────

export const produce = task(import.meta, function produce(right: Connection, name: string, log: Queue<string>): void {
  for (let i = 0; i < 3; i++) {
    log.put(`${name}生产第${i + 1}包子`);
    right.send(bun);
    sleep(1 * SECOND);
  }
  right.close();
});

export const consume = task(import.meta, function consume(left: Connection, name: string, log: Queue<string>): void {
  for (;;) {
    try {
      const goods = left.recv();
      log.put(`${name}消费了一个${goods}`);
    } catch (error) {
      if (!(error instanceof EOFError)) throw error;
      left.close();
      break;
    }
  }
  log.put(`${name} EOFError`);
});

// ── P8: bytes ────────────────────────────────────────────────────────────────────────────────────────

export const produceBytes = task(import.meta, function produceBytes(right: Connection): void {
  const encoder = new TextEncoder();
  for (let i = 0; i < 3; i++) {
    right.sendBytes(encoder.encode(bun));
    sleep(1 * SECOND);
  }
  right.sendBytes(encoder.encode('包子包子包子'));
  right.close();
});

export const consumeBytes = task(import.meta, function consumeBytes(left: Connection): string[] {
  const decoder = new TextDecoder();
  const lines: string[] = [];
  for (;;) {
    const content = new Uint8Array(10);
    try {
      const size = left.recvBytesInto(content);
      lines.push(`消费了一个${decoder.decode(content)}`, `接收了${size}个数据`);
    } catch (error) {
      if (error instanceof BufferTooShort) lines.push(`数据太长,完整数据为:${decoder.decode(error.args[0])}`, `${content}`);
      else if (error instanceof EOFError) return lines;
      else throw error;
    }
  }
});

// ── P9, P10: poll ────────────────────────────────────────────────────────────────────────────────────

export const produceAndWait = task(import.meta, function produceAndWait(right: Connection, seconds: number): void {
  for (let i = 0; i < 3; i++) right.send(bun);
  sleep(seconds * SECOND);
  right.close();
});

export const pollAndConsume = task(import.meta, function pollAndConsume(left: Connection): string[] {
  const lines: string[] = [];
  for (;;) {
    try {
      lines.push(`是否有可供读取的数据:${left.poll(null)}`);
      const goods = left.recv();
      lines.push(`消费了一个${goods}`);
    } catch (error) {
      if (!(error instanceof EOFError)) throw error;
      left.close();
      return lines;
    }
  }
});

// ── 004-P21, P22 ─────────────────────────────────────────────────────────────────────────────────────

export const action = task(import.meta, function action(name: string, ...add: string[]): string[] {
  return [name, ...add.map((arc) => `${arc} --当前进程${getpid()}`)];
});

// ── 004-P23 ──────────────────────────────────────────────────────────────────────────────────────────

export const Product = task(
  import.meta,
  class Product extends Process {
    p: Connection;

    constructor(name: string, p: Connection) {
      super();
      this.name = name;
      this.p = p;
    }

    override run(): void {
      for (let i = 0; i < 10; i++) {
        this.p.send(i);
        sleep((1 * SECOND) / 10);
      }
    }
  },
);

export const Consumer = task(
  import.meta,
  class Consumer extends Process {
    p: Connection;
    said: Queue<unknown>;

    constructor(name: string, p: Connection, said: Queue<unknown>) {
      super();
      this.name = name;
      this.p = p;
      this.said = said;
    }

    override run(): void {
      for (;;) {
        const data = this.p.recv();
        this.said.put(data);
      }
    }
  },
);
