import { type ScheduledEvent, Scheduler, scheduler, ValueError } from 'nogil';
import { scheduler as ofModule } from 'nogil/sched';
import { describe, expect, test } from 'vitest';
import { runText } from '../../support/programs.ts';

/** A clock that only the delay moves on, and what was asked of the delay. */
function fakeTime(): { now: number; delays: number[]; clock: () => number; delay: (time: number) => void } {
  const time = {
    now: 100,
    delays: [] as number[],
    clock: () => time.now,
    delay: (by: number) => {
      time.delays.push(by);
      time.now += by;
    },
  };
  return time;
}

describe('scheduler', () => {
  test('is made with and without new', () => {
    expect(scheduler()).toBeInstanceOf(Scheduler);
    expect(new scheduler()).toBeInstanceOf(Scheduler);
    expect(ofModule).toBe(scheduler);
  });

  test('enterabs answers an event with all that was said, numbered in sequence', () => {
    const plan = scheduler();
    const action = () => {};
    const first = plan.enterabs(5, 1, action, ['a'], { key: 'word' });
    const second = plan.enterabs(5, 1, action);
    expect(first).toMatchObject({ time: 5, priority: 1, argument: ['a'], kwargs: { key: 'word' } });
    expect(first.action).toBe(action);
    expect(second.argument).toEqual([]);
    expect(second.sequence).toBeGreaterThan(first.sequence);
  });

  test('enter adds its delay to what the clock says at that moment', () => {
    const { clock, delay, ...time } = fakeTime();
    const plan = scheduler(clock, delay);
    expect(plan.enter(2.5, 1, () => {}).time).toBe(time.now + 2.5);
    delay(1);
    // Two equal delays are two times: the clock was read twice.
    expect(plan.enter(2.5, 1, () => {}).time).toBe(time.now + 3.5);
  });

  test('runs by time, then by priority with the lowest first, then in the order of entering', () => {
    const time = fakeTime();
    const plan = scheduler(time.clock, time.delay);
    const said: string[] = [];
    const enter = (at: number, priority: number, text: string) => plan.enterabs(at, priority, (each) => said.push(each), [text]);
    enter(103, 1, 'later');
    enter(102, 5, 'b');
    enter(102, -1, 'a');
    enter(102, 5, 'c');
    enter(101, 99, 'first');
    expect(plan.queue.map(({ argument }) => argument[0])).toEqual(['first', 'a', 'b', 'c', 'later']);
    expect(plan.run()).toBeUndefined();
    expect(said).toEqual(['first', 'a', 'b', 'c', 'later']);
    expect(time.now).toBe(103);
  });

  test('waits by its delay function for the difference of two clock values, and calls it with 0 after each event', () => {
    const time = fakeTime();
    const plan = scheduler(time.clock, time.delay);
    plan.enter(2, 1, () => {});
    plan.enter(2, 1, () => {});
    plan.enter(5, 1, () => {});
    plan.run();
    expect(time.delays).toEqual([2, 0, 0, 3, 0]);
  });

  test('waits again when its delay function came back too early', () => {
    let now = 0;
    const delays: number[] = [];
    const plan = scheduler(
      () => now,
      (time) => {
        delays.push(time);
        now += Math.min(time, 1);
      },
    );
    plan.enterabs(2.5, 1, () => {});
    plan.run();
    expect(delays).toEqual([2.5, 1.5, 0.5, 0]);
  });

  test('calls with the arguments, and keyword arguments behind them', () => {
    const plan = scheduler();
    const calls: unknown[][] = [];
    const action = (...args: unknown[]) => calls.push(args);
    plan.enter(0, 1, action);
    plan.enter(0, 2, action, ['a', 'b']);
    plan.enter(0, 3, action, ['a'], { key: 'word' });
    plan.run();
    expect(calls).toEqual([[], ['a', 'b'], ['a', { key: 'word' }]]);
  });

  test('runs at once what is to run in the past', () => {
    const time = fakeTime();
    const plan = scheduler(time.clock, time.delay);
    let ran = 0;
    plan.enter(-5, 1, () => ran++);
    plan.enterabs(Number.NEGATIVE_INFINITY, 1, () => ran++);
    plan.run();
    expect([ran, time.now]).toEqual([2, 100]);
  });

  test('cancel takes back that very event, and only while it waits', () => {
    const time = fakeTime();
    const plan = scheduler(time.clock, time.delay);
    const said: string[] = [];
    const action = (text: string) => said.push(text);
    const events = ['a', 'b', 'c'].map((text) => plan.enterabs(101, 1, action, [text])) as [
      ScheduledEvent,
      ScheduledEvent,
      ScheduledEvent,
    ];
    plan.cancel(events[1]);
    expect(() => plan.cancel(events[1])).toThrow(ValueError);
    plan.run();
    expect(said).toEqual(['a', 'c']);
    expect(() => plan.cancel(events[0])).toThrow(ValueError);
    // An event that only looks like it is not it.
    const entered = plan.enterabs(101, 1, action, ['d']);
    expect(() => plan.cancel({ ...entered })).toThrow(ValueError);
    expect(plan.queue).toEqual([entered]);
  });

  test('an event that is running can no longer be cancelled', () => {
    const plan = scheduler();
    let error: unknown;
    const event = plan.enter(0, 1, () => {
      try {
        plan.cancel(event);
      } catch (thrown) {
        error = thrown;
      }
    });
    plan.run();
    expect(error).toBeInstanceOf(ValueError);
  });

  test('is empty when nothing is to come; its queue is a copy', () => {
    const plan = scheduler();
    expect([plan.empty(), plan.queue, plan.run()]).toEqual([true, [], undefined]);
    const event = plan.enter(0, 1, () => {});
    expect(plan.empty()).toBe(false);
    plan.queue.pop();
    expect(plan.queue).toEqual([event]);
  });

  test('run(false) runs what is due, and answers how long it is until the next', () => {
    const time = fakeTime();
    const plan = scheduler(time.clock, time.delay);
    const said: number[] = [];
    for (const at of [99, 100, 107]) plan.enterabs(at, 1, () => said.push(at));
    expect(plan.run(false)).toBe(7);
    expect(said).toEqual([99, 100]);
    expect(plan.run(false)).toBe(7);
    expect(time.delays.every((each) => each === 0)).toBe(true);
    time.delay(7);
    expect(plan.run(false)).toBeUndefined();
    expect(said).toEqual([99, 100, 107]);
  });

  test('an action may enter and cancel others', () => {
    const time = fakeTime();
    const plan = scheduler(time.clock, time.delay);
    const said: string[] = [];
    const victim = plan.enterabs(103, 1, () => said.push('cancelled'));
    plan.enterabs(101, 1, () => {
      said.push('acts');
      plan.cancel(victim);
      plan.enter(1, 1, () => said.push('entered'));
    });
    plan.run();
    expect(said).toEqual(['acts', 'entered']);
    expect(time.now).toBe(102);
  });

  test('an action that throws is gone, the rest stays, and run may be called again', () => {
    const time = fakeTime();
    const plan = scheduler(time.clock, time.delay);
    const said: string[] = [];
    plan.enterabs(101, 1, () => {
      throw new RangeError('of the action');
    });
    plan.enterabs(102, 1, () => said.push('the rest'));
    expect(() => plan.run()).toThrow(new RangeError('of the action'));
    expect(plan.queue).toHaveLength(1);
    plan.run();
    expect(said).toEqual(['the rest']);
  });

  test('by default counts seconds, and sleeps', () => {
    const plan = scheduler();
    const began = performance.now();
    let ran = 0;
    plan.enter(0.03, 1, () => {
      ran = performance.now() - began;
    });
    plan.run();
    expect(ran).toBeGreaterThanOrEqual(29);
  });

  test('refuses what is no time, priority or action, and enters nothing', () => {
    const plan = scheduler();
    expect(() => plan.enter('1' as never, 1, () => {})).toThrow(TypeError);
    expect(() => plan.enter(1, undefined as never, () => {})).toThrow(TypeError);
    expect(() => plan.enter(1, 1, 'print' as never)).toThrow(TypeError);
    expect(() => plan.enter(Number.NaN, 1, () => {})).toThrow(ValueError);
    expect(plan.empty()).toBe(true);
  });
});

describe('runAsync', () => {
  test('awaits each action, in order, and ends when there are no more', async () => {
    const plan = scheduler();
    const said: string[] = [];
    const time = performance.now() / 1000 + 0.01;
    plan.enterabs(time, 2, () => said.push('second'));
    plan.enterabs(time, 1, async () => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      said.push('first');
      plan.enter(0.001, 1, () => said.push('entered'));
    });
    await plan.runAsync();
    expect(said).toEqual(['first', 'second', 'entered']);
    expect(plan.empty()).toBe(true);
  });

  test('lets others have their turn between two events', async () => {
    const plan = scheduler();
    const said: string[] = [];
    plan.enterabs(0, 1, () => {
      said.push('one');
      setTimeout(() => said.push('a turn'));
    });
    // The first delay of 0 is over no sooner than the timer that was set before it.
    plan.enterabs(0, 2, () => said.push('two'));
    await plan.runAsync();
    expect(said).toEqual(['one', 'a turn', 'two']);
  });

  test('notices an earlier event that is entered while it waits', async () => {
    const plan = scheduler();
    const said: string[] = [];
    const late = plan.enter(3600, 1, () => said.push('late'));
    const running = plan.runAsync();
    plan.enter(0.001, 1, () => {
      said.push('early');
      plan.cancel(late);
    });
    await running;
    expect(said).toEqual(['early']);
  });

  test('ends when the last event is cancelled while it waits', async () => {
    const plan = scheduler();
    const event = plan.enter(3600, 1, () => {});
    const running = plan.runAsync();
    plan.cancel(event);
    await expect(running).resolves.toBeUndefined();
  });

  test('an action that throws or rejects is gone, the rest stays', async () => {
    const plan = scheduler();
    let ran = 0;
    plan.enter(0, 1, () => Promise.reject(new RangeError('of the action')));
    plan.enter(0, 2, () => ran++);
    await expect(plan.runAsync()).rejects.toThrow('of the action');
    expect(plan.queue).toHaveLength(1);
    await plan.runAsync();
    expect(ran).toBe(1);
  });

  test('an abort rejects with the reason and leaves what has not run', async () => {
    const plan = scheduler();
    plan.enter(3600, 1, () => {});
    const stop = new AbortController();
    const running = plan.runAsync(stop);
    stop.abort('enough');
    await expect(running).rejects.toBe('enough');
    await expect(plan.runAsync(stop)).rejects.toBe('enough');
    expect(plan.queue).toHaveLength(1);
  });

  test('uses the clock and the delay that it was given', async () => {
    const time = fakeTime();
    const delays: number[] = [];
    const plan = scheduler(time.clock, async (by) => {
      await null;
      delays.push(by);
      time.delay(by);
    });
    const said: number[] = [];
    plan.enter(1000, 1, () => said.push(time.now));
    plan.enter(3000, 1, () => said.push(time.now));
    await plan.runAsync();
    expect([said, delays]).toEqual([
      [1100, 3100],
      [1000, 0, 2000, 0],
    ]);
  });

  test('keeps the program alive until no events are left', async () => {
    const child = await runText(`
      const plan = nogil.scheduler();
      plan.enter(0.05, 1, () => console.log('ran'));
      void plan.runAsync();
    `);
    expect(child).toEqual({ code: 0, lines: ['ran'], errors: '' });
  });
});
