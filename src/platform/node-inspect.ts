/**
 * Node: a program that was started to be inspected, by NOGIL_INSPECT=1 or configure({ inspect: true }). What
 * answers is a file of its own, so that nobody else loads it.
 */
import { rmdirSync, unlinkSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { loadNative } from './native.ts';
import { folder, inspectionPath } from './node-folder.ts';
import { fileBeside, importModule } from './node-modules.ts';

/** Whether the program's environment asks for it. */
export const isInspected: boolean = /^(1|true)$/.test(process.env.NOGIL_INSPECT ?? '');

/** @param source the heap to be looked at; `print` writes to standard error */
export function openInspection(source: object, print: (text: string) => void): void {
  const file = fileBeside('inspect-answer.js');
  if (file === undefined) {
    print("nogil: this program cannot answer who inspects it, since it is bundled: have the bundler leave 'nogil' external.\n");
    return;
  }
  importModule(pathToFileURL(file).href)
    .then(({ answer }) => (answer as (answering: object) => void)({ source, print, watchSignal: loadNative()?.watchSignal }))
    .catch((error) => print(`nogil: this program cannot answer who inspects it: ${error}\n`));
}

/** The program ends: it leaves nothing behind. */
export function closeInspection(): void {
  try {
    unlinkSync(inspectionPath(process.pid));
    rmdirSync(folder());
  } catch {
    // It is gone already, or others are in it.
  }
}
