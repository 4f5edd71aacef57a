/** The same elements under other shapes, in other orders, joined and cut. */

import { type AnyTensor, cat, stack, type Tensor } from '@tapegrad/core';
import { dims, dtype, indices, int, ints, number, oneOf, tensor, tensors } from '../kinds.ts';
import { type Row, row } from '../row.ts';
import { dtypeOf } from './options.ts';

const reversed = (x: Tensor): number[] => [...x.shape.keys()].reverse();

/** `dims` to other places, as `movedim` says. */
function moved(x: Tensor, from: readonly number[], to: readonly number[]): Tensor {
  const at = (dim: number): number => (dim < 0 ? dim + x.rank : dim);
  const order: number[] = [];
  for (const [k, dim] of to.entries()) order[at(dim)] = at(from[k]!);
  const rest = [...x.shape.keys()].filter((dim) => !order.includes(dim));
  return x.permute(Array.from({ length: x.rank }, (_, k) => order[k] ?? rest.shift()!));
}

/** Dimensions, the last first. */
function fromTheEnd({ rank }: Tensor, dims: readonly number[]): number[] {
  return dims.map((dim) => (dim < 0 ? dim + rank : dim)).sort((a, b) => b - a);
}

const listed = (value: number | number[]): number[] => [value].flat();

export const shapes: readonly Row[] = [
  row('torch|Tensor.reshape Tensor.view', { input: tensor, shape: ints }, ({ input, shape }) => input.reshape(shape)),
  row(
    'Tensor.view_as Tensor.reshape_as',
    { input: tensor, other: tensor },
    ({ input, other }) => input.reshape(other.shape),
    'x.reshape(y.shape)',
  ),
  row('torch|Tensor.permute', { input: tensor, dims: ints }, ({ input, dims }) => input.permute(dims)),
  row(
    'torch|Tensor.transpose torch|Tensor.swapaxes torch|Tensor.swapdims',
    { input: tensor, dim0: int, dim1: int },
    ({ input, dim0, dim1 }) => input.transpose(dim0, dim1),
  ),
  row('torch|Tensor.t', { input: tensor }, ({ input }) => input.permute(reversed(input)), 'x.T'),
  row(
    'torch|Tensor.movedim torch|Tensor.moveaxis',
    { input: tensor, source: dims, destination: dims },
    ({ input, source, destination }) => moved(input, listed(source), listed(destination)),
    'x.permute(dims)',
  ),
  row('torch|Tensor.flatten', { input: tensor, start_dim: int.opt, end_dim: int.opt }, (given) =>
    given.input.flatten(given.start_dim, given.end_dim),
  ),
  row('torch|Tensor.ravel', { input: tensor }, ({ input }) => input.flatten(), 'x.flatten()'),
  row('torch|Tensor.squeeze', { input: tensor, dim: int.opt }, ({ input, dim }) => input.squeeze(dim)),
  row('torch|Tensor.squeeze', { input: tensor, dim: ints }, ({ input, dim }) =>
    fromTheEnd(input, dim).reduce((x, d) => x.squeeze(d), input),
  ),
  row('torch|Tensor.unsqueeze', { input: tensor, dim: int }, ({ input, dim }) => input.unsqueeze(dim)),
  row('Tensor.expand torch.broadcast_to Tensor.broadcast_to', { input: tensor, size: ints }, ({ input, size }) =>
    input.expand(size),
  ),
  row(
    'Tensor.expand_as',
    { input: tensor, other: tensor },
    ({ input, other }) => input.expand(other.shape),
    'x.expand(y.shape)',
  ),
  row('torch|Tensor.flip', { input: tensor, dims: ints }, ({ input, dims }) => input.flip(dims)),
  row('torch.fliplr Tensor.fliplr', { input: tensor }, ({ input }) => input.flip([1]), 'x.flip([1])'),
  row('torch.flipud Tensor.flipud', { input: tensor }, ({ input }) => input.flip([0]), 'x.flip([0])'),
  row('Tensor.repeat', { input: tensor, repeats: ints }, ({ input, repeats }) => input.repeat(repeats)),
  row('torch|Tensor.tile', { input: tensor, dims: ints }, ({ input, dims }) => input.tile(dims)),
  row('torch|Tensor.repeat_interleave', { input: tensor, repeats: int, dim: int.opt }, ({ input, repeats, dim }) =>
    input.repeatInterleave(repeats, dim),
  ),
  row(
    'torch|Tensor.repeat_interleave',
    { input: tensor, repeats: indices, dim: int.opt },
    async ({ input, repeats, dim }) => input.repeatInterleave([...(await repeats.data())], dim),
  ),
  row('torch|Tensor.roll', { input: tensor, shifts: dims, dims: dims.opt }, ({ input, shifts, dims }) =>
    input.roll(shifts, dims),
  ),
  row('Tensor.unfold', { input: tensor, dimension: int, size: int, step: int }, ({ input, dimension, size, step }) =>
    input.unfold(dimension, size, step),
  ),
  row(
    'torch|Tensor.diagonal',
    { input: tensor, offset: int.opt, dim1: int.opt, dim2: int.opt },
    ({ input, offset, dim1, dim2 }) => input.diagonal(offset, dim1, dim2),
  ),
  row('torch|Tensor.diag', { input: tensor, diagonal: int.opt }, ({ input, diagonal }) => input.diag(diagonal)),
  row('torch|Tensor.narrow', { input: tensor, dim: int, start: int, length: int }, ({ input, dim, start, length }) =>
    input.narrow(dim, start, length),
  ),
  row('torch|Tensor.select', { input: tensor, dim: int, index: int }, ({ input, dim, index }) =>
    input.select(dim, index),
  ),
  row(
    'F.pad',
    { input: tensor, pad: ints, mode: oneOf('constant').or('constant'), value: number.opt },
    ({ input, pad, value }) => input.pad(pad, value),
  ),

  row('torch.cat torch.concat torch.concatenate', { tensors, dim: int.opt }, ({ tensors, dim }) => cat(tensors, dim)),
  row('torch.stack', { tensors, dim: int.opt }, ({ tensors, dim }) => stack(tensors, dim)),
  row(
    'torch|Tensor.split',
    { input: tensor, split_size_or_sections: dims, dim: int.opt },
    ({ input, split_size_or_sections: sizes, dim }) => input.split(sizes, dim),
  ),
  row('torch|Tensor.chunk', { input: tensor, chunks: int, dim: int.opt }, ({ input, chunks, dim }) =>
    input.chunk(chunks, dim),
  ),
  row('torch|Tensor.unbind', { input: tensor, dim: int.opt }, ({ input, dim }) => input.unbind(dim)),

  row('Tensor.size', { input: tensor, dim: int }, ({ input, dim }) => input.shape.at(dim), 'x.shape[dim]'),
  row('Tensor.size', { input: tensor }, ({ input }) => input.shape, 'x.shape'),
  row('Tensor.dim Tensor.ndimension', { input: tensor }, ({ input }) => input.rank, 'x.rank'),
  row('torch|Tensor.numel Tensor.nelement', { input: tensor }, ({ input }) => input.size, 'x.size'),

  row(
    'Tensor.to Tensor.type',
    { input: tensor, dtype },
    ({ input, dtype }, place) => input.cast(dtypeOf(dtype, place)),
    'x.cast(dtype)',
  ),
  row(
    'Tensor.to Tensor.type_as',
    { input: tensor, other: tensor },
    ({ input, other }) => input.cast(other.dtype),
    'x.cast(y.dtype)',
  ),
  row(
    'Tensor.float Tensor.double',
    { input: tensor },
    ({ input }, { dtype }) => input.cast(dtype),
    "x.cast('f32'), x.cast('f64')",
  ),
  row('Tensor.long Tensor.int', { input: tensor }, ({ input }) => (input as AnyTensor).cast('i32'), "x.cast('i32')"),
  row('Tensor.bool', { input: tensor }, ({ input }) => (input as AnyTensor).cast('bool'), "x.cast('bool')"),
];
