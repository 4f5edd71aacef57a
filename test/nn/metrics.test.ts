/** Metrics of numbers: scikit-learn's, SciPy's and POT's answers (test/golden/metrics.py), properties, and bad input. */

import { readFileSync } from 'node:fs';
import { fc, test as property } from '@fast-check/vitest';
import {
  ArgumentError,
  DTypeError,
  deviceInfo,
  grad,
  IndexError,
  type IntTensor,
  noGrad,
  ones,
  randn,
  ShapeError,
  setDevice,
  type Tensor,
  tensor,
} from '@tapegrad/core';
import { accuracy, bitsPerToken } from '@tapegrad/nn';
import * as metrics from '@tapegrad/nn/metrics';
import { describe, expect, test } from 'vitest';
import { devices } from '../support/devices.ts';

type Scores = Record<'precision' | 'recall' | 'f1', number | number[]>;

interface Golden {
  readonly classification: readonly {
    readonly classes: number;
    readonly targets: readonly number[];
    readonly predicted: readonly number[];
    readonly matrix: readonly number[][];
    readonly rates: Record<'targets' | 'predicted' | 'all', readonly number[][]>;
    readonly scores: readonly (Scores & metrics.ScoreOptions)[];
  }[];
  readonly topK: { readonly scores: number[][]; readonly targets: readonly number[]; readonly shares: number[] };
  readonly divergences: readonly {
    readonly p: number[];
    readonly q: number[];
    readonly kl: number;
    readonly js: number;
  }[];
  readonly earthMovers: {
    readonly line: readonly { p: number[]; q: number[]; positions: number[]; distance: number }[];
    readonly matrix: readonly { p: number[]; q: number[]; cost: number[][]; distance: number }[];
  };
}

const golden: Golden = JSON.parse(
  readFileSync(new URL('../golden/metrics.json', import.meta.url), 'utf8'),
  (_, value) => (['nan', 'inf', '-inf'].includes(value) ? Number(value.replace('inf', 'Infinity')) : value),
);
const { Sum, Mean, confusionMatrix, calibrationBins, expectedCalibrationError, earthMoversDistance } = metrics;

await setDevice('cpu'); // which has f64

const ints = (values: readonly number[]): IntTensor => tensor(Int32Array.from(values));
const doubles = (values: readonly number[]): Tensor => tensor(Float64Array.from(values));
const matrixOf = (rows: readonly (readonly number[])[]): Tensor => tensor(rows, { dtype: 'f64' });
/** Numbers that agree to f32's digits, NaN with NaN. */
const close = (x: Tensor, expected: unknown, digits = 6): void => {
  const values = [expected].flat(9) as number[];
  const found = [...x.dataSync()];
  expect(found.length).toBe(values.length);
  for (const [k, value] of found.entries()) {
    if (Number.isNaN(values[k])) expect(value).toBeNaN();
    else expect(value).toBeCloseTo(values[k]!, digits);
  }
};

describe('confusion matrix, precision, recall and F1', () => {
  test.each(golden.classification)('are those of scikit-learn: $classes classes, $targets', (answer) => {
    const matrix = confusionMatrix(ints(answer.predicted), ints(answer.targets), answer.classes);
    expect(matrix.toArraySync()).toEqual(answer.matrix);
    for (const over of ['targets', 'predicted', 'all'] as const)
      close(metrics.confusionRates(matrix, { over }), answer.rates[over]);
    for (const { average, zeroDivision, ...scores } of answer.scores) {
      for (const name of ['precision', 'recall', 'f1'] as const)
        close(metrics[name](matrix, { average, zeroDivision }), scores[name]);
    }
  });

  test('targets of ignoreIndex are not counted, whatever was predicted', () => {
    const matrix = confusionMatrix(ints([0, 99, 1]), ints([1, -100, 1]), 2);
    expect(matrix.toArraySync()).toEqual([
      [0, 0],
      [1, 1],
    ]);
    expect(
      confusionMatrix(ints([0, 1]), ints([1, 1]), 2, { ignoreIndex: 1 })
        .sum()
        .itemSync(),
    ).toBe(0);
  });

  property.prop([fc.array(fc.tuple(fc.nat(3), fc.nat(3)), { minLength: 1, maxLength: 30 })])(
    'micro F1 is accuracy, and a matrix of both halves is the sum of theirs',
    (pairs) => {
      const half = Math.floor(pairs.length / 2);
      const of = (some: typeof pairs): IntTensor =>
        confusionMatrix(ints(some.map(([p]) => p)), ints(some.map(([, t]) => t)), 4);
      const whole = of(pairs);
      const right = pairs.filter(([p, t]) => p === t).length / pairs.length;
      for (const name of ['precision', 'recall', 'f1'] as const)
        close(metrics[name](whole, { average: 'micro' }), right);
      const halves = new Sum<'i32'>().update(of(pairs.slice(0, half))).update(of(pairs.slice(half)));
      expect(halves.compute().toArraySync()).toEqual(whole.toArraySync());
    },
  );

  test('bad input', () => {
    expect(() => confusionMatrix(ints([1, 2]), ints([1]), 3)).toThrow(ShapeError);
    expect(() => confusionMatrix(ints([1, 2]), ints([1]), 3)).toThrow(
      'confusionMatrix: expected a predicted class for each target: predicted is [2], targets are [1]: of scores, take .argmax({ dim: -1 })',
    );
    expect(() => confusionMatrix(ints([3]), ints([1]), 3)).toThrow(
      'confusionMatrix, predicted: index 3 at position [0] is out of range: expected 0 to 2',
    );
    expect(() => confusionMatrix(ints([1]), ints([-1]), 3)).toThrow(IndexError);
    expect(() => confusionMatrix(tensor([1]) as never, ints([1]), 3)).toThrow(
      "confusionMatrix: classes are i32; predicted is f32: use .cast('i32')",
    );
    expect(() => confusionMatrix(ints([1]), ints([1]), 0)).toThrow(
      'confusionMatrix: expected 1 or more classes; given 0',
    );
    expect(() => confusionMatrix(ints([1]), ints([1]), 50_000)).toThrow(
      'confusionMatrix: expected 46340 classes at most, whose counts i32 can number; given 50000',
    );
    const matrix = confusionMatrix(ints([0]), ints([0]), 2);
    expect(() => metrics.f1(ints([1, 2]))).toThrow('f1: expected a confusion matrix [C, C]; given [2]');
    expect(() => metrics.recall(metrics.confusionRates(matrix) as never)).toThrow(DTypeError);
    expect(() => metrics.precision(matrix, { average: 'mean' as never })).toThrow(
      "precision: expected the average 'macro', 'micro', 'weighted' or 'none'; given 'mean'",
    );
    expect(() => metrics.confusionRates(matrix, { over: 'rows' as never })).toThrow(
      "confusionRates: expected over 'targets', 'predicted' or 'all'; given 'rows'",
    );
  });
});

describe('top-k accuracy', () => {
  test("is scikit-learn's", () => {
    const { scores, targets, shares } = golden.topK;
    for (const [i, share] of shares.entries()) close(metrics.topKAccuracy(tensor(scores), ints(targets), i + 1), share);
  });

  property.prop([fc.array(fc.array(fc.nat(2), { minLength: 4, maxLength: 4 }), { minLength: 1, maxLength: 9 })])(
    'is accuracy for k = 1, also where scores are equal, and 1 for all classes',
    (rows) => {
      const targets = ints(rows.map((_, i) => i % 4));
      close(metrics.topKAccuracy(tensor(rows), targets, 1), accuracy(tensor(rows), targets).itemSync());
      close(metrics.topKAccuracy(tensor(rows), targets, 4), 1);
    },
  );

  test('a model that says NaN is never right, and ignored targets do not count', () => {
    close(metrics.topKAccuracy(tensor([[NaN, NaN, NaN]]), ints([0]), 2), 0);
    close(metrics.topKAccuracy(tensor([[1, NaN, 0]]), ints([0]), 2), 1);
    close(metrics.topKAccuracy(tensor([[1, NaN, 0]]), ints([0]), 1), 0);
    const scores = tensor([
      [3, 2, 1],
      [1, 2, 3],
    ]);
    close(metrics.topKAccuracy(scores, ints([2, 2]), 1, { ignoreIndex: 0 }), 0.5);
    close(metrics.topKAccuracy(scores, ints([0, 2]), 1, { ignoreIndex: 2 }), 1);
    close(metrics.topKAccuracy(scores.transpose(0, 1), ints([0, 2]), 1, { classDim: 0 }), 1);
  });

  test('bad input', () => {
    expect(() => metrics.topKAccuracy(tensor([[1, 2]]), ints([0]), 3)).toThrow(
      'topKAccuracy: expected k from 1 to the 2 classes; given 3',
    );
    expect(() => metrics.topKAccuracy(tensor([[1, 2]]), ints([2]), 1)).toThrow(IndexError);
    expect(() => metrics.topKAccuracy(tensor([[1, 2]]), ints([0, 1]), 1)).toThrow(ShapeError);
  });
});

describe('divergences', () => {
  test("are SciPy's", () => {
    for (const { p, q, kl, js } of golden.divergences) {
      close(metrics.klDivergence(doubles(p), doubles(q)), kl, 12);
      close(metrics.jensenShannonDivergence(doubles(p), doubles(q)), js, 12);
    }
    expect(golden.divergences.map(({ kl }) => kl)).toContain(Infinity); // p where q is 0
  });

  const distribution = fc
    .array(fc.nat(9), { minLength: 3, maxLength: 3 })
    .filter((counts) => counts.some(Boolean))
    .map((counts) => counts.map((n) => n / counts.reduce((a, b) => a + b)));

  property.prop([distribution, distribution])(
    'are 0 for equals; Jensen-Shannon is symmetric and at most log 2',
    (p, q) => {
      const [a, b] = [doubles(p), doubles(q)];
      const js = metrics.jensenShannonDivergence(a, b).itemSync();
      close(metrics.klDivergence(a, a), 0, 12);
      expect(metrics.klDivergence(a, b).itemSync()).toBeGreaterThanOrEqual(-1e-12);
      expect(js).toBeLessThanOrEqual(Math.LN2 + 1e-12);
      close(metrics.jensenShannonDivergence(b, a), js, 12);
    },
  );

  test('any dimension of classes', () => {
    const [p, q] = [randn([3, 4], { dtype: 'f64' }).softmax(0), randn([3, 4], { dtype: 'f64' }).softmax(0)];
    const byRow = metrics.klDivergence(p.transpose(0, 1), q.transpose(0, 1));
    close(metrics.klDivergence(p, q, { dim: 0 }), byRow.toArraySync(), 12);
  });

  test('gradients are finite where a class has no probability', () => {
    const p = tensor([0, 1], { requiresGrad: true });
    const q = tensor([0, 1], { requiresGrad: true });
    for (const g of grad(metrics.jensenShannonDivergence(p, q), [p, q]))
      expect(g.dataSync().every(Number.isFinite)).toBe(true);
  });

  test('bad input', () => {
    expect(() => metrics.klDivergence(tensor([1]), tensor([0.5, 0.5]))).toThrow(
      'klDivergence: expected two distributions of one shape, such as [N, C]; p is [1], q is [2]',
    );
    expect(() => metrics.jensenShannonDivergence(tensor(1), tensor(1))).toThrow(ShapeError);
  });
});

describe('calibration', () => {
  test('bins are open below and closed above, as in the paper', () => {
    const probabilities = matrixOf([
      [0.5, 0.5],
      [0.75, 0.25],
      [0.76, 0.24],
      [0, 1],
    ]);
    const bins = calibrationBins(probabilities, ints([0, 1, 0, 1]), { bins: 4 });
    close(bins, [0, 1, 1, 2, 0, 0.5, 0.75, 1.76, 0, 1, 0, 2]);
    // |1 - 0.5| + |0 - 0.75| + |2 - 1.76|, over 4
    close(expectedCalibrationError(bins), 1.49 / 4);
  });

  test('the confidence 1 is in the last bin, 0 in the first; what is ignored is in none', () => {
    const rows = matrixOf([
      [1, 0],
      [0, 0],
      [1, 0],
    ]);
    const bins = calibrationBins(rows, ints([0, 0, -100]), { bins: 3 });
    close(bins, [1, 0, 1, 0, 0, 1, 1, 0, 1]);
  });

  test('a model that is right as often as it says has no error; one that is always sure has that of its accuracy', () => {
    const row = (p: number, n: number): number[][] => new Array(n).fill([p, 1 - p]);
    const says = matrixOf([...row(0.75, 4), ...row(0.6, 5)]);
    close(expectedCalibrationError(calibrationBins(says, ints([0, 0, 0, 1, 0, 0, 0, 1, 1]))), 0);
    close(expectedCalibrationError(calibrationBins(matrixOf(row(1, 5)), ints([0, 0, 0, 1, 1]))), 0.4);
  });

  property.prop([
    fc.array(fc.tuple(fc.integer({ min: 501, max: 999 }), fc.boolean()), { minLength: 1, maxLength: 20 }),
  ])('is the sum that the paper writes', (rows) => {
    const M = 7;
    const bins = calibrationBins(
      matrixOf(rows.map(([p]) => [p / 1000, 1 - p / 1000])),
      ints(rows.map(([, right]) => (right ? 0 : 1))),
      { bins: M },
    );
    const expected = Array.from({ length: M }, (_, m) => {
      const inBin = rows.filter(([p]) => p / 1000 > m / M && p / 1000 <= (m + 1) / M);
      if (inBin.length === 0) return 0;
      const share = inBin.filter(([, right]) => right).length / inBin.length;
      const sure = inBin.reduce((sum, [p]) => sum + p / 1000, 0) / inBin.length;
      return (inBin.length / rows.length) * Math.abs(share - sure);
    }).reduce((a, b) => a + b);
    close(expectedCalibrationError(bins), expected);
  });

  test('bad input', () => {
    expect(() => calibrationBins(tensor([[4, 1]]), ints([0]))).toThrow(
      'calibrationBins: expected probabilities, which softmax makes of logits; bin: index 59 at position [0] is out of range: expected 0 to 14',
    );
    expect(() => calibrationBins(tensor([[0.5, 0.5]]), ints([0]), { bins: 0.5 })).toThrow(
      'calibrationBins: expected 1 or more bins; given 0.5',
    );
    expect(() => expectedCalibrationError(tensor([0.5]))).toThrow(
      'expectedCalibrationError: expected the bins of calibrationBins(), [3, M]; given [1]',
    );
  });
});

describe("earth mover's distance", () => {
  test("on a line is SciPy's", () => {
    for (const { p, q, positions, distance } of golden.earthMovers.line) {
      const on = { positions: doubles(positions) };
      close(metrics.earthMoversDistance1d(doubles(p), doubles(q), on), distance, 12);
    }
  });

  test('on a line, in any dimension, with a gradient', () => {
    const [p, q] = [randn([3, 4], { dtype: 'f64' }).softmax(0), randn([3, 4], { dtype: 'f64' }).softmax(0)];
    const byRow = metrics.earthMoversDistance1d(p.transpose(0, 1), q.transpose(0, 1));
    close(metrics.earthMoversDistance1d(p, q, { dim: 0 }), byRow.toArraySync(), 12);
    const x = tensor([0.75, 0.25], { requiresGrad: true });
    close(grad(metrics.earthMoversDistance1d(x, tensor([0, 1])), [x])[0]!, [1, 0]);
  });

  test.each(golden.earthMovers.matrix)('is that of POT: $p.length by $q.length', async ({ p, q, cost, distance }) => {
    close(await earthMoversDistance(doubles(p), doubles(q), matrixOf(cost)), distance, 10);
    const plan = await metrics.transportPlan(doubles(p), doubles(q), matrixOf(cost));
    close(plan.sum({ dim: 1 }), p, 12);
    close(plan.sum({ dim: 0 }), q, 12);
    expect(plan.amin().itemSync()).toBeGreaterThanOrEqual(0);
  });

  const units = fc.integer({ min: 1, max: 5 });
  const problem = units.chain((n) =>
    fc.record({
      from: fc.array(fc.nat(2), { minLength: n, maxLength: n }),
      to: fc.array(fc.nat(2), { minLength: n, maxLength: n }),
      cost: fc.array(fc.array(fc.nat(9), { minLength: 3, maxLength: 3 }), { minLength: 3, maxLength: 3 }),
    }),
  );
  property.prop([problem])('is the least of all ways to carry unit by unit', async ({ from, to, cost }) => {
    const mass = (units: number[]): number[] => [0, 1, 2].map((k) => units.filter((place) => place === k).length);
    const found = await earthMoversDistance(doubles(mass(from)), doubles(mass(to)), matrixOf(cost));
    const least = (rest: number[], i: number): number =>
      i === from.length
        ? 0
        : Math.min(...rest.map((place, k) => cost[from[i]!]![place]! + least(rest.toSpliced(k, 1), i + 1)));
    expect(found.itemSync()).toBe(least(to, 0));
  });

  const heap = fc.array(fc.nat(20), { minLength: 5, maxLength: 5 }).filter((counts) => counts.some(Boolean));
  property.prop([heap, heap, heap])(
    'with distances on a line it is the closed form, and a metric',
    async (...heaps) => {
      const [p, q, r] = heaps.map((x) => doubles(x).div(x.reduce((a, b) => a + b))) as [Tensor, Tensor, Tensor];
      const x = doubles([0, 1, 3, 3.5, 8]);
      const cost = x.unsqueeze(1).sub(x).abs();
      const far = async (a: Tensor, b: Tensor): Promise<number> => (await earthMoversDistance(a, b, cost)).itemSync();
      const direct = await far(p, q);
      close(metrics.earthMoversDistance1d(p, q, { positions: x }), direct, 10);
      expect(await far(q, p)).toBeCloseTo(direct, 10);
      expect(direct).toBeLessThanOrEqual((await far(p, r)) + (await far(r, q)) + 1e-10);
    },
  );

  test('its gradient in the costs is the plan', async () => {
    const cost = tensor(
      [
        [0, 4],
        [1, 9],
      ],
      { requiresGrad: true },
    );
    const distance = await earthMoversDistance(tensor([0.5, 0.5]), tensor([0.75, 0.25]), cost);
    close(grad(distance, [cost])[0]!, [0.25, 0.25, 0.5, 0]);
  });

  test('nothing is carried where nothing is, and what a softmax rounds is made up for', async () => {
    close(await earthMoversDistance(tensor([0]), tensor([0]), tensor([[5]])), 0);
    const distance = await earthMoversDistance(doubles([1]), doubles([0.5, 0.49996]), matrixOf([[2, 2]]));
    close(distance, 2, 12);
  });

  test('bad input', async () => {
    const [p, q] = [tensor([0.5, 0.5]), tensor([1])];
    await expect(earthMoversDistance(p, q, tensor([[1, 2]]))).rejects.toThrow(
      'earthMoversDistance: expected p [M], q [N] and cost [M, N]; p is [2], q is [1], cost is [1, 2]',
    );
    await expect(metrics.transportPlan(p, tensor([2]), tensor([[1], [2]]))).rejects.toThrow(
      'transportPlan: what is carried away must arrive: p adds up to 1, q to 2; divide each by its sum',
    );
    await expect(earthMoversDistance(p, q, tensor([[1], [-2]]))).rejects.toThrow(
      'earthMoversDistance: expected finite numbers of 0 or more; cost has -2 at 1',
    );
    await expect(earthMoversDistance(p, q, tensor([[1], [NaN]]))).rejects.toThrow(ArgumentError);
    await expect(earthMoversDistance(p, q, matrixOf([[1], [2]]))).rejects.toThrow(
      'earthMoversDistance: dtypes do not mix: p is f32, q is f32, cost is f64',
    );
    expect(() => metrics.earthMoversDistance1d(p, q)).toThrow(ShapeError);
    expect(() => metrics.earthMoversDistance1d(p, p, { positions: q })).toThrow(
      'earthMoversDistance1d: expected a position for each of the 2 places; given [1]',
    );
  });
});

describe('units', () => {
  test('bits per byte: of a text of bytes it is bits per token', () => {
    expect(metrics.bitsPerByte(1.5, { tokens: 10, bytes: 10 })).toBeCloseTo(bitsPerToken(1.5), 12);
    expect(metrics.bitsPerByte(Math.LN2, { tokens: 1000, bytes: 4000 })).toBeCloseTo(0.25, 12);
    close(metrics.bitsPerByte(tensor(Math.LN2), { tokens: 1, bytes: 2 }), 0.5);
  });

  test('bad input', () => {
    expect(() => metrics.bitsPerByte(1, { tokens: 10, bytes: 0 })).toThrow(
      'bitsPerByte: expected positive lengths; given 10 tokens and 0 bytes',
    );
    expect(() => metrics.bitsPerByte(1, { tokens: NaN, bytes: 1 })).toThrow(ArgumentError);
  });
});

describe('Sum and Mean', () => {
  test.each(devices)('on %s, a sum of f32 keeps what single additions round off', async (device) => {
    const [large, small] = [tensor([2 ** 24], { device }), tensor([1], { device })];
    const sum = new Sum().update(large);
    for (let k = 0; k < 100; k++) sum.update(small);
    expect(await sum.compute().toArray()).toEqual([2 ** 24 + 100]);
    expect(await noGrad(() => large.add(small)).toArray()).toEqual([2 ** 24]); // as f32 does alone
  });

  test.each(['cpu', 'wasm'] as const)('on %s, memory does not grow, and what was computed stays', async (device) => {
    await setDevice(device);
    const sum = new Sum().update(ones([40, 40]));
    const [mean, first, inUse] = [new Mean(), sum.compute(), [] as number[]];
    for (let k = 1; k <= 500; k++) {
      noGrad(() => {
        const batch = ones([40, 40]);
        sum.update(batch);
        mean.update(batch, k);
      });
      if (k === 5 || k === 500) inUse.push(deviceInfo(device).memory.bytesInUse);
    }
    await setDevice('cpu');
    expect(inUse[1]).toBeLessThanOrEqual(inUse[0]!); // on wasm, idle tensors move out
    expect(await Promise.all([first, sum.compute(), mean.compute()].map((x) => x.sum().item()))).toEqual([
      1600,
      1600 * 501,
      1600,
    ]);
  });

  test('infinite batches stay infinite, and do not become NaN', () => {
    const sum = new Sum().update(tensor(1)).update(tensor(Infinity)).update(tensor(1));
    expect(sum.compute().itemSync()).toBe(Infinity);
  });

  property.prop([fc.array(fc.tuple(fc.integer(), fc.nat(50)), { minLength: 1, maxLength: 12 }), fc.nat(12)])(
    'Mean is the weighted mean; parts merge to it',
    (batches, cut) => {
      fc.pre(batches.some(([, w]) => w > 0));
      const of = (some: typeof batches): InstanceType<typeof Mean> =>
        some.reduce((mean, [x, w]) => mean.update(doubles([x]).reshape([]), w), new Mean());
      const [weights, total] = batches.reduce(([w, s], [x, v]) => [w + v, s + x * v], [0, 0]);
      const whole = of(batches).compute().itemSync();
      expect(Math.abs(whole - total / weights)).toBeLessThanOrEqual(1e-12 * 2 ** 31);
      const parts = of(batches.slice(0, cut)).merge(of(batches.slice(cut)));
      expect(Math.abs(parts.compute().itemSync() - whole)).toBeLessThanOrEqual(1e-12 * 2 ** 31);
    },
  );

  test('a batch of weight 0 counts for nothing, even where it is NaN; weights may be counts on the device', () => {
    const mean = new Mean()
      .update(tensor(NaN), ints([0]))
      .update(tensor(3), ints([2]).sum())
      .update(6, 1);
    expect(mean.compute().itemSync()).toBe(4);
    expect(mean.reset().update(5).compute().itemSync()).toBe(5);
  });

  test('batches outlive the block and the graph that made them, and nothing is recorded', () => {
    const w = tensor([1, 2], { requiresGrad: true });
    const [mean, sum] = [new Mean(), new Sum()];
    for (let k = 0; k < 3; k++) {
      const loss = w.mul(k).sum();
      noGrad(() => mean.update(loss, 2));
      sum.update(loss);
      loss.backward();
    }
    expect(mean.compute().requiresGrad).toBe(false);
    expect([mean.compute().itemSync(), sum.compute().itemSync()]).toEqual([3, 9]);
  });

  test('bad input', () => {
    expect(() => new Sum().compute()).toThrow('Sum: there is nothing to compute yet: call update() first');
    expect(() => new Mean().merge(new Mean()).compute()).toThrow(ArgumentError);
    expect(() => new Sum().update(tensor([1])).update(tensor([1, 2]))).toThrow(
      'Sum: expected a batch like those before, [1]; given [2]',
    );
    expect(() => new Sum().update(tensor([1])).update(doubles([1]))).toThrow(
      'Sum: expected a batch like those before, f32; given f64',
    );
    expect(() => new Mean().update(1, -1)).toThrow('Mean: expected one finite weight of 0 or more; given -1');
    expect(() => new Mean().update(1, tensor([1, 2]))).toThrow(
      'Mean: expected one finite weight of 0 or more; given a tensor [2]',
    );
  });
});

describe('every device', () => {
  test.each(devices)('on %s the same numbers come out', async (device) => {
    const on = async <T extends Tensor | IntTensor>(x: T): Promise<T> => (await (x as Tensor).to(device)) as T;
    const probabilities = await on(tensor(golden.topK.scores).softmax(-1));
    const targets = await on(ints(golden.topK.targets));
    const matrix = confusionMatrix(probabilities.argmax({ dim: -1 }), targets, 6);
    const f1 = await metrics.f1(matrix).item();
    const rightOf6 = await metrics.topKAccuracy(probabilities, targets, 1).item();
    const error = await expectedCalibrationError(calibrationBins(probabilities, targets)).item();
    expect(await matrix.sum().item()).toBe(40);
    expect(rightOf6).toBeCloseTo(golden.topK.shares[0], 6);
    expect(await metrics.f1(matrix, { average: 'micro' }).item()).toBeCloseTo(rightOf6, 6);
    const cpu = tensor(golden.topK.scores).softmax(-1);
    expect(f1).toBeCloseTo(
      metrics.f1(confusionMatrix(cpu.argmax({ dim: -1 }), ints(golden.topK.targets), 6)).itemSync(),
      6,
    );
    expect(error).toBeCloseTo(expectedCalibrationError(calibrationBins(cpu, ints(golden.topK.targets))).itemSync(), 5);
    expect(matrix.device.name).toBe(device);
  });
});
