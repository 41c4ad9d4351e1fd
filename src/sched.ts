/** `nogil/sched`: Python's `sched`. */
export { type DelayFunction, type ScheduledEvent, Scheduler, scheduler } from './sched/scheduler.ts';
