/**
 * The ticket office: ten people in ten processes want the one ticket that is left. Reading the number of
 * tickets and writing it back takes time; the lock makes the two one step, so exactly one of them gets it.
 * Try it without the lock.
 *
 *     npm run example:ticket-office
 */
import { Lock, main, Process, sleep, Value } from 'nogil';

function search(tickets: Value<'i'>): number {
  return tickets.value;
}

function buy(person: number, tickets: Value<'i'>): void {
  const left = search(tickets);
  sleep(0.02); // the network
  if (left > 0) {
    tickets.value = left - 1;
    console.log(`person ${person} has the ticket, ${left - 1} left`);
  } else console.log(`person ${person} comes too late`);
}

export function person(number: number, lock: Lock, tickets: Value<'i'>): void {
  console.log(`person ${number} sees ${search(tickets)} ticket(s)`);
  using _ = lock.hold();
  buy(number, tickets);
}

main(import.meta, () => {
  const lock = new Lock();
  const tickets = new Value('i', 1);
  const people = Array.from({ length: 10 }, (_, i) => new Process({ target: person, args: [i + 1, lock, tickets] }));
  for (const each of people) each.start();
  for (const each of people) each.join();
  console.log(`tickets left: ${tickets.value}`);
});
