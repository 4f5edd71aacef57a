/** The testing entry itself: a check that cannot fail checks nothing. */

import {
  ArgumentError,
  defineOp,
  dropout,
  GradientError,
  manualSeed,
  Parameter,
  randn,
  ShapeError,
  TapegradError,
  type Tensor,
  tensor,
} from '@tapegrad/core';
import {
  allclose,
  type CheckedModule,
  gradcheck,
  gradgradcheck,
  parity,
  worstDifference,
} from '@tapegrad/core/testing';
import { describe, expect, test } from 'vitest';

/** x^2 with a gradient that is wrong by `error` at the last entry only. */
const square = (error: number) =>
  defineOp({
    name: 'square',
    forward: ([x]) => x!.mul(x!),
    vjp: (g, [x]) => [
      () => {
        const wrong = new Float64Array(x!.size);
        wrong[wrong.length - 1] = error;
        return g.mul(x!.mul(2).add(tensor(wrong).cast(x!.dtype).reshape(x!.shape)));
      },
    ],
  });

/** x^3 whose gradient is right as a number, and wrong as a function of x. */
const cubeOnce = defineOp({
  name: 'cube',
  forward: ([x]) => x!.pow(3),
  vjp: (g, [x]) => [() => g.mul(x!.detach().square().mul(3))],
});

describe('gradcheck', () => {
  test('passes what is right, and reports how many entries it compared and the worst', () => {
    const report = gradcheck((x, y) => [x.mul(y), y.exp()], [tensor([1, 2]), tensor([[3], [4]])], { mode: 'full' });
    expect(report.checked).toBe(4);
    expect(report.worst.difference).toBeLessThan(1e-6);
    expect(report.worst.of).toMatch(/^input [01]$/);
  });

  test.each(['fast', 'full'] as const)(
    'in %s mode names the entry that is wrong, both values, and the tolerance',
    (mode) => {
      const check = (): unknown =>
        gradcheck(
          (x) => square(0.1)([x]),
          [
            tensor([
              [1, 2],
              [3, 4],
            ]),
          ],
          { mode },
        );
      expect(check).toThrow(GradientError);
      expect(check).toThrow(
        /^gradcheck: the derivative along entry \[1, 1\] of input 0 is .* on the tape, .* by finite differences: they differ by .*, more than atol 0\.000001 \+ rtol 0\.00001/,
      );
      expect(() => gradcheck((x) => square(0)([x]), [tensor([1, 2])], { mode })).not.toThrow();
    },
  );

  test('sees a gradient that is missing', () => {
    expect(() => gradcheck((x) => x.mul(x.detach()), [tensor([1, 2])])).toThrow(GradientError);
    expect(() => gradcheck((x) => x.detach(), [tensor([1, 2])])).toThrow(GradientError);
  });

  test('says that a kink may be the reason', () => {
    expect(() => gradcheck((x) => x.relu(), [tensor([0])])).toThrow(/or the point lies on a kink/);
  });

  test('takes f32 inputs to f64, and integers as they are', () => {
    const seen: string[] = [];
    gradcheck(
      (x, i) => {
        seen.push(`${x.dtype} ${i.dtype as string}`);
        return x.gather(0, i as never);
      },
      [tensor([1, 2]), tensor(Int32Array.of(1))],
    );
    expect(new Set(seen)).toEqual(new Set(['f64 i32']));
  });

  test('draws the same random numbers in each evaluation, and gives the generator back', () => {
    manualSeed(3);
    const before = randn([1]).itemSync();
    manualSeed(3);
    gradcheck((x) => dropout(x, 0.5), [tensor([1, 2, 3, 4])], { mode: 'full' });
    expect(randn([1]).itemSync()).toBe(before);
  });

  test('refuses what it cannot check', () => {
    expect(() => gradcheck((x) => x, [tensor(Int32Array.of(1))])).toThrow(ArgumentError);
    expect(() => gradcheck((x) => x.argmax(), [tensor([1])])).toThrow(/expected the function to return a float tensor/);
  });

  test('checks the parameters of a module too, in f64, and puts them back', () => {
    const weight = new Parameter(tensor([[1, 2]]));
    const { buffer } = weight;
    const module = (error: number): CheckedModule => ({
      forward: (x: Tensor) => square(error)([x.matmul(weight)]),
      namedParameters: () => [['weight', weight]],
    });
    expect(gradcheck(module(0), [tensor([[3]])], { mode: 'full' }).checked).toBe(3);
    expect(() => gradcheck(module(1), [tensor([[3]])], { mode: 'full' })).toThrow(/entry \[0, 1\] of weight/);
    expect([weight.dtype, weight.toArraySync()]).toEqual(['f32', [[1, 2]]]);
    expect(weight.buffer).toBe(buffer);
  });
});

describe('gradgradcheck', () => {
  test('passes what is right to second order', () => {
    expect(gradgradcheck((x) => x.pow(3), [tensor([1, 2])], { mode: 'full' }).checked).toBe(4);
  });

  test('fails where only the first derivative is right', () => {
    expect(() => gradcheck((x) => cubeOnce([x]), [tensor([1, 2])])).not.toThrow();
    expect(() => gradgradcheck((x) => cubeOnce([x]), [tensor([1, 2])])).toThrow(/^gradgradcheck: the derivative along/);
  });
});

describe('parity', () => {
  test('fails where f32 is far from f64, and names the device and the entry', async () => {
    const unstable = (x: Tensor): Tensor => x.exp().sum().log();
    await expect(parity(unstable, [tensor([100, 1])])).rejects.toThrow(TapegradError);
    await expect(parity(unstable, [tensor([100, 1])])).rejects.toThrow(
      /^parity: outputs 0 on \w+ differ at element 0: Infinity, expected 100/,
    );
  });

  test('compares gradients too', async () => {
    const fickle = defineOp({
      name: 'fickle',
      forward: ([x]) => x!.mul(2),
      vjp: (g) => [() => g.mul(g.dtype === 'f32' ? 3 : 2)],
    });
    await expect(parity((x) => fickle([x]), [tensor([1])])).rejects.toThrow(
      /^parity: gradients 0 on \w+ differ at element 0: 3, expected 2/,
    );
    const [report] = await parity((x) => x.tanh(), [tensor([0.1, 0.2])]);
    expect(report!.gradients).toBeLessThan(1e-6);
  });
});

describe('allclose', () => {
  test('compares within a tolerance relative to the second', async () => {
    expect(await allclose(tensor([1, 2]), tensor([1, 2.00001]))).toBe(true);
    expect(await allclose(tensor([1, 2]), tensor([1, 2.001]))).toBe(false);
    expect(await allclose(tensor([0]), tensor([0.001]), { atol: 0.01 })).toBe(true);
    expect(await allclose(tensor([1]), tensor(Float64Array.of(1), { device: 'cpu' }))).toBe(true);
  });

  test('takes infinities for themselves, and NaN for nothing unless asked', async () => {
    expect(await allclose(tensor([Infinity, -Infinity]), tensor([Infinity, -Infinity]))).toBe(true);
    expect(await allclose(tensor([Infinity]), tensor([-Infinity]))).toBe(false);
    expect(await allclose(tensor([Infinity]), tensor([1]), { rtol: 1e9 })).toBe(false);
    expect(await allclose(tensor([NaN]), tensor([NaN]))).toBe(false);
    expect(await allclose(tensor([NaN]), tensor([NaN]), { equalNan: true })).toBe(true);
  });

  test('refuses two shapes', async () => {
    await expect(allclose(tensor([1]), tensor([[1]]))).rejects.toThrow(ShapeError);
  });

  test('tells where the difference is worst', () => {
    expect(worstDifference([1, 5, 3], [1, 2, 3.5])).toMatchObject({ index: 1, difference: 3 });
    expect(worstDifference([1], [1]).excess).toBeLessThanOrEqual(0);
  });
});
