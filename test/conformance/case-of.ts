/** Cases for tests of the runner itself. */

import type { StoredTensor } from '@tapegrad/nn';
import type { Case, StoredTensors } from './folder.ts';

/** A vector of f64. */
export function stored(...data: readonly number[]): StoredTensor {
  return { dtype: 'f64', shape: [data.length], data: Float64Array.from(data) };
}

/** A case with one input, x = [1, 2], and one output. */
export function caseOf(expr: string, out: readonly number[], more: Partial<Case> = {}): Case {
  const none: StoredTensors = new Map();
  return {
    ...{ group: 'made', name: 'up', op: 'x', expr, args: {}, dtype: 'float64', tags: [] },
    ...{ inputs: ['x'], outputs: ['out'], wrt: [], cotangents: [] },
    ...{ in: new Map([['x', stored(1, 2)]]), out: new Map([['out', stored(...out)]]) },
    ...{ cot: none, grad: none, kind: () => none },
    ...more,
  };
}
