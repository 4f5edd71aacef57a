/** What the page is asked, and what it answers. */

import type { Sizes } from '../problem.ts';
import type { Counts } from './counters.ts';

export interface Job {
  readonly contender: 'tapegrad' | 'tfjs' | 'jax-js';
  /** 784-128-10 with a batch of 64, or the reference model `small`. */
  readonly model: 'mlp' | 'small';
  /** Time steps of the LSTM. */
  readonly time: number;
  readonly seconds: number;
}

export interface Measured {
  /** Each step, after the warm-up steps. */
  readonly ms: readonly number[];
  /** Of all steps, from the starting weights on. */
  readonly losses: readonly number[];
  /** Until the end of the warm-up steps, and the pipelines compiled by then. */
  readonly warmUpMs: number;
  readonly pipelines: number;
  readonly perStep: Counts;
}

export interface Contender {
  /** Makes the LSTM model of these sizes, or the MLP. Each call of the result trains a step: the loss before it. */
  start(sizes: Sizes | undefined): Promise<() => Promise<number>>;
}
