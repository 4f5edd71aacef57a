/** Reading and writing at indices. */

import { type AnyTensor, type IntTensor, oneHot, Tensor, tensor as tensorOf } from '@tapegrad/core';
import { anything, indices, int, tensor } from '../kinds.ts';
import { ELLIPSIS, Missing, Slice, type Value } from '../python/values.ts';
import { type Place, type Row, row } from '../row.ts';

/** `x[1:, None, ..., -1]`: whole numbers, slices, None and `...` are views; a tensor of indices picks. */
function itemOf(x: Tensor, given: readonly Value[], { device }: Place): Tensor {
  const index = given.map((i) => (Array.isArray(i) ? tensorOf(i, { dtype: 'i32', device }) : i)); // x[[0, 2]]
  const picks = index.filter((i) => i !== null && i !== ELLIPSIS).length;
  const ellipsis = index.includes(ELLIPSIS) ? index : [...index, ELLIPSIS];
  let y = x;
  let dim = 0;
  let picked = false;
  for (const i of ellipsis) {
    if (i === ELLIPSIS) dim += x.rank - picks;
    else if (i === null) y = y.unsqueeze(dim++);
    else if (typeof i === 'number') y = y.select(dim, i);
    else if (i instanceof Slice) y = sliced(y, dim++, i);
    else if (i instanceof Tensor && (i as AnyTensor).dtype === 'i32' && !picked) {
      y = pickedFrom(y, dim, i as unknown as IntTensor);
      dim += i.rank;
      picked = true;
    } else throw new Missing(`x[${index.map(nameOf).join(', ')}]`);
  }
  return y;
}

function sliced(x: Tensor, dim: number, { start, stop, step }: Slice): Tensor {
  return x.slice(dim, start ?? 0, stop ?? Infinity, step ?? 1);
}

/** Slices at indices of any shape, which takes the dimension's place. */
function pickedFrom(x: Tensor, dim: number, at: IntTensor): Tensor {
  const rows = x.indexSelect(dim, at.reshape([at.size]));
  return rows.reshape(x.shape.toSpliced(dim, 1, ...at.shape));
}

function nameOf(index: Value): string {
  if (index instanceof Tensor) return (index as AnyTensor).dtype === 'bool' ? 'mask' : 'indices';
  return index instanceof Slice ? ':' : index === ELLIPSIS ? '...' : String(index);
}

export const indexing: readonly Row[] = [
  row(
    'Tensor.__getitem__',
    { input: tensor, index: anything },
    ({ input, index }, place) => itemOf(input, index as readonly Value[], place),
    'x.select(dim, i), x.slice(dim, start, end, step), x.unsqueeze(dim), x.indexSelect(dim, indices)',
  ),
  row('torch|Tensor.gather', { input: tensor, dim: int, index: indices }, ({ input, dim, index }) =>
    input.gather(dim, index),
  ),
  row(
    'torch|Tensor.take_along_dim',
    { input: tensor, indices, dim: int.opt },
    ({ input, indices: at, dim }) => {
      if (dim === undefined) return input.flatten().gather(0, at.flatten());
      const d = dim < 0 ? dim + input.rank : dim;
      const shape = input.shape.map((n, k) => Math.max(n, at.shape[k]!));
      return input.expand(shape.with(d, input.shape[d]!)).gather(d, at.expand(shape.with(d, at.shape[d]!)));
    },
    'x.gather(dim, indices)',
  ),
  row('torch|Tensor.index_select', { input: tensor, dim: int, index: indices }, ({ input, dim, index }) =>
    input.indexSelect(dim, index),
  ),
  row(
    'torch|Tensor.scatter_add',
    { input: tensor, dim: int, index: indices, src: tensor },
    ({ input, dim, index, src }) => input.scatterAdd(dim, index, src),
  ),
  row('F.one_hot', { tensor: indices, num_classes: int }, ({ tensor: classes, num_classes }) =>
    oneHot(classes, num_classes),
  ),
];
