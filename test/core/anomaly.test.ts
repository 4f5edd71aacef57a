/** detectAnomaly: it names the operation that a NaN came from, and changes nothing else. */

import { AnomalyError, detectAnomaly, noGrad, Parameter, setDevice, synchronize, tensor } from '@tapegrad/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { devices } from '../support/devices.ts';

describe.each(devices)('on %s', (device) => {
  beforeAll(() => setDevice(device));
  afterAll(() => setDevice('cpu'));

  /** What is thrown, at once or when the device knows. */
  const thrownBy = async (fn: () => unknown): Promise<Error> => {
    try {
      fn();
      await synchronize();
    } catch (error) {
      return error as Error;
    }
    throw new Error('nothing was thrown');
  };

  test('the forward pass: the operation, where, and what it was made of', async () => {
    const x = tensor([
      [1, 2, 3],
      [4, 5, -6],
    ]);
    const error = await thrownBy(() => detectAnomaly(() => x.mul(2).log().sum()));
    expect(error).toBeInstanceOf(AnomalyError);
    expect(error.message).toBe('log: its output, f32 [2, 3], has a NaN at [1, 2], made of f32 [2, 3] without a NaN');
    expect((await thrownBy(() => detectAnomaly(() => tensor([Infinity]).sub(tensor([Infinity]))))).message).toBe(
      'sub: its output, f32 [1], has a NaN at [0], made of f32 [1] and f32 [1] without a NaN',
    );
  });

  test('what was there before: the data, or the weights', async () => {
    const error = await thrownBy(() =>
      detectAnomaly(() =>
        tensor([1, 2])
          .add(tensor([1, NaN]))
          .sum(),
      ),
    );
    expect(error.message).toBe(
      'add: its input 1, f32 [2], has a NaN at [1] before anything was computed: look at the data, or at the weights',
    );
  });

  test('the backward pass: the operation, and where it was recorded', async () => {
    const w = new Parameter(tensor([0, 4]));
    const root = () => w.sqrt();
    const error = await thrownBy(() =>
      detectAnomaly(() =>
        root()
          .mul(tensor([0, 1]))
          .sum()
          .backward(),
      ),
    );
    expect(error.message).toBe(
      'sqrt: the gradient of its input, f32 [2], has a NaN at [0]; that of its output has none',
    );
    expect((error.cause as Error).message).toBe('sqrt was recorded here');
    expect((error.cause as Error).stack).toMatch(/root.*anomaly\.test\.ts/);
  });

  test('infinities, where they are asked for', async () => {
    const large = tensor([1, 1000]);
    expect(detectAnomaly(() => large.exp().sum()).shape).toEqual([]);
    const error = await thrownBy(() => detectAnomaly(() => large.exp().sum(), { infinities: true }));
    expect(error.message).toBe(
      'exp: its output, f32 [2], has an infinity at [1], made of f32 [2] without a NaN or an infinity',
    );
    expect((await thrownBy(() => detectAnomaly(() => tensor([0, NaN]).exp(), { infinities: true }))).message).toMatch(
      /^exp: its input 0, f32 \[2\], has a NaN at \[1\] before/,
    );
  });

  test('where nothing is wrong, the same comes out, also of gradients of gradients', async () => {
    const gradientOf = async (run: (fn: () => void) => void): Promise<number[]> => {
      const w = new Parameter(tensor([0.5, -1]));
      run(() => w.tanh().square().sum().backward());
      return [...(await w.grad!.data())];
    };
    expect(await gradientOf(detectAnomaly)).toEqual(await gradientOf((fn) => fn()));
    expect(detectAnomaly(() => noGrad(() => tensor([1, 2]).argmax()).shape)).toEqual([]);
  });

  test('afterwards nothing is watched', async () => {
    await thrownBy(() => detectAnomaly(() => tensor([-1]).log()));
    expect(await tensor([-1]).log().data()).toEqual(Float32Array.of(NaN));
  });
});

test('an async function is refused', () => {
  expect(() => detectAnomaly(async () => {})).toThrow(/^detectAnomaly: the function is async: .* Await outside/);
});
