/** Outcomes: what passes, fails and is skipped, in words and as an exit code. */

import { describe, expect, test } from 'vitest';
import { caseOf, stored } from './case-of.ts';
import type { Case } from './folder.ts';
import { isGood, reportOf } from './report.ts';
import { type Outcome, placeOf, runCase } from './run.ts';

const run = (c: Case): Promise<Outcome> => runCase(c, placeOf(c, 'cpu'));
const withGradient = (grad: number[]): Partial<Case> => ({
  ...{ wrt: ['x'], cotangents: ['out'], cot: new Map([['out', stored(1, 10)]]) },
  ...{ grad: new Map([['x', stored(...grad)]]) },
});

describe('a case', () => {
  test('passes where outputs and gradients agree', async () => {
    expect(await run(caseOf('x ** 3', [1, 8], withGradient([3, 120])))).toMatchObject({ is: 'passed', reasons: [] });
  });

  test('fails at an output, at a gradient, and where there is none', async () => {
    const outcomes = [
      await run(caseOf('x ** 3', [1, 9], withGradient([3, 120]))),
      await run(caseOf('x ** 3', [1, 8], withGradient([3, 121]))),
      await run(caseOf('x.detach() ** 3', [1, 8], withGradient([3, 120]))),
    ];
    expect(outcomes.map(({ is }) => is)).toEqual(['failed', 'failed', 'failed']);
    expect(outcomes[0]!.reasons[0]).toMatch(/^out\/out: largest error at element 1: 8, expected 9/);
    expect(outcomes[1]!.reasons[0]).toMatch(/^grad\/x: largest error at element 1: 120, expected 121/);
    expect(outcomes[2]!.reasons[0]).toMatch(/^error: GradientError/);
  });

  test('fails at what tapegrad throws', async () => {
    const outcome = await run(caseOf('x.reshape(3)', [1]));
    expect(outcome).toMatchObject({ is: 'failed' });
    expect(outcome.reasons[0]).toMatch(/^error: ShapeError: reshape/);
  });

  test('fails where the folder has no answer', async () => {
    const outcome = await run(caseOf('x', [1, 2], { outputs: ['y'] }));
    expect(outcome).toMatchObject({ is: 'failed', reasons: ['out/y: the folder holds no answer of this name'] });
  });

  test('fails where it compares nothing', async () => {
    expect(await run(caseOf('x', [], { outputs: [] }))).toMatchObject({ is: 'failed' });
  });

  test('is skipped where something is missing, or cannot be read', async () => {
    expect(await run(caseOf('torch.nothing(x)', [1]))).toMatchObject({
      is: 'skipped',
      reasons: ['missing: torch.nothing'],
    });
    expect(await run(caseOf('the sum of x', [1]))).toMatchObject({ is: 'skipped', informative: false });
    expect(await run(caseOf('x', [1, 2], { outputs: ['a', 'b'] }))).toMatchObject({ is: 'skipped' });
  });

  test('that the folder calls informative is skipped where it differs', async () => {
    const tags = ['informative'];
    expect(await run(caseOf('x', [1, 3], { tags }))).toMatchObject({ is: 'skipped', informative: true });
    expect(await run(caseOf('x', [1, 2], { tags }))).toMatchObject({ is: 'passed' });
  });

  test('whose inputs f32 cannot hold passes in f32 where the rounded ones have the answer', async () => {
    const inputs = new Map([['x', stored(1 + 2 ** -30, 1e4 + 2 ** -14)]]);
    const c = caseOf('(x - 1) * 1e6', [2 ** -30 * 1e6, (9999 + 2 ** -14) * 1e6], { in: inputs });
    expect((await runCase(c, { device: 'cpu', dtype: 'f32' })).reasons).toEqual([]); // within the tolerance as it is
    const steep = caseOf('(x - x.round()) * 1e6', [2 ** -30 * 1e6, 2 ** -14 * 1e6], { in: inputs });
    const outcome = await runCase(steep, { device: 'cpu', dtype: 'f32' });
    expect(outcome).toMatchObject({ is: 'passed', reasons: ['at its inputs rounded to f32, which cannot hold them'] });
    const wrong = caseOf('(x - x.round()) * 1e6', [1, 2], { in: inputs });
    expect(await runCase(wrong, { device: 'cpu', dtype: 'f32' })).toMatchObject({ is: 'failed' });
  });
});

test('the report ends with the sums, and only informative skips are good', async () => {
  const passed = await run(caseOf('x', [1, 2]));
  const failed = await run(caseOf('x', [1, 3]));
  const missing = await run(caseOf('torch.nothing(x)', [1]));
  const record = await run(caseOf('x', [1, 3], { tags: ['informative'] }));
  expect(reportOf([passed, failed, missing, record]).split('\n')).toEqual([
    'failed: made/up: x',
    '    out/out: largest error at element 1: 2, expected 3, 3.23e+8 times the tolerance',
    'skipped: made/up: torch.nothing(x)',
    '    missing: torch.nothing',
    'skipped (informative): made/up: x',
    '    out/out: largest error at element 1: 2, expected 3, 3.23e+8 times the tolerance',
    '1 passed, 1 failed, 2 skipped',
  ]);
  expect([[passed], [passed, record], [passed, failed], [passed, missing]].map(isGood)).toEqual([
    true,
    true,
    false,
    false,
  ]);
});
