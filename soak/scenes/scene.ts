/** A scene: objects, what players do with them, and the account at its end. */
import type { Sort } from '../cast/deaths.ts';
import type { Findings, Ledger } from '../cast/ledger.ts';
import type { Player } from '../cast/player.ts';
import type { TargetName } from './targets.ts';

export interface Scene {
  /** What it is about, as the table says it. */
  readonly name: string;
  readonly target: TargetName;
  /** What the target is given after its part and the ledger. */
  readonly args: unknown[];
  /** Players at a time. */
  readonly team: number;
  /** Places that end with one who must still get on; default 1. */
  readonly survivors?: number;
  /** Who may play; default: all sorts. */
  readonly sorts?: readonly Sort[];
  /** What only the driver does, again and again, while the others play: nobody waits for ever for an item. */
  tend?(driver: Player): void;
  /** A player has ended, and what it held is repaired. */
  buried?(row: number, driver: Player): void;
  /** Wakes who waits; the ledger says already that it is over. */
  stop?(): void;
  /** Once all have ended. */
  account(driver: Player): Findings;
  close(): void;
}

/**
 * Of an attached thread's end nobody hears while the driver is blocked: a driver that takes part in the scene
 * does without them.
 */
export const UNDER_WATCH: readonly Sort[] = ['worker', 'process', 'guest'];

export type Maker = (ledger: Ledger, name: string, choice: Player['random']) => Scene;
