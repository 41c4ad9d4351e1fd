/**
 * `nogil/sched`: Python's `sched`.
 * @module nogil/sched
 */
export { type DelayFunction, type ScheduledEvent, Scheduler, scheduler } from './sched/scheduler.ts';
