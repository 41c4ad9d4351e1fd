/**
 * What workers on Node run whose files are not beside the package: a program was bundled. The build puts this
 * file, and all it imports, into the package as text; the core is not among it, because a worker is given the
 * compiled one.
 */
import { role } from '../platform/node.ts';
import { runSupervisor } from './supervisor.ts';
import { runWorker } from './worker.ts';
// Every class whose handles may arrive here.
import '../index.ts';
import '../multiprocessing.ts';

if (role === 'supervisor') runSupervisor();
else void runWorker();
