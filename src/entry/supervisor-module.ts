/**
 * What the supervisor's thread runs on Node: a file of its own with what it needs and no more, since every
 * program reads it (scripts/build.mjs).
 */
import { passOnUnknown } from './stand-in.ts';
import { runSupervisor } from './supervisor.ts';

passOnUnknown();
runSupervisor();
