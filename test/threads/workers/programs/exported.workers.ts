/** A main module whose exports are targets by their name. */
import { currentThread, main, Process, Thread } from 'nogil';

const secret = 'secret of the module';

export function declared(): unknown[] {
  return ['declared', secret, main(import.meta, () => 'main ran in a worker') !== undefined];
}

export const arrow = (): string[] => ['arrow', secret];

export async function asynchronous(): Promise<string[]> {
  await null;
  return ['asynchronous', secret];
}

export default function byDefault(): string[] {
  return ['byDefault', secret];
}

function hidden(): string {
  return secret;
}

export class GreetingThread extends Thread {
  constructor(readonly whom: string) {
    super();
  }
  override run(): unknown {
    return { ran: 'Greeter', greeting: `hello ${this.whom}`, sameClass: currentThread() instanceof GreetingThread };
  }
}

export class GreetingProcess extends Process {
  constructor(readonly whom: string) {
    super();
  }
  override run(): unknown {
    return { ran: 'Greeter', greeting: `hello ${this.whom}`, sameClass: this instanceof GreetingProcess };
  }
}

function resultOf(worker: Thread | Process): unknown {
  worker.start();
  return worker.result(20);
}

main(import.meta, () => {
  console.log('main runs');
  const failing = new Thread({ target: hidden });
  const report = {
    declared: resultOf(new Process({ target: declared })),
    arrow: resultOf(new Thread({ target: arrow })),
    asynchronous: resultOf(new Process({ target: asynchronous })),
    byDefault: resultOf(new Thread({ target: byDefault })),
    thread: resultOf(new GreetingThread('Bob')),
    process: resultOf(new GreetingProcess('Eve')),
    hidden: '',
  };
  try {
    resultOf(failing);
  } catch (error) {
    report.hidden = String(error).replace(/,? because.*/, '');
  }
  console.log(JSON.stringify(report));
});
