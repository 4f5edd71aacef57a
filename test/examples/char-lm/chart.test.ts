import { describe, expect, test } from 'vitest';
import { type LossCurve, lossChart } from '../../../examples/char-lm/chart.ts';
import type { LossPoint } from '../../../examples/char-lm/curve.ts';

const curve = (steps: number, loss = (step: number): number => 3 + 1 / step): LossPoint[] =>
  Array.from({ length: steps }, (_, i) => ({ step: i + 1, loss: loss(i + 1) }));

const CHART: LossCurve = {
  title: 'Moby <b>Dick</b> & co',
  subtitle: 'Adam, lr 0.003',
  train: curve(200),
  validation: [{ step: 100, loss: 3.2 }],
  references: [
    { label: 'unigram', nats: 3.03 },
    { label: 'bigram', nats: 2.41 },
  ],
};

/** The texts of a chart as they stand in the file, each with its height where it has one. */
function textsOf(svg: string): { text: string; y: number }[] {
  return [...svg.matchAll(/<text([^>]*)>([^<]*)<\/text>/g)].map(([, attributes, text]) => ({
    text: text!,
    y: Number(/translate\([-\d.]+,([-\d.]+)\)/.exec(attributes!)?.[1]),
  }));
}

describe('the loss curve', () => {
  test('has a title, labels of both axes, a legend, and the references with their values', () => {
    const texts = textsOf(lossChart(CHART)).map(({ text }) => text);
    for (const text of [
      ...['Moby &lt;b&gt;Dick&lt;/b&gt; &amp; co', CHART.subtitle, 'optimizer steps', 'loss in nats per character'],
      ...['training, each step', 'training, running mean', 'validation', 'n-grams on the validation text'],
      ...['unigram 3.030', 'bigram 2.410'],
    ])
      expect(texts).toContain(text);
  });

  test('is a picture of its own: a file that a browser opens', () => {
    expect(lossChart(CHART)).toMatch(/^<svg [^>]*xmlns="http:\/\/www\.w3\.org\/2000\/svg"[\s\S]*<\/svg>\n$/);
  });

  test.each([
    ['NaN after some steps', { train: curve(50, (step) => (step > 20 ? Number.NaN : 3)) }],
    ['Infinity after some steps', { train: curve(50, (step) => (step > 20 ? Number.POSITIVE_INFINITY : 3)) }],
    ['NaN in every step', { train: curve(5, () => Number.NaN), references: [] }],
    ['no step at all', { train: [], validation: [] }],
    ['one step', { train: curve(1), validation: [] }],
    ['equal losses', { train: curve(5, () => 0), validation: [], references: [] }],
    ['more steps than can be seen', { train: curve(5001), validation: curve(5001) }],
    ['more steps than fit into one call', { train: curve(200_000), validation: curve(200_000) }],
  ])('of %s has no broken coordinate, and stays small', (_, change) => {
    const svg = lossChart({ ...CHART, ...change });
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
    expect(svg.length).toBeLessThan(300_000);
  });

  test('keeps the labels of references apart that lie close together', () => {
    const references = [2, 2.01, 2.02].map((nats, i) => ({ label: `model ${i}`, nats }));
    const labels = textsOf(lossChart({ ...CHART, references })).filter(({ text }) => text.startsWith('model'));
    const heights = labels.map(({ y }) => y).sort((a, b) => a - b);
    expect(heights).toHaveLength(3);
    expect(heights[1]! - heights[0]!).toBeGreaterThan(12);
    expect(heights[2]! - heights[1]!).toBeGreaterThan(12);
  });
});
