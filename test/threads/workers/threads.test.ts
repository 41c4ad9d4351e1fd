import { currentThread, Event, getIdent, getNativeId, mainThread, Queue, Thread } from 'nogil';
import { describe, expect, test } from 'vitest';
import { programsOf } from '../../support/programs.ts';
import { LONG } from '../../support/until.ts';
import { joinAndSay, Logged, mydata, numbers, renameMain, triple, useLocal, waitAndAnswer } from './threads.workers.ts';

const { run } = programsOf('threads/workers');

function started<T extends Thread>(thread: T): T {
  thread.start();
  return thread;
}

describe('a Local of a module', () => {
  test('is made anew in each thread, by the constructor of its subclass with the same arguments', () => {
    const found = [1, 10].map((add) => started(new Thread({ target: useLocal, args: [add] })).result(LONG));
    expect(found).toEqual([
      [2, ['red'], 9, ['red', 'mine'], false],
      [2, ['red'], 144, ['red', 'mine'], false],
    ]);
    expect([mydata.number, mydata.words, mydata.squared()]).toEqual([2, ['red'], 4]);
  });
});

describe('a thread', () => {
  test('is joined by many at once, each of whom learns of its end', async () => {
    using event = new Event();
    using ready = new Queue<number>();
    const thread = started(new Thread({ target: waitAndAnswer, args: [event] }));
    const joiners = Array.from({ length: 3 }, () => started(new Thread({ target: joinAndSay, args: [thread as Thread, ready] })));
    for (const _ of joiners) ready.get(true, LONG);
    const here = [thread.joinAsync(LONG), thread.resultAsync(LONG)];
    event.set();
    expect(await Promise.all(here)).toEqual([true, 'the answer']);
    for (const each of joiners) expect(each.result(LONG)).toEqual([true, 'the answer']);
  });

  test('may call its target from the run() of its class', () => {
    using log = new Queue<string>();
    expect(started(new Logged(triple, 14, log)).result(LONG)).toBe(42);
    expect([log.getNowait(), log.getNowait()]).toEqual(['before', 'after']);
  });

  test('has a number in the program and one in its runtime, both its own', () => {
    const told = Array.from({ length: 3 }, () => started(new Thread({ target: numbers }))).map((thread) => {
      const [ident, native] = thread.result(LONG) as [number, number];
      expect(ident).toBe(thread.ident);
      return native;
    });
    expect(new Set([...told, getNativeId()]).size).toBe(4);
    expect(told.every((native) => Number.isInteger(native) && native > 0)).toBe(true);
    expect([getNativeId(), getIdent()]).toEqual([0, mainThread().ident]);
  });

  test('that is a daemon is ended with the program, without its finally', async () => {
    expect(await run('daemon-finally')).toEqual({ code: 0, lines: ['main ends'], errors: '' });
  });

  test('that exits or fails leaves the others alone', () => {
    using event = new Event();
    const other = started(new Thread({ target: waitAndAnswer, args: [event] }));
    const exits = started(new Thread({ target: () => process.exit(1) }));
    expect(exits.join(LONG)).toBe(true);
    expect(other.isAlive()).toBe(true);
    event.set();
    expect(other.result(LONG)).toBe('the answer');
  });
});

describe('the main thread', () => {
  test('has a name that each worker may change for itself', () => {
    const thread = started(new Thread({ target: renameMain }));
    expect(thread.result(LONG)).toEqual(['mine', 'mine', 'me']);
    expect([thread.name, mainThread().name]).toEqual(['me', 'MainThread']);
    currentThread().setName('renamed');
    expect([mainThread().getName(), String(mainThread())]).toEqual(['renamed', `<MainThread(renamed, started ${getIdent()})>`]);
    mainThread().name = 'MainThread';
  });
});
