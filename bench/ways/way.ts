/**
 * A way to send items from one worker to another. Each file of this folder that exports `way` is one; a row
 * names it by its file. The loops are the way's own, so that the engine compiles each for what it calls: a
 * worker knows one way and one shape.
 */
import type { TransferListItem } from 'node:worker_threads';
import type { Shape } from './shapes.ts';

export interface Way<O, E> {
  /** In the main thread, once. */
  open(options: O, shape: Shape<unknown>): Channel<E> | Promise<Channel<E>>;
  /** In the producer's worker: a function that sends items 0 to `count` - 1. */
  producer(end: E, job: Job<O>): Send | Promise<Send>;
  /** In the consumer's: a function that takes so many, and answers what they add up to. */
  consumer(end: E, job: Job<O>): Take | Promise<Take>;
}

export interface Job<O> {
  shape: Shape<unknown>;
  /** 1: one by one. */
  batch: number;
  options: O;
}

export interface Channel<E> {
  near: E;
  far: E;
  /** What of `near`, and of `far`, is to be transferred. */
  transfer?: [near: TransferListItem[], far: TransferListItem[]];
  close?(): void;
}

export type Send = (count: number) => void | Promise<void>;
export type Take = (count: number) => number | Promise<number>;
