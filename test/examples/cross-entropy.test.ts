import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Tensor, tensor } from '@tapegrad/core';
import { CrossEntropyLoss } from '@tapegrad/nn';
import { describe, expect, onTestFinished, test } from 'vitest';
import { UserError } from '../../examples/char-lm/user-error.ts';
import { binaryChart, binaryLoss, lossChart } from '../../examples/cross-entropy/charts.ts';
import { crossEntropy as run } from '../../examples/cross-entropy/index.ts';
import {
  crossEntropy,
  crossEntropyInBits,
  divergence,
  entropy,
  smoothed,
  table,
} from '../../examples/cross-entropy/table.ts';

const p = tensor([0.5, 0.25, 0.25], { dtype: 'f64', device: 'cpu' });
const q = tensor([0.7, 0.2, 0.1], { dtype: 'f64', device: 'cpu' });
const value = (x: Tensor): number => x.itemSync();

describe('the identities of the table', () => {
  test('H(p, q) = H(p) + KL(p||q)', () => {
    expect(value(entropy(p)) + value(divergence(p, q))).toBeCloseTo(value(crossEntropy(p, q)), 14);
  });

  test('H(p) is 1.5 bits, and KL(p||p) is 0', () => {
    expect(value(crossEntropyInBits(p, p))).toBe(1.5);
    expect(value(divergence(p, p))).toBe(0);
  });

  test('neither cross-entropy nor divergence is symmetric', () => {
    expect(Math.abs(value(crossEntropy(p, q)) - value(crossEntropy(q, p)))).toBeGreaterThan(0.1);
    expect(Math.abs(value(divergence(p, q)) - value(divergence(q, p)))).toBeGreaterThan(0.01);
  });

  test('2^bits = e^nats', () => {
    expect(2 ** value(crossEntropyInBits(p, q))).toBeCloseTo(Math.exp(value(crossEntropy(p, q))), 14);
  });

  test('CrossEntropyLoss computes H(p, q) where the logits are log q', () => {
    const loss = new CrossEntropyLoss().forward(q.log().unsqueeze(0), p.unsqueeze(0));
    expect(value(loss)).toBeCloseTo(value(crossEntropy(p, q)), 14);
  });

  test.each([0, 0.1, 0.2])('with label smoothing %f the gradient is softmax - target', (e) => {
    const logits = tensor([1, 0, -2]);
    const { target, loss, gradient } = smoothed(logits, e);
    const difference = logits.softmax(0).sub(target).sub(gradient).abs().amax();
    expect(value(target.sum())).toBeCloseTo(1, 6);
    expect(value(difference)).toBeLessThan(1e-6);
    expect(value(loss)).toBeCloseTo(value(crossEntropy(target.reshape([3]), logits.softmax(0))), 5);
  });

  test('a sure prediction is pulled back by label smoothing alone', () => {
    const slope = (e: number): number => smoothed(tensor([8, 0, 0]), e).gradient.dataSync()[0]!;
    expect(slope(0)).toBeLessThan(0);
    expect(slope(0.1)).toBeGreaterThan(0);
  });

  test('the table shows each of them', () => {
    const text = table();
    for (const name of ['H(p)', 'KL(p||q)', 'H(p) + KL(p||q)', 'H(p, q)', 'H(q, p)', 'e^nats', '2^bits', 'smoothing'])
      expect(text).toContain(name);
    expect(text).not.toMatch(/NaN|Infinity|-0\.000/);
  });
});

describe('the charts', () => {
  const texts = (svg: string): string[] => [...svg.matchAll(/<text[^>]*>([^<]+)/g)].map(([, text]) => text!);

  test('show the loss of the true class, and mark p = 1', () => {
    const svg = lossChart();
    expect(texts(svg)).toEqual(
      expect.arrayContaining([
        'Cross-entropy punishes being sure and wrong',
        'predicted probability p of the true class',
        'loss in nats',
        'loss = -log p',
        'p = 1: certain and right, loss 0',
        '1 of 2: 0.69',
      ]),
    );
    expect(svg).toContain('aria-label="rule"');
    expect(svg).not.toContain('NaN');
  });

  test('show both labels of the binary case', () => {
    const svg = binaryChart();
    expect(texts(svg)).toEqual(
      expect.arrayContaining([
        'Binary cross-entropy: each label pulls to its own side',
        'predicted probability p of class 1',
        'loss in nats',
        'label y = 1: loss = -log p',
        'label y = 0: loss = -log(1 - p)',
        'ln 2 = 0.693',
      ]),
    );
    expect(svg.match(/aria-label="line"/g)).toHaveLength(2);
    expect(svg).not.toContain('NaN');
  });

  test('draw what a prediction pays', () => {
    const p = tensor([0.01, 0.5, 0.99]);
    const [yes, no] = [binaryLoss(p, 1).dataSync(), binaryLoss(p, 0).dataSync()];
    [0.01, 0.5, 0.99].forEach((p, k) => {
      expect(yes[k]).toBeCloseTo(-Math.log(p), 5);
      expect(no[k]).toBeCloseTo(-Math.log(1 - p), 5);
    });
  });
});

describe('the command', () => {
  const folder = (): string => {
    const path = mkdtempSync(join(tmpdir(), 'cross-entropy-'));
    onTestFinished(() => rmSync(path, { recursive: true }));
    return path;
  };

  test('writes both charts and prints the table', () => {
    const out = join(folder(), 'charts');
    expect(run(['--out', out])).toContain('H(p) + KL(p||q)');
    for (const name of ['loss.svg', 'binary.svg']) expect(readFileSync(join(out, name), 'utf8')).toMatch(/^<svg/);
  });

  test('tells a mistake of the user', () => {
    const file = join(folder(), 'file');
    writeFileSync(file, '');
    expect(() => run(['--out', file])).toThrow(UserError);
    expect(() => run(['charts'])).toThrow(UserError);
    expect(run(['--help'])).toContain('--out FOLDER');
  });
});
