/** Of how many there may be: the time of one of them must not depend on it. */
import { runOnce } from '../harness/program.ts';
import type { Contender, Group, Row } from '../harness/row.ts';

const among = (name: string, what: string, note?: string): Contender => ({
  name,
  by: 'nogil',
  ...(note !== undefined && { note }),
  open: (count) => ({ gives: 'each', run: () => runOnce<number>('rows/scale.program.js', [what, String(count)]) }),
});

function row(id: string, what: string, how: string, contenders: Contender[], most = 100_000): Row {
  const full = [most / 4, most / 2, most];
  return {
    id: `scale.${id}`,
    what,
    how,
    unit: 'time',
    once: true,
    noLead: true,
    over: { name: 'of them', unit: 'count', full, quick: [most / 100, most / 25] },
    contenders,
  };
}

export const scale: Group = {
  id: 'scale',
  question: 'What does one of very many cost?',
  how: `Each point is a program of its own with so many of them at once; the figure is the time of one. What is
proportional is flat.`,
  rows: [
    row(
      'aborts',
      'Async waits ended by one AbortSignal',
      'From the first wait to the last rejection; all of them have the same signal.',
      [
        among('at one Event', 'abortOneEvent'),
        among('at an Event each', 'abortEvents'),
        among('Queue.getAsync of one queue', 'abortQueue'),
        among('Condition.waitAsync of one condition', 'abortCondition', 'each takes the lock back in turn'),
      ],
    ),
    row('waits', 'Async waits that are pending at once', 'From the first wait to the last result.', [
      among('at one Event', 'waitsOneEvent'),
      among('at an Event each', 'waitsEvents'),
      among('Queue.getAsync of one queue', 'waitsQueue'),
      among('at an Event each, which is closed', 'closedWhileWaiting'),
    ]),
    row(
      'deaths',
      'A death among many objects',
      'From kill() to the return of join() of a process that held a lock, by the number of objects: what a walk costs for one of them, and the end of a worker by so many.',
      [among('locks', 'deathAmongLocks'), among('queues', 'deathAmongQueues')],
    ),
    row(
      'workers',
      'Threads that are alive at once',
      'All are started, wait for one Event, and are joined: the time of one.',
      [among('Thread', 'workers')],
      800,
    ),
  ],
};
