/**
 * Linux: the heap of a process that knows nothing of it, read through /proc. A heap between processes is a
 * file, which its user may open; one of threads is memory, which the kernel shows to who may trace the
 * process.
 */
import { closeSync, openSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { isHeap } from '../inspector/look.ts';
import { FileSource } from './file-source.ts';

/** As the native part names it (native/memory.c). */
const FILE = '/memfd:nogil';

const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code ?? '';
/** The process is another user's, or the kernel has it traced by its ancestors only. */
const isRefusal = (error: unknown) => ['EACCES', 'EPERM'].includes(codeOf(error));

function heapAt(path: string, base: number): FileSource | undefined {
  const descriptor = openSync(path, 'r');
  let source: FileSource | undefined;
  try {
    source = new FileSource(descriptor, base);
    if (isHeap(source)) return source;
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
  source.close();
  return undefined;
}

/** Behind one of its descriptors. */
function byDescriptor(pid: number): FileSource | undefined {
  const folder = `/proc/${pid}/fd`;
  for (const name of readdirSync(folder)) {
    try {
      if (!readlinkSync(`${folder}/${name}`).startsWith(FILE)) continue;
      const source = heapAt(`${folder}/${name}`, 0);
      if (source !== undefined) return source;
    } catch (error) {
      // It was closed meanwhile.
      if (codeOf(error) !== 'ENOENT') throw error;
    }
  }
  return undefined;
}

/** Where writable memory begins that may be a heap: a file of ours first. */
function mappings(pid: number): number[] {
  const lines = readFileSync(`/proc/${pid}/maps`, 'latin1').split('\n');
  const starts: { at: number; isOurs: boolean }[] = [];
  for (const line of lines) {
    const [, from = '', path = ''] = /^([0-9a-f]+)-[0-9a-f]+ rw\S+ \S+ \S+ \S+ *(.*)$/.exec(line) ?? [];
    const isOurs = path.startsWith(FILE);
    if (from !== '' && (isOurs || path === '' || path.startsWith('[anon')))
      starts.push({ at: Number.parseInt(from, 16), isOurs });
  }
  return starts.sort((a, b) => Number(b.isOurs) - Number(a.isOurs)).map(({ at }) => at);
}

function byMemory(pid: number): FileSource | undefined {
  for (const at of mappings(pid)) {
    const source = heapAt(`/proc/${pid}/mem`, at);
    if (source !== undefined) return source;
  }
  return undefined;
}

/**
 * The heap of a process. @returns undefined: it has none (yet), or it may not be seen (`refused`)
 */
export function findHeap(pid: number): { source: FileSource | undefined; refused: boolean } {
  let refused = false;
  for (const find of [byDescriptor, byMemory]) {
    try {
      const source = find(pid);
      if (source !== undefined) return { source, refused: false };
    } catch (error) {
      if (!isRefusal(error)) throw error;
      refused = true;
    }
  }
  return { source: undefined, refused };
}
