/** Derivatives as the vectors write them, and what else their expressions leave to the reader. */

import { expect, test } from 'vitest';
import { caseOf, stored } from './case-of.ts';
import type { Case } from './folder.ts';
import { placeOf, runCase } from './run.ts';

const numbers = (given: Readonly<Record<string, number[]>>) =>
  new Map(Object.entries(given).map(([name, data]) => [name, stored(...data)]));
const single = (given: Readonly<Record<string, number>>) =>
  new Map(Object.entries(given).map(([name, x]) => [name, { ...stored(x), shape: [] }]));
const matrix = (...rows: readonly number[][]) => ({ ...stored(...rows.flat()), shape: [rows.length, rows[0]!.length] });

/** y = w2 tanh(w1 x + b1) + b2, with numbers for which tanh(w1 x + b1) = 1/2. */
const mlp = new Map([
  ...[...numbers({ b1: [Math.atanh(0.5)], b2: [1] })],
  ['x', matrix([0])],
  ['t', matrix([0])],
  ['w1', matrix([3])],
  ['w2', matrix([4])],
] as const);

test.each<[expr: string, answers: Partial<Case>]>([
  ['L = (x ** 3).sum(); gx = dL/dx; out = (gx**2).sum()', { out: single({ out: 153 }) }],
  ['L = (x ** 3).sum(); gx = dL/dx; out = |gx|^2', { out: single({ out: 153 }) }],
  ['L = (x ** 3).sum(); out = |dL/dx|^2', { out: single({ out: 153 }) }],
  ['L = (x ** 3).sum(); out = 2*dL/dx', { out: numbers({ out: [6, 24] }) }],
  ['gx = d((x ** 3).sum())/dx; out = gx', { out: numbers({ out: [3, 12] }) }],
  ['gx = d(x ** 3).sum()/dx; out = d(gx * 5).sum()/dx (Hessian-vector product)', { out: numbers({ out: [30, 60] }) }],
  [
    'f = x**4; out d1, d2, d3 elementwise; grad/x is d(sum_k d_k*cot_k)/dx',
    { outputs: ['d1', 'd2', 'd3'], out: numbers({ d1: [4, 32], d2: [12, 48], d3: [24, 48] }) },
  ],
  [
    'L = (a*b*x).sum(); out = sum over a,b of |dL/dp|^2',
    { in: numbers({ a: [2], b: [3], x: [1] }), wrt: ['a', 'b'], out: single({ out: 13 }) },
  ],
  ['out = |x|_2 over dim 0', { in: numbers({ x: [3, 4] }), out: single({ out: 5 }) }],
  ['out = mlp(x)', { in: mlp, out: new Map([['out', matrix([3])]]) }],
  ['L = mse_loss(mlp(x), t); out = dL/dw2', { in: mlp, wrt: ['w2'], out: new Map([['out', matrix([3])]]) }],
  // L = (4 tanh(3 * 0 + b1) + 1)^2 does not depend on w1, whose gradient is 0
  [
    'two differentiable SGD steps on w1 (MAML style); out = loss after them',
    { in: mlp, wrt: ['w1'], args: { lr: 0.1 }, out: single({ out: 9 }) },
  ],
  // w2 = 4 - 0.1 * 3
  [
    'one differentiable SGD step on w2 (MAML style); out = loss after them',
    { in: mlp, wrt: ['w2'], args: { lr: 0.1 }, out: single({ out: (3.7 / 2 + 1) ** 2 }) },
  ],
  ['made(x)', { note: 'z = x * 2; z.add_(1); z.mul_(x); out = z', out: numbers({ out: [3, 10] }) }],
  ['x.sum() + C', { in: new Map([['x', matrix([1, 2, 3])]]), out: single({ out: 9 }) }],
])('%s', async (expr, answers) => {
  const c = caseOf(expr, [], { wrt: ['x'], ...answers });
  expect(await runCase(c, placeOf(c, 'cpu'))).toMatchObject({ is: 'passed' });
});

test('a difference that is no derivative is a quotient', async () => {
  const c = caseOf('dL / dx', [2], { in: numbers({ dL: [4], dx: [2], L: [1], x: [1] }) });
  expect(await runCase(c, placeOf(c, 'cpu'))).toMatchObject({ is: 'passed' });
});

test.each(['the loss after two steps', 'made(x)', 'L = x; out = the sum of it'])('%s is skipped', async (expr) => {
  const c = caseOf(expr, [1], { note: 'what it is' });
  expect(await runCase(c, placeOf(c, 'cpu'))).toMatchObject({ is: 'skipped', informative: false });
});
