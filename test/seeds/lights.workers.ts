/**
 * Traffic lights that can be judged. Whether a flag was set at the moment when wait() returned, nobody can
 * tell afterwards. So who turns the light counts: 4n while it is red, 4n + 1 while it turns green, 4n + 2
 * while it is green, 4n + 3 while it turns red. Whoever reads the same number before and after a call knows
 * what the light was all the time between.
 */
import type { Event, Value } from 'nogil';

export interface Light {
  flag: Event;
  turns: Value<'i'>;
}

export type Colour = 'red' | 'green' | 'changing';

const RED = 0;
const GREEN = 2;

/** Only for the one worker that turns the light. */
export function turnGreen({ flag, turns }: Light): void {
  const wasRed = turns.value % 4 === RED;
  if (wasRed) turns.add(1);
  flag.set();
  if (wasRed) turns.add(1);
}

/** Only for the one worker that turns the light. */
export function turnRed({ flag, turns }: Light): void {
  const wasGreen = turns.value % 4 === GREEN;
  if (wasGreen) turns.add(1);
  flag.clear();
  if (wasGreen) turns.add(1);
}

/** What `call` answers, and what the light was while it ran. */
export function during<T>({ turns }: Light, call: () => T): { answer: T; light: Colour } {
  const before = turns.value;
  const answer = call();
  if (turns.value !== before) return { answer, light: 'changing' };
  return { answer, light: before % 4 === RED ? 'red' : before % 4 === GREEN ? 'green' : 'changing' };
}
