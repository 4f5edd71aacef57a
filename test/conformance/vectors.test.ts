/** The reference vectors of test/golden on every device: `pnpm conformance test/golden/vectors`, and `.../more`, as a test. */

import { join } from 'node:path';
import { setDevice } from '@tapegrad/core';
import type { StoredTensor } from '@tapegrad/nn';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { devices } from '../support/devices.ts';
import { type Case, casesOf, groupsOf } from './folder.ts';
import { DEVICES } from './parity-page.ts';
import { PENDING } from './pending.ts';
import { type Outcome, placeOf, runCase } from './run.ts';

const groups = ['vectors', 'more'].flatMap((name) => {
  const folder = join(import.meta.dirname, '../golden', name);
  return groupsOf(folder).map((group) => ({ group, cases: casesOf(folder, group) }));
});
const runs = [
  ...devices.map((device) => ({ device, what: 'the float it has for a case', dtypes: ['float64', 'float32'] })),
  // what users begin with
  { device: 'cpu' as const, what: 'f32', dtypes: ['float64'] },
];

/** What was asked for and is missing, by name. */
const missing = new Set<string>();

describe.each(runs)('on $device, in $what', ({ device, what, dtypes }) => {
  beforeAll(() => setDevice(device));
  afterAll(() => setDevice('cpu'));

  test.each(groups)('$group', async ({ cases }) => {
    const bad: string[] = [];
    for (const c of cases.filter(({ dtype }) => dtypes.includes(dtype))) {
      const outcome = await runCase(c, what === 'f32' ? { device, dtype: 'f32' } : placeOf(c, device));
      if (!isPending(outcome) && outcome.is !== 'passed' && !outcome.informative)
        bad.push(`${outcome.is}: ${c.name}: ${outcome.reasons.join('; ')}`);
    }
    expect(bad).toEqual([]);
  });
});

describe('no answer goes unseen: where each is changed, a case fails at each', () => {
  test.each(groups)('$group', async ({ cases }) => {
    const unseen: string[] = [];
    for (const c of cases) {
      const outcome = await runCase(withOtherAnswers(c), placeOf(c, 'cpu'));
      if (isPending(outcome)) continue;
      for (const answer of ANSWERS.flatMap((kind) => [...c.kind(kind).keys()].map((name) => `${kind}/${name}`)))
        if (!outcome.reasons.some((reason) => reason.startsWith(answer))) unseen.push(`${c.name}: ${answer}`);
    }
    expect(unseen).toEqual([]);
  });
});

test('what is missing is what is listed', () => {
  expect([...missing].sort()).toEqual([...PENDING].sort());
});

test('all vectors are there, and docs/parity.md knows each device', () => {
  expect(groups.flatMap(({ cases }) => cases).length).toBe(859 + 54);
  expect(DEVICES).toEqual(expect.arrayContaining([...devices]));
});

/** What PyTorch computed. */
const ANSWERS = ['out', 'grad', 'traj', 'state', 'first', 'final'];

function withOtherAnswers(c: Case): Case {
  const other = ({ dtype, shape, data }: StoredTensor): StoredTensor =>
    data.length > 0 ? { dtype, shape, data: data.map((x) => Number(!x)) } : { dtype, shape: [...shape, 1], data };
  const kinds = ANSWERS.map((kind) => [kind, new Map([...c.kind(kind)].map(([name, x]) => [name, other(x)]))] as const);
  const changed = new Map(kinds);
  return {
    ...c,
    out: changed.get('out')!,
    grad: changed.get('grad')!,
    kind: (kind) => changed.get(kind) ?? c.kind(kind),
  };
}

function isPending({ is, reasons }: Outcome): boolean {
  const [, name] = /^missing: (.*)$/.exec(reasons[0] ?? '') ?? [];
  if (is !== 'skipped' || name === undefined) return false;
  missing.add(name);
  return PENDING.includes(name);
}
