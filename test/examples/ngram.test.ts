import { fc, test as property } from '@fast-check/vitest';
import { Vocabulary } from '@tapegrad/nn/data';
import { describe, expect, test } from 'vitest';
import { loadText } from '../../examples/char-lm/load-text.ts';
import { crossEntropies, probability, trainNgram } from '../../examples/char-lm/ngram.ts';
import { splitTokens } from '../../examples/char-lm/text.ts';

/** V = 4; the last token is never seen in training, so unseen ones have to get their share. */
const V = 4;
const seen = fc.array(fc.nat(V - 2), { minLength: 0, maxLength: 40 }).map((tokens) => Int32Array.from(tokens));
const any = fc.array(fc.nat(V - 1), { minLength: 2, maxLength: 12 }).map((tokens) => Int32Array.from(tokens));

describe('Witten-Bell n-grams', () => {
  test('agree with a case computed by hand', () => {
    const model = trainNgram(Int32Array.of(0, 1, 0, 1, 0), 3, 2);
    // c(0) = 3, c(1) = 2, T = 2: P(w) = (c(w) + 2/3) / 7
    expect(probability(model, [], 0, 1)).toBeCloseTo(11 / 21, 12);
    expect(probability(model, [], 1, 1)).toBeCloseTo(8 / 21, 12);
    expect(probability(model, [], 2, 1)).toBeCloseTo(2 / 21, 12);
    // Two tokens follow a 0, both of them 1: c(0 .) = 2, T(0) = 1, P(w|0) = (c(0 w) + P(w)) / 3
    expect(probability(model, [0], 0, 2)).toBeCloseTo(11 / 63, 12);
    expect(probability(model, [0], 1, 2)).toBeCloseTo(50 / 63, 12);
    expect(probability(model, [0], 2, 2)).toBeCloseTo(2 / 63, 12);
    const [uniform, unigram, bigram] = crossEntropies(model, Int32Array.of(0, 1));
    expect([uniform, unigram, bigram].map((nats) => Math.exp(-nats))).toEqual([
      expect.closeTo(1 / 3, 12),
      expect.closeTo(8 / 21, 12),
      expect.closeTo(50 / 63, 12),
    ]);
  });

  test('fall back on the shorter history where the longer was never seen', () => {
    const model = trainNgram(Int32Array.of(0, 1, 0, 1, 0), 3, 2);
    expect(probability(model, [2], 1, 2)).toBe(probability(model, [], 1, 1));
    expect(probability(trainNgram(new Int32Array(), V, 3), [1, 2], 3, 3)).toBe(1 / V);
  });

  property.prop([seen, any, fc.integer({ min: 0, max: 5 })])(
    'give probabilities that sum to 1 after any history',
    (training, history, n) => {
      const model = trainNgram(training, V, 5);
      const sum = [...Array(V).keys()].reduce((total, token) => total + probability(model, history, token, n), 0);
      expect(sum).toBeCloseTo(1, 12);
    },
  );

  property.prop([seen, any, any, fc.integer({ min: 1, max: 5 }), fc.nat(V - 1)])(
    'see only the n - 1 tokens before',
    (training, older, history, n, token) => {
      const model = trainNgram(training, V, 5);
      const tokens = [...older, ...history];
      expect(probability(model, tokens, token, n)).toBe(
        probability(model, tokens.slice(1 - n || tokens.length), token, n),
      );
    },
  );

  property.prop([seen, any])('score a text as the mean of -ln P(token | tokens before it)', (training, tokens) => {
    const model = trainNgram(training, V, 4);
    const surprisals = (n: number): number[] =>
      [...tokens.keys()].slice(1).map((i) => -Math.log(probability(model, tokens.subarray(0, i), tokens[i], n)));
    const means = [0, 1, 2, 3, 4].map((n) => surprisals(n).reduce((sum, nats) => sum + nats, 0) / (tokens.length - 1));
    expect([...crossEntropies(model, tokens)]).toEqual(means.map((mean) => expect.closeTo(mean, 10)));
  });

  test('of greater order predict held-out Moby Dick better, the bigram with about 2.42 nats per character', async () => {
    const { text } = await loadText();
    const vocabulary = Vocabulary.of('character', text);
    const { train, validation } = splitTokens(vocabulary.encode(text), 64);
    const nats = crossEntropies(trainNgram(train, vocabulary.size, 5), validation);
    expect([...nats]).toEqual([...nats].sort((a, b) => b - a));
    expect(nats[2]).toBeCloseTo(2.419, 2);
    expect(nats[0]).toBeCloseTo(Math.log(vocabulary.size), 9);
  });
});
