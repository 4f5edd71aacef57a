/** BLEU and ROUGE: the answers of sacreBLEU and rouge-score (test/golden/metrics.py), properties, and bad input. */

import { readFileSync } from 'node:fs';
import { fc, test as property } from '@fast-check/vitest';
import { ArgumentError } from '@tapegrad/core';
import * as metrics from '@tapegrad/nn/metrics';
import { describe, expect, test } from 'vitest';

interface Golden {
  readonly bleu: readonly {
    readonly candidates: readonly string[];
    readonly references: readonly string[][];
    readonly options: metrics.BleuOptions;
    readonly score: number;
    readonly precisions: readonly number[];
    readonly brevityPenalty: number;
    readonly lengths: readonly number[];
  }[];
  readonly tokens13a: readonly { readonly text: string; readonly tokens: string[] }[];
  readonly rouge: readonly {
    readonly candidate: string;
    readonly references: readonly string[];
    readonly scores: Record<'rouge1' | 'rouge2' | 'rougeL', metrics.RougeScore>;
  }[];
}

const golden: Golden = JSON.parse(readFileSync(new URL('../golden/metrics.json', import.meta.url), 'utf8'));
const { Bleu, bleu, Rouge, rouge, tokenize13a, tokenizeRouge } = metrics;

const tokens = fc.array(fc.nat(3), { minLength: 1, maxLength: 8 });
const pairs = fc.array(fc.tuple(tokens, fc.array(tokens, { minLength: 1, maxLength: 2 })), {
  minLength: 1,
  maxLength: 5,
});

describe('BLEU', () => {
  test.each(golden.bleu)('is that of sacreBLEU: $candidates with $options', (answer) => {
    const found = bleu(
      answer.candidates.map(tokenize13a),
      answer.references.map((texts) => texts.map(tokenize13a)),
      answer.options,
    );
    expect(100 * found.score).toBeCloseTo(answer.score, 10);
    expect(found.precisions.length).toBe(answer.precisions.length);
    for (const [n, precision] of answer.precisions.entries())
      expect(100 * found.precisions[n]!).toBeCloseTo(precision, 10);
    expect(found.brevityPenalty).toBeCloseTo(answer.brevityPenalty, 12);
    expect([found.candidateLength, found.referenceLength]).toEqual(answer.lengths);
  });

  test('the paper: seven times "the" is right twice', () => {
    const the = ['the', 'the', 'the', 'the', 'the', 'the', 'the'];
    const references = ['the cat is on the mat', 'there is a cat on the mat'].map((text) => text.split(' '));
    expect(bleu([the], [references], { maxOrder: 1 }).precisions).toEqual([2 / 7]);
  });

  property.prop([pairs, fc.nat(5)])('batches merge to the corpus', (texts, cut) => {
    const of = (some: typeof texts): InstanceType<typeof Bleu> =>
      new Bleu({ maxOrder: 2 }).update(
        some.map(([candidate]) => candidate),
        some.map(([, references]) => references),
      );
    expect(
      of(texts.slice(0, cut))
        .merge(of(texts.slice(cut)))
        .compute(),
    ).toEqual(of(texts).compute());
  });

  property.prop([tokens])('of a text against itself is 1, with as many orders as it has', (text) => {
    expect(bleu([text], [[[99], text]], { effectiveOrder: true }).score).toBe(1);
  });

  test('tokens with separators in them are not mistaken for others', () => {
    expect(bleu([['a', 'b,c']], [[['a,b', 'c']]], { maxOrder: 2, smoothing: 'none' }).score).toBe(0);
    expect(bleu([[1, 2]], [[['1', '2']]], { maxOrder: 1, smoothing: 'none' }).score).toBe(0);
    expect(bleu([Int32Array.of(1, 2)], [[[1, 2]]], { maxOrder: 2 }).score).toBe(1);
  });

  test('bad input', () => {
    expect(() => new Bleu().compute()).toThrow('Bleu: there is nothing to compute yet: call update() first');
    expect(() => bleu([['a']], [])).toThrow(
      'Bleu: expected references for each candidate; given 1 candidates, and references of 0',
    );
    const said =
      "Bleu: expected candidate 0 as tokens, and its references as a list of one or more such: bleu([['a', 'b']], [[['a', 'c']]]); tokenize13a and tokenizeRouge cut texts";
    expect(() => bleu(['a text'] as never, [[['a']]])).toThrow(said);
    expect(() => bleu([['a']], [['a text']] as never)).toThrow(said);
    expect(() => bleu([['a']], [[]])).toThrow(said);
    expect(() => new Bleu({ maxOrder: 0 })).toThrow('Bleu: expected maxOrder of 1 or more; given 0');
    expect(() => new Bleu({ smoothing: 'add-k' as never })).toThrow(
      "Bleu: expected the smoothing 'exp', 'floor', 'addK' or 'none'; given 'add-k'",
    );
    expect(() => new Bleu().merge(new Bleu({ maxOrder: 2 }))).toThrow(
      'Bleu: cannot merge orders up to 2 into orders up to 4',
    );
  });
});

describe('ROUGE', () => {
  test.each(golden.rouge)('is that of rouge-score: $candidate', ({ candidate, references, scores }) => {
    const found = rouge([tokenizeRouge(candidate)], [references.map(tokenizeRouge)]);
    for (const name of ['rouge1', 'rouge2', 'rougeL'] as const) {
      for (const part of ['precision', 'recall', 'f1'] as const)
        expect(found[name][part]).toBeCloseTo(scores[name][part], 12);
    }
  });

  test("the paper's example of the longest common subsequence", () => {
    const f1 = (candidate: string): number =>
      rouge([candidate.split(' ')], [['police killed the gunman'.split(' ')]]).rougeL.f1;
    expect([f1('police kill the gunman'), f1('the gunman kill police')]).toEqual([3 / 4, 2 / 4]);
  });

  property.prop([tokens, tokens])('precision of one is recall of the other', (a, b) => {
    const [there, back] = [rouge([a], [[b]]), rouge([b], [[a]])];
    for (const name of ['rouge1', 'rouge2', 'rougeL'] as const)
      expect([there[name].precision, there[name].f1]).toEqual([back[name].recall, back[name].f1]);
    expect(rouge([a], [[a]]).rougeL.f1).toBe(1);
  });

  property.prop([pairs, fc.nat(5)])('is the mean over the candidates, of which parts merge', (texts, cut) => {
    const of = (some: typeof texts): InstanceType<typeof Rouge> =>
      new Rouge().update(
        some.map(([candidate]) => candidate),
        some.map(([, references]) => references),
      );
    const mean = texts.reduce((sum, one) => sum + of([one]).compute().rougeL.f1, 0) / texts.length;
    expect(of(texts).compute().rougeL.f1).toBeCloseTo(mean, 12);
    expect(
      of(texts.slice(0, cut))
        .merge(of(texts.slice(cut)))
        .compute().rougeL.f1,
    ).toBeCloseTo(mean, 12);
  });

  test('bad input', () => {
    expect(() => new Rouge().compute()).toThrow('Rouge: there is nothing to compute yet: call update() first');
    expect(() => rouge([['a']], [[], []])).toThrow(ArgumentError);
  });
});

describe('tokenize13a', () => {
  test.each(golden.tokens13a)('cuts as sacreBLEU does: $text', ({ text, tokens: expected }) => {
    expect(tokenize13a(text)).toEqual(expected);
  });
});
