/** What a case is, whichever part of the package it is about. */
import { type CodecCase, codecCase, runCodecCase } from './codec-case.ts';
import { type CoreCase, coreCase, type Outcome, runCoreCase } from './core-case.ts';

export type Case = CoreCase | CodecCase;
export type Mode = Case['mode'];

export const modes: readonly Mode[] = ['core', 'codec'];

export function caseOf(mode: Mode, number: number): Case {
  return mode === 'core' ? coreCase(number) : codecCase(number);
}

export function runCase(each: Case): Outcome {
  return each.mode === 'core' ? runCoreCase(each) : runCodecCase(each);
}

/** The smallest case that is still wrong, of those that come by leaving something out. */
export function minimised(wrong: Case, isWrong: (each: Case) => boolean): Case {
  if (wrong.mode === 'codec') return wrong;
  let least = wrong;
  for (let i = least.writes.length - 1; i >= 0 && least.writes.length > 1; i--) {
    const fewer = { ...least, writes: least.writes.filter((_, at) => at !== i) };
    if (isWrong(fewer)) least = fewer;
  }
  for (let acts = least.acts >> 1; acts >= 1; acts >>= 1) {
    const shorter = { ...least, acts: least.acts - acts };
    if (isWrong(shorter)) least = shorter;
  }
  return least;
}
