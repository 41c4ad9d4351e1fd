/**
 * Browsers: what stands for `browser-script.ts` in the script of all workers, which starts others from itself.
 */
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

export function makeWorker(name: string): Worker {
  return new Worker(location.href, { type: isClassic() ? 'classic' : 'module', name });
}
