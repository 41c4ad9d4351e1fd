/** Objects for rings that know bytes only: msgpackr, in the mode that is its fastest here. */
import { load } from '../rivals/load.ts';

export interface Packer {
  pack(value: unknown): Uint8Array;
  unpack(bytes: Uint8Array, end: number): unknown;
}

interface Msgpackr {
  Packr: new (options: object) => Packer;
}

/** Plain MessagePack: both ends are fresh for each message, so that records have nobody to remember them. */
export async function packer(): Promise<Packer> {
  const { Packr } = await load<Msgpackr>('msgpackr');
  return new Packr({ useRecords: false });
}

/** The most bytes of a message of a batch of objects. */
export const LONGEST = 1 << 16;
