import { task } from 'nogil';

export const nothing = task(import.meta, function nothing(): void {});
