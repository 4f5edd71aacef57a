/** Running a PyTorch case of test/golden on this library, in f64 and in f32, values and gradients. */

import { type AnyTensor, type DType, grad, type Tensor, tensor } from '@tapegrad/core';
import { describe, expect, test } from 'vitest';
import { type GoldenCase, type GoldenTensors, loadGroup } from '../golden/load.ts';

/** The case's inputs by name: those with a stored gradient are leaves that require one. */
export type Inputs = Readonly<Record<string, AnyTensor>>;

/** What a case computes: an output for each name in `outputs` that is compared, and gradients' leaves if not the inputs. */
export interface Ran {
  readonly outputs: Readonly<Record<string, AnyTensor>>;
  readonly leaves?: Readonly<Record<string, Tensor>>;
}

export type Runner = (c: GoldenCase, inputs: Inputs) => Ran;

/**
 * Tests each case of a group. `runners` are by the case's op; `excluded` gives a reason for each case that is left out,
 * by name or by a pattern. A case with neither is a failure, and so is a pattern that excludes nothing.
 */
export function testGroup(
  group: string,
  runners: Readonly<Record<string, Runner>>,
  excluded: readonly (readonly [pattern: RegExp, reason: string])[] = [],
): void {
  const { cases } = loadGroup(group);
  const reasonFor = (c: GoldenCase, dtype: 'f64' | 'f32'): string | undefined =>
    excluded.find(([pattern]) => pattern.test(c.name) || pattern.test(`${c.name} ${dtype}`))?.[1];
  const runs = cases.flatMap((c) =>
    (c.dtype === 'float64' ? (['f64', 'f32'] as const) : (['f32'] as const)).map((dtype) => ({ c, dtype })),
  );
  const covered = runs.filter(({ c, dtype }) => reasonFor(c, dtype) === undefined);

  describe(`${group} as in PyTorch`, () => {
    test.each(covered.map(({ c, dtype }) => [c.name, dtype, c] as const))('%s in %s', (_, dtype, c) => {
      const run = runners[c.op];
      if (!run) throw new Error(`no runner for ${c.op}, and no reason to exclude ${c.name}`);
      compare(c, dtype, run);
    });

    test('every case that is left out has a reason, and every reason a case', () => {
      for (const [pattern] of excluded) {
        const found = runs.some(({ c, dtype }) => pattern.test(c.name) || pattern.test(`${c.name} ${dtype}`));
        expect(found, String(pattern)).toBe(true);
      }
      expect(covered.length).toBeGreaterThan(0);
    });
  });
}

/** A stored tensor; floats take `dtype`. */
export function stored(
  { dtype, shape, data }: { dtype: DType; shape: readonly number[]; data: ArrayLike<number> },
  float: 'f64' | 'f32',
): AnyTensor {
  const target = dtype === 'f32' || dtype === 'f64' ? float : dtype;
  return tensor(Float64Array.from(data), { dtype: target, device: 'cpu' }).reshape(shape);
}

function compare(c: GoldenCase, dtype: 'f64' | 'f32', run: Runner): void {
  const inputs: Record<string, AnyTensor> = {};
  for (const [name, entry] of c.in) {
    inputs[name] = stored(entry, dtype);
    if (c.wrt.includes(name)) inputs[name].requiresGrad = true;
  }
  const { outputs, leaves = inputs as Readonly<Record<string, Tensor>> } = run(c, inputs);
  for (const [name, y] of Object.entries(outputs)) expectClose(`output ${name}`, y, c.out, name, dtype);

  if (c.cot.size === 0) return;
  const names = [...c.cot.keys()];
  const found = grad(
    names.map((name) => outputs[name] as Tensor),
    c.wrt.map((name) => leaves[name]!),
    { gradOutputs: names.map((name) => stored(c.cot.get(name)!, dtype) as Tensor), allowUnused: true },
  );
  c.wrt.forEach((name, k) => {
    if (!c.grad.has(name)) expect(found[k], `gradient of ${name}`).toBeNull();
    else expectClose(`gradient of ${name}`, found[k]!, c.grad, name, dtype);
  });
}

/** The tolerances that the vectors come with; NaN and infinities equal themselves. */
export function expectClose(
  what: string,
  y: AnyTensor | null,
  expected: GoldenTensors,
  name: string,
  dtype: 'f64' | 'f32',
): void {
  const { shape, data } = expected.get(name)!;
  expect(y, what).not.toBeNull();
  expect(y!.shape, `shape of ${what}`).toEqual(shape);
  const values = y!.dataSync();
  let largest = 1;
  for (const b of data) if (Number.isFinite(b)) largest = Math.max(largest, Math.abs(b));
  for (const [i, b] of data.entries()) {
    const a = values[i]!;
    if (Object.is(a, b) || a === b) continue;
    const allowed = dtype === 'f64' ? 1e-10 + 1e-9 * Math.abs(b) : 1e-5 * largest + 1e-4 * Math.abs(b);
    if (!(Math.abs(a - b) <= allowed)) expect.fail(`${what} at element ${i}: ${a}, expected ${b}`);
  }
}
