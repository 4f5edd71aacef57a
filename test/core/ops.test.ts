/** Every row of the case table: values, gradients to order 2, strided inputs, every device, and bad calls. */

import { type AnyTensor, grad, onesLike, Tensor } from '@tapegrad/core';
import { gradcheck, gradgradcheck } from '@tapegrad/core/testing';
import { describe, expect, test } from 'vitest';
import { parityRows, rowParity } from '../anywhere/table.ts';
import type { OpCase } from '../cases/row.ts';
import { badInputs, opCases } from '../ops.cases.ts';
import { devices } from '../support/devices.ts';
import { scattered } from '../support/inputs.ts';

const isFloat = (x: AnyTensor): boolean => x.dtype === 'f32' || x.dtype === 'f64';
const made = ({ inputs }: OpCase): AnyTensor[] => inputs.map((make, k) => make(k));
const outputsOf = ({ run }: OpCase, inputs: AnyTensor[]): AnyTensor[] => [run(...inputs)].flat() as AnyTensor[];
const named = (list: readonly OpCase[]): [string, OpCase][] => list.map((c) => [`${c.op} ${c.what}`, c]);

/** With a float input and a float output. */
const differentiable = opCases.filter((c) => made(c).some(isFloat) && outputsOf(c, made(c)).some(isFloat));

describe('values are those of plain JavaScript', () => {
  test.each(named(opCases.filter((c) => c.expected)))('%s', (_, c) => {
    const inputs = made(c);
    const found = outputsOf(c, inputs).flatMap((y) => [...y.dataSync()]);
    const wanted = c.expected!(...inputs.map((x) => [...x.dataSync()])).map(Number);
    expect(found.length).toBe(wanted.length);
    found.forEach((y, i) => {
      expect(y).toBeCloseTo(wanted[i]!, 12);
    });
  });

  test('an op without a gradient has values to check', () => {
    const unchecked = opCases.filter((c) => !differentiable.includes(c) && !c.expected);
    expect(unchecked.map((c) => `${c.op} ${c.what}`)).toEqual([]);
  });
});

describe('first derivatives agree with finite differences', () => {
  test.each(named(differentiable))('%s', (_, c) => {
    gradcheck(c.run as (...x: Tensor[]) => unknown, made(c), { mode: 'full' });
  });
});

describe('second derivatives agree with finite differences', () => {
  test.each(named(differentiable))('%s', (_, c) => {
    const entries = made(c).reduce((n, x) => n + x.size, 0);
    gradgradcheck(c.run as (...x: Tensor[]) => unknown, made(c), { mode: entries <= 40 ? 'full' : 'fast' });
  });
});

describe('f32 agrees with the f64 reference on every device', () => {
  test.each(parityRows)('%s', async (_, c) => {
    expect((await rowParity(c, devices)).length).toBeGreaterThan(0);
  });
});

describe('inputs with an offset, gaps and negative strides give the same values and gradients', () => {
  test.each(named(opCases.filter((c) => c.op !== 'dropout')))('%s', (_, c) => {
    const evaluate = (arrange: (x: AnyTensor) => AnyTensor): number[][] => {
      const leaves = made(c).map((x) => {
        if (isFloat(x)) x.requiresGrad = true;
        return x;
      });
      const outputs = outputsOf(c, leaves.map(arrange));
      const live = outputs.filter((y) => y.requiresGrad) as Tensor[];
      const sources = leaves.filter((x) => x.requiresGrad) as Tensor[];
      const grads =
        live.length === 0 ? [] : grad(live, sources, { gradOutputs: live.map(onesLike), allowUnused: true });
      return [...outputs, ...grads.filter((g) => g instanceof Tensor)].map((y) => [...y.dataSync()]);
    };
    const plain = evaluate((x) => x);
    const strided = evaluate(scattered);
    expect(strided.length).toBe(plain.length);
    strided.forEach((values, k) => {
      values.forEach((v, i) => {
        expect(v).toBeCloseTo(plain[k]![i]!, 12);
      });
    });
  });
});

describe('a bad call throws an error that says what is wrong', () => {
  test.each(badInputs.map((b, i) => [b.op, i, b] as const))('%s (row %i)', (_, __, { call, error, message }) => {
    expect(call).toThrow(error);
    expect(call).toThrow(message);
  });
});
