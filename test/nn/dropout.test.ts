/** Dropout and its variants: what they draw together, the moments that they keep, and the identity in evaluation. */

import { manualSeed, ones, randn, setDevice, type Tensor } from '@tapegrad/core';
import {
  AlphaDropout,
  alphaDropout,
  Dropout,
  Dropout1d,
  Dropout2d,
  dropout1d,
  dropout2d,
  FeatureAlphaDropout,
  featureAlphaDropout,
  LockedDropout,
  type Module,
} from '@tapegrad/nn';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { devices } from '../support/devices.ts';

afterAll(() => setDevice('cpu'));

type Variant = Module & { forward(x: Tensor): Tensor };
const number = (x: Tensor): Promise<number> => x.item();

describe.each(devices)('on %s', (device) => {
  beforeEach(async () => {
    await setDevice(device);
    manualSeed(1);
  });

  /** Dimensions along which all elements share their fate. */
  test.each<[string, Variant, number[], number[]]>([
    ['Dropout', new Dropout(0.3), [100, 100], []],
    ['Dropout1d', new Dropout1d(0.3), [50, 200, 3], [2]],
    ['Dropout1d without a batch', new Dropout1d(0.3), [10000, 3], [1]],
    ['Dropout2d', new Dropout2d(0.3), [50, 200, 2, 2], [2, 3]],
    ['Dropout2d without a batch', new Dropout2d(0.3), [10000, 2, 2], [1, 2]],
    ['LockedDropout', new LockedDropout(0.3), [5, 50, 200], [0]],
    ['LockedDropout, batch first', new LockedDropout(0.3, { batchFirst: true }), [50, 5, 200], [1]],
    ['LockedDropout without a batch', new LockedDropout(0.3, { batchFirst: true }), [5, 10000], [0]],
    ['AlphaDropout', new AlphaDropout(0.3), [100, 100], []],
    ['FeatureAlphaDropout', new FeatureAlphaDropout(0.3), [50, 200, 3], [2]],
  ])('%s drops a part p of the units, each as a whole', async (_, layer, shape, together) => {
    const y = layer.forward(ones(shape));
    const kept = await number(y.max());
    const dropped = y.ne(kept).cast('f32') as Tensor;
    expect(Math.abs((await number(dropped.mean())) - 0.3)).toBeLessThan(0.02); // 4 standard deviations of 10,000 draws
    if (together.length > 0) {
      expect(
        await number(
          dropped
            .amax({ dim: together })
            .sub(dropped.amin({ dim: together }))
            .max(),
        ),
      ).toBe(0);
    }
    const others = [...shape.keys()].filter((d) => !together.includes(d));
    for (const d of others)
      expect(
        await number(
          dropped
            .amax({ dim: d })
            .sub(dropped.amin({ dim: d }))
            .max(),
        ),
      ).toBe(1);
  });

  test.each<[string, Variant]>([
    ['Dropout', new Dropout(0.4)],
    ['LockedDropout', new LockedDropout(0.4)],
    ['AlphaDropout', new AlphaDropout(0.4)],
  ])('%s keeps the mean', async (_, layer) => {
    const mean = await number(layer.forward(randn([40, 50, 50]).add(0)).mean());
    expect(Math.abs(mean)).toBeLessThan(0.05);
  });

  test('AlphaDropout keeps the variance of what is standard normal', async () => {
    const y = alphaDropout(randn([300, 300]), 0.4);
    expect(Math.abs((await number(y.var())) - 1)).toBeLessThan(0.02);
  });

  test.each<[string, Variant]>([
    ['Dropout1d', new Dropout1d(0.9)],
    ['Dropout2d', new Dropout2d(0.9)],
    ['LockedDropout', new LockedDropout(0.9)],
    ['AlphaDropout', new AlphaDropout(0.9)],
    ['FeatureAlphaDropout', new FeatureAlphaDropout(0.9)],
  ])('%s is the identity in evaluation, and repeats itself with a seed', async (_, layer) => {
    const x = randn([4, 4, 5]);
    expect(layer.eval().forward(x)).toBe(x);
    layer.train();
    manualSeed(5);
    const [first, second] = [layer.forward(x), layer.forward(x)];
    manualSeed(5);
    expect(await layer.forward(x).data()).toEqual(await first.data());
    expect(await second.data()).not.toEqual(await first.data());
  });

  test('0 drops nothing, and 1 everything', async () => {
    const x = ones([2, 3, 4]);
    for (const drop of [dropout1d, dropout2d, alphaDropout, featureAlphaDropout]) {
      expect(drop(x, 0)).toBe(x);
      expect(await number(drop(x, 1).abs().max())).toBe(0);
    }
  });
});

test.each<[() => unknown, string]>([
  [() => new Dropout1d(2), 'Dropout1d: expected a probability from 0 to 1; given 2'],
  [() => new LockedDropout(Number.NaN), 'LockedDropout: expected a probability from 0 to 1; given NaN'],
  [() => alphaDropout(ones([2]), -1), 'alphaDropout: expected a probability from 0 to 1; given -1'],
  [() => dropout1d(ones([2])), 'dropout1d: expected x [N, C, L] or [C, L]; given [2]'],
  [() => dropout2d(ones([2, 2])), 'dropout2d: expected x [N, C, H, W] or [C, H, W]; given [2, 2]'],
  [() => featureAlphaDropout(ones([2])), 'featureAlphaDropout: expected x [N, C, ...]; given [2]'],
  [() => new LockedDropout().forward(ones([2])), 'LockedDropout: expected x [T, B, D], or [T, D]; given [2]'],
  [
    () => new LockedDropout(0.5, { batchFirst: true }).forward(ones([2])),
    'LockedDropout: expected x [B, T, D], or [T, D]; given [2]',
  ],
])('%s is refused', (call, message) => {
  expect(call).toThrow(message);
});
