/**
 * Acknowledged: how many items each queue has ever been given, as Redis has answered. It counts in the same
 * step as it adds, so a number that is smaller than one before tells that Redis has lost puts which it had
 * acknowledged: a replica took over that had not seen them, or it was started again without them. Other
 * programs' puts since then are in the number, too: at least so many are lost.
 */
export class Acknowledged {
  readonly #totals = new Map<string, number>();

  /** What is known before a put is sent. */
  before(base: string): number {
    return this.#totals.get(base) ?? 0;
  }

  /** A put that was sent after `before` was known has been answered. */
  after(base: string, before: number, placed: number, total: number): void {
    const lost = before + placed - total;
    if (lost > 0) {
      this.#totals.set(base, total);
      warnOfLoss(`at least ${lost} items of the queue '${nameIn(base)}' that it had acknowledged`);
    } else this.#totals.set(base, Math.max(total, this.before(base)));
  }
}

function nameIn(base: string): string {
  return base.slice(base.indexOf('{') + 1, base.indexOf('}'));
}

export function warnOfLoss(what: string): void {
  process.emitWarning(`Redis has lost ${what}`, { type: 'DataLossWarning', code: 'NOGIL_DATA_LOST' });
}
