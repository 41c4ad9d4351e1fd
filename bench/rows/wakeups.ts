import type { Group, Row } from '../harness/row.ts';
import type { Target } from '../report/verdict.ts';
import { type Mode, nativeTrips, pythonTrips, round } from '../trips/round.ts';

const CHANNEL = 'MessageChannel';

function row(mode: Mode, what: string, how: string, targets: Record<'p50' | 'p99', Target[]>): Row {
  return {
    id: `wakeups.${mode}`,
    what,
    how,
    unit: 'time',
    contenders: [
      round('Queue', { by: 'nogil', trip: 'queue', mode, shape: 'number' }),
      round('Pipe', { by: 'nogil', trip: 'pipe', mode, shape: 'number' }),
      round(CHANNEL, { by: 'node', trip: 'messages', mode, shape: 'number' }),
      round('futex ring', { by: 'handmade', trip: 'futex-ring', mode, shape: 'number', note: 'spins, then sleeps' }),
      pythonTrips(mode),
      nativeTrips(mode),
    ],
    parts: {
      p50: { what: `${what}: p50`, targets: targets.p50 },
      p99: { what: `${what}: p99`, targets: targets.p99 },
    },
  };
}

export const wakeups: Group = {
  id: 'wakeups',
  question: 'How long does a wake-up take?',
  how: `Round trips between two workers, one item in flight; each trip is timed by itself, and the item that comes
back is checked. p50 is the median trip of a round; of a hundred trips one is slower than p99. A wake-up that crosses cores is the operating
system's: on a virtual machine it takes tens of microseconds, whatever the code.`,
  rows: [
    row(
      'parked',
      'Round trip, the other end asleep',
      'A millisecond of sleep before each trip, in which both ends fall asleep.',
      {
        p50: [
          { who: 'Queue', against: CHANNEL, atMost: 1 },
          { who: 'Pipe', against: CHANNEL, atMost: 1 },
        ],
        p99: [{ who: 'Queue', against: CHANNEL, atMost: 1.1 }],
      },
    ),
    row('busy', 'Round trip, at once again', 'The next trip begins as soon as the last one ends.', {
      p50: [{ who: 'Pipe', against: CHANNEL, atMost: 0.1 }],
      p99: [],
    }),
    {
      id: 'wakeups.object',
      what: 'Round trip of an object, the other end asleep',
      how: 'As above, with an object { id, name, text of 32 }.',
      fullOnly: true,
      unit: 'time',
      contenders: [
        round('Queue', { by: 'nogil', trip: 'queue', mode: 'parked', shape: 'object' }),
        round('Pipe', { by: 'nogil', trip: 'pipe', mode: 'parked', shape: 'object' }),
        round(CHANNEL, { by: 'node', trip: 'messages', mode: 'parked', shape: 'object' }),
      ],
      parts: {
        p50: { what: 'Round trip of an object, the other end asleep: p50' },
        p99: { what: 'Round trip of an object, the other end asleep: p99' },
      },
    },
  ],
};
