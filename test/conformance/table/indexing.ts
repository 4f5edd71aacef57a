/** Reading and writing at indices. */

import {
  type AnyTensor,
  arange,
  type BoolTensor,
  type IntTensor,
  type NestedArray,
  oneHot,
  Tensor,
  tensor as tensorOf,
} from '@tapegrad/core';
import { anything, boolean, indices, int, mask, number, oneOf, operand, tensor } from '../kinds.ts';
import { ELLIPSIS, Missing, Slice, type Value } from '../python/values.ts';
import { type Place, type Row, row } from '../row.ts';
import { some } from './options.ts';

/**
 * `x[1:, None, ..., i, j]`. Numbers, slices, None and `...` make a view; tensors of indices, masks and lists then pick from
 * its dimensions, all at once.
 */
async function itemOf(x: Tensor, given: readonly Value[], place: Place): Promise<Tensor> {
  const index = given.map((i) => (Array.isArray(i) ? listed(i, place) : i)); // x[[0, 2]]
  const taken = (i: Value): number => (i === null || i === ELLIPSIS ? 0 : isMask(i) ? i.rank : 1);
  const rest = x.rank - index.reduce<number>((sum, i) => sum + taken(i), 0);
  const full = index.includes(ELLIPSIS) ? index : [...index, ELLIPSIS];
  let y = x;
  let dim = 0;
  const picks: (IntTensor | null)[] = [];
  for (const i of full) {
    if (i === ELLIPSIS) dim += rest;
    else if (i === null) y = y.unsqueeze(dim++);
    else if (typeof i === 'number') y = y.select(dim, i);
    else if (i instanceof Slice) y = y.slice(dim++, i.start ?? 0, i.stop ?? Infinity, i.step ?? 1);
    else if (isMask(i)) for (const at of (await nonzeroOf(i as BoolTensor)).unbind(1)) picks[dim++] = at;
    else if (i instanceof Tensor && (i as AnyTensor).dtype === 'i32') picks[dim++] = i as unknown as IntTensor;
    else throw new Missing(`x[${given.map(nameOf).join(', ')}]`);
  }
  return picks.length > 0 ? y.index(Array.from(picks, (at) => at ?? null)) : y;
}

/** Where there is no reading without waiting, the cpu device says which are not 0. */
async function nonzeroOf(x: AnyTensor): Promise<IntTensor> {
  if (x.device.readSync) return x.nonzero();
  return (await x.to('cpu')).nonzero().to(x.device.name);
}

/** `z[index] = value`, as a new tensor: what lies at each place of the item tells where it came from. */
async function withItem(x: Tensor, index: readonly Value[], value: Tensor | number, place: Place): Promise<Tensor> {
  const positions = arange(0, x.size, 1, { dtype: 'i32', device: place.device }).reshape(x.shape) as unknown as Tensor;
  const at = (await itemOf(positions, index, place)) as unknown as IntTensor;
  const source = typeof value === 'number' ? value : value.cast(x.dtype).expand(at.shape).reshape([at.size]);
  return x
    .reshape([x.size])
    .scatter(0, at.reshape([at.size]), source)
    .reshape(x.shape);
}

function listed(items: readonly Value[], { device }: Place): AnyTensor {
  const dtype = items.every((i) => typeof i === 'boolean') ? 'bool' : 'i32';
  return tensorOf(items as NestedArray, { dtype, device });
}

function isMask(index: Value): index is BoolTensor {
  return index instanceof Tensor && (index as AnyTensor).dtype === 'bool';
}

function nameOf(index: Value): string {
  if (index instanceof Tensor) return (index as AnyTensor).dtype === 'bool' ? 'mask' : 'indices';
  return index instanceof Slice ? ':' : index === ELLIPSIS ? '...' : String(index);
}

/** `[:, :, index]` */
function along(x: Tensor, dim: number, index: Value): readonly Value[] {
  const before = Array.from({ length: dim < 0 ? dim + x.rank : dim }, () => new Slice(null, null, null));
  return [...before, index];
}

export const indexing: readonly Row[] = [
  row(
    'Tensor.__getitem__',
    { input: tensor, index: anything },
    ({ input, index }, place) => itemOf(input, index as readonly Value[], place),
    'x.select(dim, i), x.slice(dim, start, end, step), x.unsqueeze(dim), x.index([i, null, j]), x.maskedSelect(mask)',
  ),
  row(
    'Tensor.__setitem__',
    { input: tensor, index: anything, value: operand },
    ({ input, index, value }, place) => withItem(input, index as readonly Value[], value, place),
    'x.scatter(dim, indices, source)',
  ),
  row('torch|Tensor.gather', { input: tensor, dim: int, index: indices }, ({ input, dim, index }) =>
    input.gather(dim, index),
  ),
  row('torch|Tensor.take_along_dim', { input: tensor, indices, dim: int.opt }, ({ input, indices, dim }) =>
    input.takeAlongDim(indices, dim),
  ),
  row('torch|Tensor.take', { input: tensor, index: indices }, ({ input, index }) => input.take(index)),
  row('torch|Tensor.index_select', { input: tensor, dim: int, index: indices }, ({ input, dim, index }) =>
    input.indexSelect(dim, index),
  ),
  row(
    'torch|Tensor.scatter_add',
    { input: tensor, dim: int, index: indices, src: tensor },
    ({ input, dim, index, src }) => input.scatterAdd(dim, index, src),
  ),
  row('torch|Tensor.scatter', { input: tensor, dim: int, index: indices, src: operand }, ({ input, dim, index, src }) =>
    input.scatter(dim, index, src),
  ),
  row(
    'torch|Tensor.scatter',
    { input: tensor, dim: int, index: indices, value: number },
    ({ input, dim, index, value }) => input.scatter(dim, index, value),
  ),
  row(
    'torch|Tensor.scatter_reduce',
    {
      input: tensor,
      dim: int,
      index: indices,
      src: tensor,
      reduce: oneOf('sum', 'prod', 'mean', 'amax', 'amin'),
      include_self: boolean.opt,
    },
    ({ input, dim, index, src, reduce, include_self: includeSelf }) =>
      input.scatterReduce(dim, index, src, reduce, { includeSelf }),
  ),
  row(
    'torch|Tensor.index_add',
    { input: tensor, dim: int, index: indices, source: tensor, alpha: number.opt },
    ({ input, dim, index, source, alpha }) => input.indexAdd(dim, index, source, some({ alpha })),
  ),
  row(
    'torch|Tensor.index_copy',
    { input: tensor, dim: int, index: indices, source: tensor },
    ({ input, dim, index, source }) => input.indexCopy(dim, index, source),
  ),
  row(
    'torch|Tensor.index_fill',
    { input: tensor, dim: int, index: indices, value: number },
    ({ input, dim, index, value }) => input.indexFill(dim, index, value),
  ),
  row('torch|Tensor.masked_select', { input: tensor, mask }, async ({ input, mask: where_ }, { device }) => {
    if (device !== 'webgpu') return input.maskedSelect(where_);
    const shape = input.add(where_.cast(input.dtype) as unknown as Tensor).shape;
    return input.expand(shape).index((await nonzeroOf(where_.expand(shape))).unbind(1));
  }),
  row('torch|Tensor.masked_scatter', { input: tensor, mask, source: tensor }, ({ input, mask, source }) =>
    input.maskedScatter(mask, source),
  ),
  row(
    'torch|Tensor.select_scatter',
    { input: tensor, src: tensor, dim: int, index: int },
    ({ input, src, dim, index }, place) => withItem(input, along(input, dim, index), src, place),
    'cat([before, y.unsqueeze(dim), after], dim)',
  ),
  row(
    'torch|Tensor.slice_scatter',
    { input: tensor, src: tensor, dim: int.or(0), start: int.or(0), end: int.opt, step: int.or(1) },
    ({ input, src, dim, start, end, step }, place) =>
      withItem(input, along(input, dim, new Slice(start, end ?? null, step)), src, place),
    'cat([before, y, after], dim)',
  ),
  row(
    'torch|Tensor.index_put',
    { input: tensor, indices: anything, values: operand },
    ({ input, indices: index, values }, place) => withItem(input, index as readonly Value[], values, place),
    'x.scatter(dim, indices, source)',
  ),
  row(
    'torch.where',
    { condition: tensor },
    async ({ condition }) => (await nonzeroOf(condition)).unbind(1),
    'x.nonzero().unbind(1)',
  ),
  row('torch|Tensor.nonzero torch.argwhere', { input: tensor }, ({ input }) => nonzeroOf(input)),
  row(
    'torch.searchsorted',
    {
      ...{ sorted_sequence: tensor, input: tensor, out_int32: boolean.opt, right: boolean.opt },
      side: oneOf('left', 'right').opt,
    },
    ({ sorted_sequence, input, right, side }) =>
      sorted_sequence.searchSorted(input, { right: side ? side === 'right' : right }),
    'searchSorted',
  ),
  row(
    'torch.bucketize',
    { input: tensor, boundaries: tensor, out_int32: boolean.opt, right: boolean.opt },
    ({ input, boundaries, right }) => input.bucketize(boundaries, { right }),
  ),
  row('F.one_hot', { tensor: indices, num_classes: int.or(-1) }, async ({ tensor: classes, num_classes }) =>
    oneHot(classes, num_classes < 0 ? (await classes.max().item()) + 1 : num_classes),
  ),
];
