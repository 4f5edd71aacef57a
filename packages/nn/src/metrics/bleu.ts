/** BLEU: how much of a translation stands in its references. */

import { ArgumentError } from '@tapegrad/core';
import type { Metric } from './accumulate.ts';
import { checkTexts, ngramCounts, overlap, type Tokens } from './tokens.ts';

export interface BleuOptions {
  /** The longest n-grams that count. Default: 4. */
  readonly maxOrder?: number | undefined;
  /**
   * What an order without a match counts as: `exp` halves it from one such order to the next (NIST's, and sacreBLEU's
   * default); `floor` counts 0.1 matches; `addK` adds 1 to matches and totals of all orders above 1; `none` makes the
   * score 0. Default: `exp`.
   */
  readonly smoothing?: 'exp' | 'floor' | 'addK' | 'none' | undefined;
  /** In place of the 0.1 of `floor` and the 1 of `addK`. */
  readonly smoothingValue?: number | undefined;
  /** Leaves out orders that are longer than all candidates: for single sentences. Default: false. */
  readonly effectiveOrder?: boolean | undefined;
}

export interface BleuScore {
  /** 0 to 1; papers print it times 100. */
  readonly score: number;
  /** The share of the candidates' n-grams that stand in a reference, from 1-grams up. */
  readonly precisions: readonly number[];
  /** Below 1 where the candidates are shorter than the references. */
  readonly brevityPenalty: number;
  readonly candidateLength: number;
  readonly referenceLength: number;
}

/**
 * How much of the candidates stands in their references, over a corpus: `new Bleu(options).update(...).compute()`.
 *
 * Equation: BP exp(sum_{n=1..4} log p_n / 4), BP = min(1, exp(1 - r / c)), with p_n the clipped precision of n-grams, c the
 * candidates' length, and r that of the references that are nearest in length
 *
 * Units: a share from 0 to 1. sacreBLEU's numbers, with `tokenize13a`, are these times 100.
 *
 * Throws: ArgumentError.
 *
 * Source: Papineni et al. 2002, https://aclanthology.org/P02-1040; Post 2018, https://aclanthology.org/W18-6319
 *
 * ```ts
 * import { bleu, tokenize13a } from '@tapegrad/nn/metrics';
 *
 * const candidates = ['The dog bit the man.', "It wasn't surprising.", 'The man had just bitten him.'];
 * const references = [
 *   ['The dog bit the man.', 'The dog had bit the man.'],
 *   ['It was not unexpected.', 'No one was surprised.'],
 *   ['The man bit him first.', 'The man had bitten the dog.'],
 * ];
 * const cut = tokenize13a;
 * const { score } = bleu(candidates.map(cut), references.map((texts) => texts.map(cut)));
 * console.log((100 * score).toFixed(2)); // 48.53
 * ```
 */
export function bleu(
  candidates: readonly Tokens[],
  references: readonly (readonly Tokens[])[],
  options: BleuOptions = {},
): BleuScore {
  return new Bleu(options).update(candidates, references).compute();
}

/**
 * `bleu` batch by batch: n-grams are counted over the whole corpus, and BLEU is no mean of the batches' scores.
 *
 * Equation, units, source: as of `bleu`. Throws: ArgumentError.
 *
 * ```ts
 * import { Bleu } from '@tapegrad/nn/metrics';
 *
 * const metric = new Bleu({ maxOrder: 2 });
 * metric.update([[7, 8, 9]], [[[7, 8, 9]]]); // tokens may be ids
 * metric.update([[1, 2]], [[[1, 3], [4, 2]]]);
 * console.log(metric.compute().precisions); // [ 1, 0.6666666666666666 ]
 * ```
 */
export class Bleu
  implements Metric<[candidates: readonly Tokens[], references: readonly (readonly Tokens[])[]], BleuScore>
{
  readonly options: BleuOptions;
  readonly #maxOrder: number;
  /** Of n-grams, n from 1. */
  #matches!: number[];
  #totals!: number[];
  #candidateLength = 0;
  #referenceLength = 0;
  #texts = 0;

  constructor(options: BleuOptions = {}) {
    const { maxOrder = 4, smoothing = 'exp' } = options;
    if (!Number.isInteger(maxOrder) || maxOrder < 1)
      throw new ArgumentError(`Bleu: expected maxOrder of 1 or more; given ${maxOrder}`);
    if (!['exp', 'floor', 'addK', 'none'].includes(smoothing)) {
      throw new ArgumentError(
        `Bleu: expected the smoothing 'exp', 'floor', 'addK' or 'none'; given '${String(smoothing)}'`,
      );
    }
    this.options = options;
    this.#maxOrder = maxOrder;
    this.reset();
  }

  update(candidates: readonly Tokens[], references: readonly (readonly Tokens[])[]): this {
    checkTexts('Bleu', candidates, references);
    candidates.forEach((candidate, i) => {
      const these = references[i]!;
      for (let n = 1; n <= this.#maxOrder; n++) {
        this.#matches[n - 1]! += overlap(ngramCounts(candidate, n), most(these.map((text) => ngramCounts(text, n))));
        this.#totals[n - 1]! += Math.max(0, candidate.length - n + 1);
      }
      this.#candidateLength += candidate.length;
      this.#referenceLength += nearest(
        these.map((text) => text.length),
        candidate.length,
      );
    });
    this.#texts += candidates.length;
    return this;
  }

  compute(): BleuScore {
    if (this.#texts === 0) throw new ArgumentError('Bleu: there is nothing to compute yet: call update() first');
    const [c, r] = [this.#candidateLength, this.#referenceLength];
    const brevityPenalty = c >= r ? 1 : c === 0 ? 0 : Math.exp(1 - r / c);
    const precisions = this.#precisions();
    const { effectiveOrder = false } = this.options;
    const longest = this.#totals.findLastIndex((total) => total > 0) + 1;
    const counted = precisions.slice(0, effectiveOrder ? Math.max(1, longest) : undefined);
    const meanLog = counted.reduce((sum, p) => sum + Math.log(p), 0) / counted.length;
    return {
      score: brevityPenalty * Math.exp(meanLog),
      precisions,
      brevityPenalty,
      candidateLength: c,
      referenceLength: r,
    };
  }

  reset(): this {
    this.#matches = new Array<number>(this.#maxOrder).fill(0);
    this.#totals = this.#matches.slice();
    this.#candidateLength = this.#referenceLength = this.#texts = 0;
    return this;
  }

  /** Throws: ArgumentError where the other one counts up to another order. */
  merge(other: Bleu): this {
    if (other.#maxOrder !== this.#maxOrder) {
      throw new ArgumentError(`Bleu: cannot merge orders up to ${other.#maxOrder} into orders up to ${this.#maxOrder}`);
    }
    this.#matches = this.#matches.map((count, n) => count + other.#matches[n]!);
    this.#totals = this.#totals.map((count, n) => count + other.#totals[n]!);
    this.#candidateLength += other.#candidateLength;
    this.#referenceLength += other.#referenceLength;
    this.#texts += other.#texts;
    return this;
  }

  #precisions(): number[] {
    const { smoothing = 'exp', smoothingValue } = this.options;
    const matched = this.#matches.some((count) => count > 0); // what shares no word at all is not smoothed
    let share = 1;
    return this.#matches.map((count, k) => {
      const total = this.#totals[k]!;
      if (!matched) return 0;
      if (smoothing === 'addK' && k > 0) return (count + (smoothingValue ?? 1)) / (total + (smoothingValue ?? 1));
      if (total === 0) return 0;
      if (count === 0 && smoothing === 'exp') return (share /= 2) / total;
      if (count === 0 && smoothing === 'floor') return (smoothingValue ?? 0.1) / total;
      return count / total;
    });
  }
}

/** Each n-gram as often as in the reference that has it most often. */
function most(references: readonly ReadonlyMap<string, number>[]): Map<string, number> {
  const largest = new Map<string, number>();
  for (const counts of references) {
    for (const [key, count] of counts) largest.set(key, Math.max(count, largest.get(key) ?? 0));
  }
  return largest;
}

/** The length that is nearest to the candidate's, the shorter of two. */
function nearest(lengths: readonly number[], candidate: number): number {
  return lengths.reduce((best, length) => {
    const nearer = Math.abs(length - candidate) - Math.abs(best - candidate);
    return nearer < 0 || (nearer === 0 && length < best) ? length : best;
  });
}
