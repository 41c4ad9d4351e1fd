/** Two of the rings by hand; words only. */
import { FutexRing } from '../rivals/futex-ring.ts';
import { pingWith, type Trip } from './trip.ts';

const CAPACITY = 1 << 12;

const open = (memories: SharedArrayBuffer[]) => memories.map((memory) => new FutexRing(memory)) as [FutexRing, FutexRing];

export const trip: Trip<SharedArrayBuffer[]> = {
  open() {
    const memories = [FutexRing.memory(CAPACITY), FutexRing.memory(CAPACITY)];
    return { near: memories, far: memories };
  },
  ping(memories, shape) {
    const [there, back] = open(memories);
    return pingWith(
      shape,
      (item) => there.writeWord(item as number),
      () => back.readWord(),
    );
  },
  pong(memories) {
    const [there, back] = open(memories);
    return ({ count }) => {
      for (let i = 0; i < count; i++) back.writeWord(there.readWord());
    };
  },
};
