import { LifoQueue, PriorityQueue, type Queue, SimpleQueue } from 'nogil';
import * as multiprocessing from 'nogil/multiprocessing';

type Discipline<T> = [name: string, ctor: new (maxsize?: number) => Queue<T>];

/** The queues that are no Queue: all, and those of them that have a `maxsize`. */
export function disciplines<T>(): { limited: Discipline<T>[]; all: Discipline<T>[] } {
  const limited: Discipline<T>[] = [
    ['LifoQueue', LifoQueue],
    ['PriorityQueue', PriorityQueue],
  ];
  const simple = [
    ['SimpleQueue', SimpleQueue],
    ['multiprocessing.SimpleQueue', multiprocessing.SimpleQueue],
  ] as unknown as Discipline<T>[];
  return { limited, all: [...limited, ...simple] };
}
