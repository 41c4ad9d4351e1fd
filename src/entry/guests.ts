/**
 * Guests: programs that the package has not started, and that share this one's heap. Their places are given
 * and repaired by the program's supervisor alone.
 *
 * A guest may be killed at any moment. Its connection is there before its place, and from then on the
 * connection's end, which is that of the process, has the place repaired: also when it came while the place
 * was being made, since all of that is one turn of this loop.
 */
import { SlotField, Version } from '../../assembly/abi.ts';
import { type Heap, takeSlot } from '../heap/heap.ts';
import { receiveGuests } from '../platform/index.ts';
import type { Guest, ProcessLink } from '../platform/platform.ts';
import type { GuestData, ToSupervisor } from '../workers/protocol.ts';
import type { Processes } from './process-lines.ts';

/** What the supervisor does for them. */
export interface GuestCare {
  heap: Heap;
  processes: Processes;
  whenQuiescent(action: () => void): void;
  /** What a guest may ask for. */
  receive(message: ToSupervisor): void;
  /** Everything in a process is gone whose main thread was `tid`. */
  gone(tid: number): void;
}

export class Guests {
  readonly #care: GuestCare;
  /** How to receive no more, by the socket's descriptor. */
  readonly #shares = new Map<number, () => void>();

  constructor(care: GuestCare) {
    this.#care = care;
  }

  share(descriptor: number): void {
    this.#shares.set(
      descriptor,
      receiveGuests(descriptor, (guest) => this.#receive(guest)),
    );
  }

  unshare(descriptor: number): void {
    this.#shares.get(descriptor)?.();
    this.#shares.delete(descriptor);
  }

  #receive(guest: Guest): void {
    const { whenQuiescent, receive, gone } = this.#care;
    let tid = 0;
    guest.on({
      message(message) {
        const { type } = message as ToSupervisor;
        if (type === 'stop' || type === 'ended') receive(message as ToSupervisor);
      },
      gone() {
        if (tid !== 0) gone(tid);
      },
    });
    whenQuiescent(() => {
      // Its end was heard, or is about to be.
      if (guest.hasEnded()) return;
      try {
        tid = takeSlot(this.#care.heap.core);
      } catch (error) {
        guest.refuse(error as Error);
        return;
      }
      this.#admit(guest, tid);
    });
  }

  #admit(guest: Guest, tid: number): void {
    const { heap, processes } = this.#care;
    const { heapId, pages, spin, trace, processes: own } = heap.link;
    const slot = heap.core.slotOf(tid);
    // A process of its own: all who begin in it are repaired with it.
    heap.storeWord(slot + SlotField.OS, tid);
    heap.storeWord(slot + SlotField.PID, guest.pid);
    processes.admit(tid, guest);
    const { descriptor, first } = own as ProcessLink;
    const link = { heapId, pages, spin, trace, inspect: false, processes: { descriptor: -1, os: tid, first } };
    guest.admit({ layout: Version.LAYOUT, link, tid } satisfies GuestData, descriptor);
  }
}
