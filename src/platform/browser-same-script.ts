/**
 * Browsers: what stands for `browser-script.ts` in the script of all workers, which starts others from itself,
 * or has the page start them.
 */
import type { MadeWorker } from './browser-script.ts';

export function setWorkerScript(_script: object): void {}

export const scriptUrl = (): string => location.href;

/** Bundlers make classic workers as well, and only in those this does nothing instead of throwing. */
function isClassic(): boolean {
  try {
    (globalThis as unknown as { importScripts(): void }).importScripts();
    return true;
  } catch {
    return false;
  }
}

let page: MessagePort | undefined;

/** @param port by which the page is asked for workers; undefined: this thread makes them */
export function makeByPage(port: MessagePort | undefined): void {
  page = port;
}

export const makeForWorkers = (): MessagePort[] => [];

function makeInPage(page: MessagePort, name: string): MadeWorker {
  const [line, control] = [new MessageChannel(), new MessageChannel()];
  page.postMessage(name, [line.port2, control.port2]);
  return {
    postMessage: (message, transfer) => line.port1.postMessage(message, transfer),
    terminate: () => control.port1.postMessage(undefined),
    addEventListener(type: string, listener: (event: never) => void) {
      if (type === 'message') line.port1.onmessage = listener as (event: MessageEvent) => void;
      else control.port1.onmessage = ({ data }) => listener({ message: data, preventDefault() {} } as never);
    },
  };
}

export function makeWorker(name: string): MadeWorker {
  if (page) return makeInPage(page, name);
  return new Worker(location.href, { type: isClassic() ? 'classic' : 'module', name });
}
