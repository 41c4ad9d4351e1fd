import { type Connection, type Lock, task } from 'nogil';

/** What goes through a pool: the only handles of an end of a pipe and of a lock. */
export interface Parcel {
  end: Connection;
  lock: Lock;
}

/** The same again, for others. */
export const passOn = task(import.meta, function passOn(parcel: Parcel): Parcel {
  parcel.lock.acquire();
  parcel.lock.release();
  return parcel;
});
