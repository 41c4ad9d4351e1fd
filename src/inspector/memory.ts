/** How full a heap is, read from outside: the figures of assembly/heap/allocator.ts. */
import { ClassField, Limit, RootField } from '../../assembly/abi.ts';
import type { Reader } from './source.ts';

/** 16, 32, 48, 64, then four to each doubling. */
function sizeOfClass(index: number): number {
  if (index < 4) return (index + 1) * 16;
  const log = 6 + ((index - 4) >> 2);
  return 2 ** log + (((index - 4) & 3) + 1) * 2 ** (log - 2);
}

export function memoryIn(reader: Reader): { bytesInUse: number; bytesReserved: number } {
  const page = 2 ** Limit.PAGE_SHIFT;
  const used = (index: number) => reader.unsigned(Limit.ROOT + RootField.CLASSES + (index << ClassField.SHIFT) + ClassField.USED);
  let bytesInUse = reader.unsigned(Limit.ROOT + RootField.LARGE_PAGES) * page;
  for (let index = 0; index < Limit.SMALL_CLASSES; index++) bytesInUse += used(index) * sizeOfClass(index);
  for (let pages = 1; pages <= Limit.MEDIUM_PAGES; pages++) bytesInUse += used(Limit.SMALL_CLASSES + pages - 1) * pages * page;
  return { bytesInUse, bytesReserved: reader.unsigned(Limit.ROOT + RootField.PAGES) * page };
}
