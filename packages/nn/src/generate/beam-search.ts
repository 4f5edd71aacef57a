/** The likeliest text, sought along several at once. B: beams, V: vocabulary. */

import {
  ArgumentError,
  type IntTensor,
  indexSelect,
  noGrad,
  ShapeError,
  showShape,
  type Tensor,
  tensor,
  topk,
} from '@tapegrad/core';
import { checkCount, checkDistribution, promptOf, Reader, type TokenModel } from './reader.ts';
import { mapState, StateMemory } from './state.ts';

export interface BeamOptions {
  /** How many texts are followed at a time; 1 is greedy. */
  readonly width: number;
  /** Texts end after so many tokens, if none of `stopTokens` comes before. */
  readonly maxNewTokens: number;
  /** A text ends with any of these; it counts for the score, and is no part of the result. Default: none. */
  readonly stopTokens?: Iterable<number> | undefined;
  /** The exponent alpha: 0 compares log probabilities, which favours short texts; 0.6 to 1 favours longer ones. Default: 0. */
  readonly lengthPenalty?: number | undefined;
  /** Where the state's tensors have the texts: 1 for RNN, GRU and LSTM; 0 for their cells. Default: 1. */
  readonly batchDim?: number | undefined;
}

/** A text that beam search found. */
export interface Beam {
  /** Without the prompt, and without the stop token. */
  readonly tokens: Int32Array;
  /** Of all its tokens, the stop token too. Nats, 0 or less. */
  readonly logProbability: number;
  /** What texts are compared by: the log probability, divided by the length penalty. */
  readonly score: number;
  /** Whether a stop token ended it, not `maxNewTokens`. */
  readonly stopped: boolean;
}

/**
 * The texts with the best scores that a beam search finds, the best first, `width` of them at most. In each step every live
 * text is continued by every token, and the best `width` live on; those that end are kept. The search ends when no live text
 * can become better than those. The model is in evaluation mode while it reads, and nothing is recorded.
 *
 * Equation: score(Y) = log P(Y) / lp(Y), lp(Y) = ((5 + |Y|) / 6)^alpha
 *
 * Shapes: the model as of `generate`, for tokens [B, T] with B from 1 to `width`; the state's tensors, alone or in arrays and
 * plain objects, have B in dimension `batchDim`, and go with their texts. Units: nats.
 *
 * Throws: ArgumentError, ShapeError.
 *
 * Source: Wu et al. 2016, https://arxiv.org/abs/1609.08144, equation 14
 *
 * ```ts
 * import { type IntTensor, type Tensor, tensor } from '@tapegrad/core';
 * import { beamSearch, Module } from '@tapegrad/nn';
 *
 * // After 0 comes 1 (0.6) or 2 (0.4); after 1 anything, after 2 surely 2: the likelier start is the worse one.
 * class Model extends Module {
 *   override forward(tokens: IntTensor): Tensor {
 *     const next = tensor([[0, 0.6, 0.4], [0.3, 0.4, 0.3], [0, 0, 1]]).log();
 *     return next.indexSelect(0, tokens.select(1, -1)); // logits [B, V]
 *   }
 * }
 * const [greedy] = await beamSearch(new Model(), [0], { width: 1, maxNewTokens: 2 });
 * console.log(greedy!.tokens.join(' '), Math.exp(greedy!.logProbability).toFixed(2)); // 1 1 0.24
 * const [best] = await beamSearch(new Model(), [0], { width: 2, maxNewTokens: 2 });
 * console.log(best!.tokens.join(' '), Math.exp(best!.logProbability).toFixed(2)); // 2 2 0.40
 * ```
 */
export async function beamSearch<State>(
  model: TokenModel<State>,
  prompt: ArrayLike<number>,
  options: BeamOptions,
): Promise<Beam[]> {
  const { width, maxNewTokens, stopTokens = [], lengthPenalty = 0, batchDim = 1 } = options;
  checkOptions(width, maxNewTokens, lengthPenalty);
  const start = promptOf('beamSearch', prompt);
  const stops = new Set(stopTokens);
  const reader = new Reader('beamSearch', model);
  const memory = new StateMemory('beamSearch');
  const ended = new Ended(width, lengthPenalty);

  let live: Live[] = [{ tokens: [], logProbability: 0 }];
  let state: State | undefined;
  for (let n = 1; n <= maxNewTokens && live.length > 0; n++) {
    const unread = state === undefined ? live.map(({ tokens }) => [...start, ...tokens]) : live.map(lastOf);
    // Stop tokens may be the best continuations of every beam; so many others must be there to live on.
    const next = noGrad(() => continued(reader, unread, state, live, width * (1 + stops.size)));
    const [places, nats] = await Promise.all([next.places.data(), next.logProbabilities.data()]); // waits for the device
    checkDistribution('beamSearch', nats[0]!);

    const before = live;
    const parents: number[] = [];
    live = [];
    for (const [rank, place] of places.entries()) {
      const [parent, token] = [Math.floor(place / next.V), place % next.V];
      const { tokens } = before[parent]!;
      const logProbability = before[parent]!.logProbability + nats[rank]!;
      if (live.length === width || logProbability === -Infinity) break;
      if (stops.has(token)) ended.add({ tokens, logProbability }, n, true);
      else {
        live.push({ tokens: [...tokens, token], logProbability });
        parents.push(parent);
      }
    }
    if (!live.some((text) => ended.mayTake(text, maxNewTokens))) return ended.beams;
    state = noGrad(() => memory.hold(carried(next.state, parents, before.length, batchDim)));
  }
  for (const text of live) ended.add(text, maxNewTokens, false);
  return ended.beams;
}

function checkOptions(width: number, maxNewTokens: number, lengthPenalty: number): void {
  for (const [name, count, least] of [
    ['width', width, 1],
    ['maxNewTokens', maxNewTokens, 0],
  ] as const) {
    checkCount('beamSearch', name, count, least);
    if (count === Infinity) throw new ArgumentError(`beamSearch: expected a finite ${name}: the search needs an end`);
  }
  if (!(lengthPenalty >= 0 && lengthPenalty < Infinity))
    throw new ArgumentError(`beamSearch: expected a lengthPenalty of 0 or more; given ${lengthPenalty}`);
}

interface Live {
  readonly tokens: readonly number[];
  readonly logProbability: number;
}

/** The best continuations of all live texts: their places in [B, V] as one row, and the log probabilities of their last tokens. */
function continued<State>(
  reader: Reader<State>,
  unread: readonly (readonly number[])[],
  before: State | undefined,
  live: readonly Live[],
  most: number,
): { places: IntTensor; logProbabilities: Tensor; V: number; state: State | undefined } {
  const { logits, state } = reader.read(unread, before);
  const V = logits.shape[1]!;
  const { dtype, device } = logits;
  const each = logits.logSoftmax(-1);
  const soFar = tensor(
    live.map(({ logProbability }) => [logProbability]),
    { dtype, device: device.name },
  );
  const all = each.add(soFar).reshape([live.length * V]);
  const [, places] = topk(all, Math.min(most, all.size));
  return { places, logProbabilities: each.reshape([all.size]).gather(0, places), V, state };
}

/** The state of the texts that live on. */
function carried<State>(state: State, parents: readonly number[], B: number, batchDim: number): State {
  return mapState('beamSearch', state, (x) => {
    if (batchDim >= x.rank || x.shape[batchDim] !== B) {
      throw new ShapeError(
        `beamSearch: expected the ${B} texts in dimension ${batchDim} of the state's tensors; given ${showShape(x.shape)}: pass { batchDim } if they are elsewhere`,
      );
    }
    return indexSelect(x, batchDim, tensor(Int32Array.from(parents), { device: x.device.name }));
  });
}

function lastOf({ tokens }: Live): readonly number[] {
  return tokens.slice(-1);
}

/** The texts that have ended with the best scores. */
class Ended {
  readonly beams: Beam[] = [];
  readonly #most: number;
  readonly #alpha: number;

  constructor(most: number, alpha: number) {
    this.#most = most;
    this.#alpha = alpha;
  }

  /** `length` counts a stop token too. */
  add({ tokens, logProbability }: Live, length: number, stopped: boolean): void {
    const score = this.#score(logProbability, length);
    const worse = this.beams.findIndex((beam) => beam.score < score);
    const at = worse < 0 ? this.beams.length : worse;
    this.beams.splice(at, 0, { tokens: Int32Array.from(tokens), logProbability, score, stopped });
    this.beams.length = Math.min(this.beams.length, this.#most);
  }

  /** Whether a text may come to a score that belongs here. Log probabilities only fall, and length raises what is negative. */
  mayTake({ logProbability }: Live, longest: number): boolean {
    return this.beams.length < this.#most || this.#score(logProbability, longest) > this.beams.at(-1)!.score;
  }

  #score(logProbability: number, length: number): number {
    return logProbability / ((5 + length) / 6) ** this.#alpha;
  }
}
