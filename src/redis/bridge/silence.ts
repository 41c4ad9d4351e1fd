/**
 * Silence: a connection that owes answers and says nothing any more. Who lost it need not have said so: a
 * machine without power, a cable, a firewall that has forgotten it. The system goes on for minutes and tries
 * ever more seldom, so it is ended here, and what was not answered is sent again by a new one.
 */
import type { Socket } from 'node:net';
import type { Redis } from 'ioredis';

/** Milliseconds for which any connection may be silent: a network's hiccup is shorter, with what follows it. */
const LEAST = 3000;

/** For how long a connection is believed in: for as long as what is held by it. */
export function patienceFor(lease: number): number {
  return Math.max(lease, LEAST);
}

/** What Node does not declare: bytes that the system has not taken yet. */
type Queued = Socket & { _handle?: { writeQueueSize?: number } | null };

export function endWhenSilent(client: Redis, patience: number): void {
  let known: Socket | undefined;
  let read = 0;
  let queued = 0;
  let since = 0;
  const look = () => {
    const socket = client.stream as Queued | undefined;
    const left = socket?._handle?.writeQueueSize ?? 0;
    // What is long to send is not answered meanwhile.
    const moves = socket !== known || socket?.bytesRead !== read || left !== queued;
    if (moves || client.commandQueue.length === 0) {
      known = socket;
      read = socket?.bytesRead ?? 0;
      queued = left;
      since = performance.now();
    } else if (performance.now() - since > patience) socket?.destroy(new Error(`no answer within ${patience} ms`));
  };
  const timer = setInterval(look, patience / 4).unref();
  client.once('end', () => clearInterval(timer));
}
