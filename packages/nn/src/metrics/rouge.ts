/** ROUGE: how much of a reference stands in a summary. M, N: tokens of the two. */

import { ArgumentError } from '@tapegrad/core';
import type { Metric } from './accumulate.ts';
import { checkTexts, ngramCounts, overlap, type Tokens } from './tokens.ts';

export interface RougeScore {
  /** Of what the candidate has, the share that the reference has too. */
  readonly precision: number;
  /** Of what the reference has, the share that the candidate has too. */
  readonly recall: number;
  /** The harmonic mean of the two. */
  readonly f1: number;
}

export interface RougeScores {
  /** Of words. */
  readonly rouge1: RougeScore;
  /** Of pairs of words that follow each other. */
  readonly rouge2: RougeScore;
  /** Of the longest common subsequence. */
  readonly rougeL: RougeScore;
}

/**
 * How much of the references stands in the candidates: `new Rouge().update(...).compute()`. Each score is the mean over the
 * candidates; of several references, the one with the best F1 counts.
 *
 * Equation: of n-grams, or of the longest common subsequence: recall = shared / reference's, precision = shared /
 * candidate's, F1 = 2 P R / (P + R)
 *
 * Units: shares from 0 to 1. With `tokenizeRouge` they are those of Google's `rouge-score` without a stemmer.
 *
 * Throws: ArgumentError.
 *
 * Source: Lin 2004, https://aclanthology.org/W04-1013
 *
 * ```ts
 * import { rouge, tokenizeRouge } from '@tapegrad/nn/metrics';
 *
 * const cut = tokenizeRouge;
 * const candidate = cut('The quick brown dog jumps on the log.');
 * const reference = cut('The quick brown fox jumps over the lazy dog');
 * const { rouge1, rougeL } = rouge([candidate], [[reference]]);
 * console.log(rouge1.precision, rouge1.f1.toFixed(4), rougeL.f1.toFixed(4)); // 0.75 0.7059 0.5882
 * ```
 */
export function rouge(candidates: readonly Tokens[], references: readonly (readonly Tokens[])[]): RougeScores {
  return new Rouge().update(candidates, references).compute();
}

/**
 * `rouge` batch by batch.
 *
 * Equation, units, source: as of `rouge`. Throws: ArgumentError.
 *
 * ```ts
 * import { Rouge } from '@tapegrad/nn/metrics';
 *
 * const metric = new Rouge();
 * metric.update([['police', 'killed', 'the', 'gunman']], [[['police', 'kill', 'the', 'gunman']]]);
 * metric.update([['the', 'gunman', 'kill', 'police']], [[['police', 'kill', 'the', 'gunman']]]);
 * console.log(metric.compute().rougeL.f1); // 0.625
 * ```
 */
export class Rouge
  implements Metric<[candidates: readonly Tokens[], references: readonly (readonly Tokens[])[]], RougeScores>
{
  /** Of each score the sums of precision, recall and F1. */
  #sums!: Record<keyof RougeScores, [precision: number, recall: number, f1: number]>;
  #texts = 0;

  constructor() {
    this.reset();
  }

  update(candidates: readonly Tokens[], references: readonly (readonly Tokens[])[]): this {
    checkTexts('Rouge', candidates, references);
    candidates.forEach((candidate, i) => {
      for (const name of NAMES) {
        const scores = references[i]!.map((reference) => SCORES[name](candidate, reference));
        const best = scores.reduce((a, b) => (b.f1 > a.f1 ? b : a));
        this.#add(name, [best.precision, best.recall, best.f1]);
      }
    });
    this.#texts += candidates.length;
    return this;
  }

  compute(): RougeScores {
    if (this.#texts === 0) throw new ArgumentError('Rouge: there is nothing to compute yet: call update() first');
    const mean = (name: keyof RougeScores): RougeScore => {
      const [precision, recall, f1] = this.#sums[name].map((sum) => sum / this.#texts) as [number, number, number];
      return { precision, recall, f1 };
    };
    return { rouge1: mean('rouge1'), rouge2: mean('rouge2'), rougeL: mean('rougeL') };
  }

  reset(): this {
    this.#sums = { rouge1: [0, 0, 0], rouge2: [0, 0, 0], rougeL: [0, 0, 0] };
    this.#texts = 0;
    return this;
  }

  merge(other: Rouge): this {
    for (const name of NAMES) this.#add(name, other.#sums[name]);
    this.#texts += other.#texts;
    return this;
  }

  #add(name: keyof RougeScores, scores: readonly number[]): void {
    scores.forEach((score, k) => {
      this.#sums[name][k]! += score;
    });
  }
}

const NAMES = ['rouge1', 'rouge2', 'rougeL'] as const;

const SCORES: Record<keyof RougeScores, (candidate: Tokens, reference: Tokens) => RougeScore> = {
  rouge1: (candidate, reference) => ofNgrams(candidate, reference, 1),
  rouge2: (candidate, reference) => ofNgrams(candidate, reference, 2),
  rougeL: (candidate, reference) =>
    scoreOf(longestCommonSubsequence(candidate, reference), candidate.length, reference.length),
};

function ofNgrams(candidate: Tokens, reference: Tokens, n: number): RougeScore {
  const shared = overlap(ngramCounts(candidate, n), ngramCounts(reference, n));
  return scoreOf(shared, candidate.length - n + 1, reference.length - n + 1);
}

function scoreOf(shared: number, candidate: number, reference: number): RougeScore {
  if (shared === 0) return { precision: 0, recall: 0, f1: 0 };
  const [precision, recall] = [shared / candidate, shared / reference];
  return { precision, recall, f1: (2 * precision * recall) / (precision + recall) };
}

/** The length of the longest sequence of tokens that both have in this order. Time M N, memory N. */
function longestCommonSubsequence(a: Tokens, b: Tokens): number {
  const lengths = new Uint32Array(b.length + 1); // of the tokens of a so far, and the first j of b
  for (const token of a) {
    let diagonal = 0;
    for (let j = 1; j <= b.length; j++) {
      const above = lengths[j]!;
      lengths[j] = token === b[j - 1] ? diagonal + 1 : Math.max(above, lengths[j - 1]!);
      diagonal = above;
    }
  }
  return lengths[b.length]!;
}
