/** The reference vectors of test/golden on cpu: in f32, which users begin with, and with answers that are not PyTorch's. */

import { setDevice } from '@tapegrad/core';
import type { StoredTensor } from '@tapegrad/nn';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Case } from './folder.ts';
import { failuresOf, GROUPS } from './golden.ts';
import { placeOf, runCase } from './run.ts';

beforeAll(() => setDevice('cpu'));

describe('in f32, what PyTorch answered in f64', () => {
  test.each(GROUPS)('$group', async ({ cases }) => {
    const inF64 = cases.filter(({ dtype }) => dtype === 'float64');
    expect(await failuresOf(inF64, (c) => runCase(c, { device: 'cpu', dtype: 'f32' }))).toEqual([]);
  });
});

describe('no answer goes unseen: where each is changed, a case fails at each', () => {
  test.each(GROUPS)('$group', async ({ cases }) => {
    const unseen: string[] = [];
    for (const c of cases) {
      const { reasons } = await runCase(withOtherAnswers(c), placeOf(c, 'cpu'));
      for (const answer of ANSWERS.flatMap((kind) => [...c.kind(kind).keys()].map((name) => `${kind}/${name}`)))
        if (!reasons.some((reason) => reason.startsWith(answer))) unseen.push(`${c.name}: ${answer}`);
    }
    expect(unseen).toEqual([]);
  });
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
