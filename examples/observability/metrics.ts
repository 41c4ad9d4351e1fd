/**
 * Prometheus: gauges of what a snapshot of the program says when it is scraped, and counters out of nogil's
 * channels.
 */
import { subscribe } from 'node:diagnostics_channel';
import { snapshot } from 'nogil/inspector';
import { Counter, Gauge, type Registry } from 'prom-client';

export function gauges(register: Registry): void {
  const registers = [register];
  new Gauge({
    name: 'nogil_queue_items',
    help: 'Items in each queue.',
    labelNames: ['class', 'id'],
    registers,
    collect() {
      this.reset();
      for (const { class: name, id, size } of snapshot().queues) this.set({ class: name, id }, size);
    },
  });
  new Gauge({
    name: 'nogil_workers',
    help: 'Workers by what they are and do.',
    labelNames: ['role', 'state'],
    registers,
    collect() {
      this.reset();
      for (const { role, state } of snapshot().workers) this.inc({ role, state });
    },
  });
  new Gauge({
    name: 'nogil_pool_tasks_done',
    help: 'Tasks that the workers of each pool have done.',
    labelNames: ['id'],
    registers,
    collect() {
      this.reset();
      for (const { id, done } of snapshot().pools) this.set({ id }, done);
    },
  });
  new Gauge({
    name: 'nogil_memory_bytes',
    help: 'Bytes of the shared memory.',
    labelNames: ['what'],
    registers,
    collect() {
      const { bytesInUse, bytesReserved } = snapshot().memory;
      this.set({ what: 'in use' }, bytesInUse);
      this.set({ what: 'reserved' }, bytesReserved);
    },
  });
}

/** Of what this thread does: it starts workers, and finds queues full and locks broken. */
export function counters(register: Registry): void {
  const counted: Record<string, string> = {
    'worker:start': 'Workers that were started.',
    'worker:end': 'Workers that have ended.',
    'queue:full': 'Times that there was no room in a queue.',
    'lock:broken': 'Times that a lock was found broken.',
  };
  for (const [channel, help] of Object.entries(counted)) {
    const counter = new Counter({ name: `nogil_${channel.replace(':', '_')}_total`, help, registers: [register] });
    subscribe(`nogil:${channel}`, () => counter.inc());
  }
}
