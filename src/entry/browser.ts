/**
 * The script of all workers in a browser: the whole package in one file. What it is to do comes with its
 * first message.
 */
import { begin } from '../platform/browser.ts';
import { runSupervisor } from './supervisor.ts';
import { runWorker } from './worker.ts';
// Every class whose handles may arrive here.
import '../index.ts';
import '../multiprocessing.ts';

begin().then((role) => (role === 'worker' ? runWorker() : runSupervisor()));
