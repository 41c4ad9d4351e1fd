/** `nogil/sched`: Python's `sched`. */
export { type ScheduledEvent, Scheduler, scheduler } from './sched/scheduler.ts';
