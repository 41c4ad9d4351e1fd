import { MemoryError } from 'nogil';

/** Whether a call fails because the heap is full. @throws what else it throws */
export function refuses(call: () => unknown): boolean {
  try {
    call();
  } catch (error) {
    if (error instanceof MemoryError) return true;
    throw error;
  }
  return false;
}
