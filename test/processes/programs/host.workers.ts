/** Shares its heap by the name that it is given, and ends as it is told to when so many guests have come. */
import { Condition, Event, heap, main, Queue, Value } from 'nogil';

main(import.meta, () => {
  const [name, how, guests] = process.argv.slice(2);
  heap.share(name);
  const [go, ready] = [new Queue<string>(), new Queue<number>()];
  for (const [key, value] of Object.entries({ from: go, to: ready, never: new Queue(), total: new Value('i') }))
    heap.publish(key, value);
  heap.publish('waits', { event: new Event(), condition: new Condition() });
  console.log('shared');
  for (let i = 0; i < Number(guests); i++) ready.get();
  console.log('all are there');
  if (how === 'exit') process.exit(3);
  // They have gone to sleep, or are about to.
  if (how === 'sleep') new Queue().get();
});
