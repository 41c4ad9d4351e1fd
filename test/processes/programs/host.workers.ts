/** A program that shares its heap by the name that it is given, and ends as it is told to when an item comes. */
import { Condition, Event, heap, main, Queue, Value } from 'nogil';

main(import.meta, () => {
  const [name, how] = process.argv.slice(2);
  heap.share(name);
  const [go, ready] = [new Queue<string>(), new Queue<number>()];
  for (const [key, value] of Object.entries({ from: go, to: ready, never: new Queue(), total: new Value('i') }))
    heap.publish(key, value);
  heap.publish('waits', { event: new Event(), condition: new Condition() });
  console.log('shared');
  console.log(String(ready.get()));
  if (how === 'exit') process.exit(3);
  // The guest has gone to sleep, or is about to.
  if (how === 'sleep') new Queue().get();
});
