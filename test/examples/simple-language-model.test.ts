import { describe, expect, test } from 'vitest';
import {
  compareStyles,
  contradictions,
  keras,
  LanguageModel,
  resultLines,
} from '../../examples/simple-language-model.ts';

const SMALL = { vocabulary: 1000, embedding: 16, hidden: 128, batch: 8, time: 20 };

describe('one loss, four ways', () => {
  const comparisons = compareStyles(SMALL);

  test('four lines, each near ln V', () => {
    const lines = resultLines(comparisons);
    expect(lines).toHaveLength(4);
    expect(lines.map((line) => line.split(/\s\s+/).slice(0, 2))).toEqual([
      ['PyTorch-style', 'built-in'],
      ['PyTorch-style', 'by hand'],
      ['Keras-style', 'built-in'],
      ['Keras-style', 'by hand'],
    ]);
    for (const line of lines) {
      const nats = Number(/([\d.]+) nats/.exec(line)![1]);
      expect(Math.abs(nats - Math.log(SMALL.vocabulary))).toBeLessThanOrEqual(0.02);
    }
  });

  test('losses agree to 4 decimals, and gradients with them', () => {
    expect(contradictions(comparisons, SMALL.vocabulary)).toEqual([]);
    for (const { largestGradient } of comparisons) expect(largestGradient).toBeGreaterThan(0);
  });

  test('a loss or a gradient that does not agree is told', () => {
    const [right] = comparisons;
    const wrong = { ...right!, byHand: right!.builtIn + 1e-4, gradientDifference: Number.NaN };
    const [losses, gradients, ...rest] = contradictions([wrong], SMALL.vocabulary);
    expect(losses).toMatch(/^PyTorch-style: the losses differ/);
    expect(gradients).toMatch(/^PyTorch-style: the gradients differ/);
    expect(rest).toEqual([]);
    expect(contradictions(comparisons, 10)).toHaveLength(2);
  });
});

test('the Keras style starts with small embeddings, orthogonal recurrence and open forget gates', () => {
  const model = new LanguageModel(SMALL);
  keras.start(model);
  const H = SMALL.hidden;
  const values = (name: string): number[] => [...model.lstm.getParameter(name).dataSync()];
  expect(Math.max(...model.embedding.weight.abs().dataSync())).toBeLessThanOrEqual(0.05);
  expect(values('bias_ih_l0')).toEqual(Array.from({ length: 4 * H }, (_, k) => (k >= H && k < 2 * H ? 1 : 0)));
  expect(values('bias_hh_l0').every((value) => value === 0)).toBe(true);
  const recurrent = model.lstm.getParameter('weight_hh_l0'); // [4H, H], columns orthonormal
  const product = recurrent.T.matmul(recurrent).dataSync();
  product.forEach((value, k) => {
    expect(Math.abs(value - (k % (H + 1) === 0 ? 1 : 0))).toBeLessThan(1e-5);
  });
});
