/** Gradient clipping: gradients before and after, and the norm that is returned. A parameter without gradient is there too. */

import { Parameter, Tensor, zeros, zerosLike } from '@tapegrad/core';
import type { Checker } from '../compare.ts';
import { type Case, dictOf } from '../folder.ts';
import { tensorOf } from '../inputs.ts';
import type { Place } from '../row.ts';
import { table } from '../table/index.ts';

export async function runClipping(c: Case, place: Place, check: Checker): Promise<void> {
  const params = new Map(
    c.inputs.map((name) => {
      const grad = tensorOf(c.in.get(name)!, place) as Tensor;
      const param = new Parameter(zerosLike(grad));
      param.grad = grad;
      return [name, param];
    }),
  );
  const bare = new Parameter(zeros([2], place));
  const all = [...params.values(), bare];
  const norm = await table.call(table.find(c.op), { positional: [all], keywords: dictOf(c.args) }, place);
  if (bare.grad) check.fail('the parameter without gradient', 'it has one');
  for (const name of c.outputs) {
    const given = params.get(name)?.grad ?? norm;
    if (given instanceof Tensor) await check.tensor(`out/${name}`, given, c.out.get(name));
    else check.fail(`out/${name}`, 'nothing was returned');
  }
}
