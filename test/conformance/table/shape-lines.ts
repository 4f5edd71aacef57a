/** Shapes and orders that are a line of others in tapegrad. */

import {
  arange,
  cat,
  eye,
  type IntTensor,
  linspace,
  ones,
  pow,
  stack,
  type Tensor,
  tensor as tensorOf,
} from '@tapegrad/core';
import { anything, boolean, dims, dtype, int, ints, number, oneOf, tensor, tensors } from '../kinds.ts';
import { type Place, type Row, row } from '../row.ts';

const ids = (values: readonly number[], { device }: Place): IntTensor =>
  tensorOf(Int32Array.from(values), { device }) as unknown as IntTensor;

/** Where an element of the padded dimension comes from. */
const SOURCES: Readonly<Record<string, (i: number, n: number) => number>> = {
  reflect: (i, n) => (i < 0 ? -i : i >= n ? 2 * (n - 1) - i : i),
  replicate: (i, n) => Math.min(Math.max(i, 0), n - 1),
  circular: (i, n) => (i + n) % n,
};

function padded(x: Tensor, pad: readonly number[], mode: string, place: Place): Tensor {
  let y = x;
  for (let k = 0; k < pad.length / 2; k++) {
    const dim = x.rank - 1 - k;
    const [before, after] = [pad[2 * k]!, pad[2 * k + 1]!];
    const n = x.shape[dim]!;
    const from = Array.from({ length: before + n + after }, (_, i) => SOURCES[mode]!(i - before, n));
    y = y.indexSelect(dim, ids(from, place));
  }
  return y;
}

/** At least so many dimensions. */
const atLeast = (rank: number, shapeOf: (shape: readonly number[]) => readonly number[]): Row =>
  row(
    `torch.atleast_${rank}d`,
    { input: tensor },
    ({ input }) => (input.rank >= rank ? input : input.reshape(shapeOf(input.shape))),
    'x.reshape(shape)',
  );

const joined = (name: string, prepare: (x: Tensor) => Tensor, dim: (first: Tensor) => number, tapegrad: string): Row =>
  row(`torch.${name}`, { tensors }, ({ tensors }) => cat(tensors.map(prepare), dim(prepare(tensors[0]!))), tapegrad);

const atLeast2 = (x: Tensor): Tensor => (x.rank < 2 ? x.reshape([1, x.size]) : x);
const atLeast3 = (x: Tensor): Tensor => (x.rank < 3 ? atLeast2(x).unsqueeze(-1) : x);

/** Vectors along dimensions of their own, each as large as all. */
function grid(axes: readonly Tensor[], indexing: 'ij' | 'xy'): Tensor[] {
  const shape = axes.map(({ size }) => size);
  const spread = axes.map((x, k) => x.reshape(shape.map((n, d) => (d === k ? n : 1))).expand(shape));
  return indexing === 'ij' || axes.length < 2 ? spread : spread.map((x) => x.transpose(0, 1));
}

/** Places of a triangle, row by row. */
const triangle = (name: string, belongs: (row: number, column: number, offset: number) => boolean): Row =>
  row(
    `torch.${name}_indices`,
    { row: int, col: int, offset: int.or(0) },
    ({ row: rows, col, offset }, place) => {
      const places = Array.from({ length: rows * col }, (_, i) => [Math.floor(i / col), i % col] as const);
      const inside = places.filter(([r, c]) => belongs(r, c, offset));
      return stack([
        ids(
          inside.map(([r]) => r),
          place,
        ),
        ids(
          inside.map(([, c]) => c),
          place,
        ),
      ]);
    },
    `ones([n, m]).${name}().nonzero().T`,
  );

/** All sorted choices of `count` from n. */
function choices(n: number, count: number, repeated: boolean, from = 0): number[][] {
  if (count === 0) return [[]];
  return Array.from({ length: n - from }, (_, k) => from + k).flatMap((first) =>
    choices(n, count - 1, repeated, repeated ? first : first + 1).map((rest) => [first, ...rest]),
  );
}

export const shapeLines: readonly Row[] = [
  row('torch|Tensor.unflatten', { input: tensor, dim: int, sizes: ints }, ({ input, dim, sizes }) =>
    input.unflatten(dim, sizes),
  ),
  row(
    'F.pad',
    { input: tensor, pad: ints, mode: oneOf('reflect', 'replicate', 'circular') },
    ({ input, pad, mode }, place) => padded(input, pad, mode, place),
    'x.indexSelect(dim, positions)',
  ),
  row('torch|Tensor.adjoint', { input: tensor }, ({ input }) => input.transpose(-2, -1), 'x.transpose(-2, -1)'),
  row(
    'torch|Tensor.rot90',
    { input: tensor, k: int.or(1), dims: ints.or([0, 1]) },
    ({ input, k, dims: [a, b] }) => {
      const turns = ((k % 4) + 4) % 4;
      if (turns === 2) return input.flip([a!, b!]);
      if (turns === 0) return input;
      return turns === 1 ? input.flip([b!]).transpose(a!, b!) : input.transpose(a!, b!).flip([b!]);
    },
    'x.flip([1]).transpose(0, 1)',
  ),
  row(
    'torch|Tensor.tensor_split',
    { input: tensor, indices_or_sections: dims, dim: int.or(0) },
    ({ input, indices_or_sections: given, dim }) => {
      const n = input.shape.at(dim)!;
      const cuts =
        typeof given === 'number'
          ? Array.from({ length: given - 1 }, (_, k) => Math.floor(n / given) * (k + 1) + Math.min(k + 1, n % given))
          : given;
      const sizes = [...cuts, n].map((end, k) => end - (cuts[k - 1] ?? 0));
      return input.split(sizes, dim);
    },
    'x.split(sizes, dim)',
  ),
  joined(
    'hstack',
    (x) => (x.rank === 0 ? x.unsqueeze(0) : x),
    ({ rank }) => (rank === 1 ? 0 : 1),
    'cat(tensors, 1)',
  ),
  joined('vstack', atLeast2, () => 0, 'cat(tensors, 0)'),
  joined('row_stack', atLeast2, () => 0, 'cat(tensors, 0)'),
  joined('dstack', atLeast3, () => 2, 'cat(tensors, 2)'),
  joined(
    'column_stack',
    (x) => (x.rank < 2 ? x.reshape([x.size, 1]) : x),
    () => 1,
    'cat(tensors, 1)',
  ),
  atLeast(1, () => [1]),
  atLeast(2, (shape) => [1, ...(shape.length === 0 ? [1] : shape)]),
  atLeast(3, (shape) => (shape.length === 2 ? [...shape, 1] : [1, ...(shape.length === 0 ? [1] : shape), 1])),
  row(
    'torch|Tensor.diag_embed',
    { input: tensor, offset: int.or(0) },
    ({ input, offset }, place) => {
      const square = input.unsqueeze(-1).mul(eye(input.shape.at(-1)!, { ...place, dtype: input.dtype }));
      const [right, down] = [Math.max(offset, 0), Math.max(-offset, 0)];
      return square.pad([right, down, down, right]);
    },
    'x.unsqueeze(-1).mul(eye(n))',
  ),
  row(
    'torch|Tensor.diagflat',
    { input: tensor, offset: int.opt },
    ({ input, offset }) => input.flatten().diag(offset),
    'x.flatten().diag()',
  ),
  row(
    'torch.block_diag',
    { tensors },
    ({ tensors }) => {
      const blocks = tensors.map(atLeast2);
      const width = blocks.reduce((sum, { shape }) => sum + shape[1]!, 0);
      let left = 0;
      const rows = blocks.map((x) => {
        const before = left;
        left += x.shape[1]!;
        return x.pad([before, width - left]);
      });
      return cat(rows, 0);
    },
    'cat([x.pad([0, m]), y.pad([n, 0])], 0)',
  ),
  row(
    'torch.meshgrid',
    { tensors, indexing: oneOf('ij', 'xy').or('ij' as const) },
    ({ tensors, indexing }) => grid(tensors, indexing),
    'x.unsqueeze(1).expand([n, m]), y.expand([n, m])',
  ),
  row(
    'torch.cartesian_prod',
    { tensors },
    ({ tensors }) =>
      tensors.length === 1
        ? tensors[0]!
        : stack(
            grid(tensors, 'ij').map((x) => x.flatten()),
            1,
          ),
    'stack([xx.flatten(), yy.flatten()], 1)',
  ),
  row(
    'torch.combinations',
    { input: tensor, r: int.or(2), with_replacement: boolean.or(false) },
    ({ input, r, with_replacement }, place) => {
      const chosen = choices(input.size, r, with_replacement);
      return input.indexSelect(0, ids(chosen.flat(), place)).reshape([chosen.length, r]);
    },
    'x.indexSelect(0, positions)',
  ),
  row(
    'torch|Tensor.as_strided',
    { input: tensor, size: ints, stride: ints, storage_offset: int.or(0) },
    ({ input, size, stride, storage_offset }, place) => {
      const along = (d: number): Tensor =>
        arange(0, size[d]!, 1, { dtype: 'i32', device: place.device }).mul(stride[d]!) as unknown as Tensor;
      const shape = size.map((_, d) => size.map((n, e) => (e === d ? n : 1)));
      const start = tensorOf(storage_offset, { dtype: 'i32', device: place.device }) as unknown as Tensor;
      const places = size.reduce((sum, _, d) => sum.add(along(d).reshape(shape[d]!)), start);
      return input.take(places as unknown as IntTensor);
    },
    'x.take(positions)',
  ),
  triangle('tril', (r, c, offset) => c - r <= offset),
  triangle('triu', (r, c, offset) => c - r >= offset),
  row(
    'torch.broadcast_tensors',
    { tensors },
    ({ tensors }) => {
      const rank = Math.max(...tensors.map((x) => x.rank));
      const sizes = tensors.map(({ shape }) => [...Array.from({ length: rank - shape.length }, () => 1), ...shape]);
      const target = Array.from({ length: rank }, (_, k) => sizes.map((shape) => shape[k]!).find((n) => n !== 1) ?? 1);
      return tensors.map((x) => x.expand(target));
    },
    'x.expand(shape)',
  ),
  row(
    'torch.isin',
    { elements: tensor, test_elements: tensor },
    ({ elements, test_elements }) => elements.unsqueeze(-1).eq(test_elements.flatten()).sum({ dim: -1 }).gt(0),
    'x.unsqueeze(-1).eq(y).sum({ dim: -1 }).gt(0)',
  ),
  row(
    'torch.logspace',
    { start: number, end: number, steps: int, base: number.or(10), dtype: dtype.opt },
    ({ start, end, steps, base }, place) => pow(base, linspace(start, end, steps, place)),
    'pow(10, linspace(a, b, n))',
  ),
  row(
    'torch.eye',
    { n: int, m: int, dtype: dtype.opt },
    ({ n, m }, place) => eye(Math.max(n, m), place).narrow(0, 0, n).narrow(1, 0, m),
    'eye(n).narrow(1, 0, m)',
  ),
  row(
    'torch.linalg.diagonal',
    { A: tensor, offset: int.or(0), dim1: int.or(-2), dim2: int.or(-1) },
    ({ A, offset, dim1, dim2 }) => A.diagonal(offset, dim1, dim2),
    'x.diagonal(0, -2, -1)',
  ),
  row('torch.empty_like', { input: tensor }, ({ input }) => input.detach().mul(0), 'zerosLike(x)'),
  row(
    'Tensor.new_full',
    { input: tensor, size: ints, fill_value: number },
    ({ input, size, fill_value }, place) => ones(size, { ...place, dtype: input.dtype }).mul(fill_value),
    'full(size, value)',
  ),
  row(
    'Tensor.new_tensor',
    { input: tensor, data: anything },
    ({ input, data }, place) => tensorOf(data as number[], { ...place, dtype: input.dtype }),
    'tensor(values)',
  ),
  row(
    'Tensor.new_zeros',
    { input: tensor, size: ints },
    ({ input, size }, place) => ones(size, { ...place, dtype: input.dtype }).mul(0),
    'zeros(size)',
  ),
  row(
    'Tensor.new_ones',
    { input: tensor, size: ints },
    ({ input, size }, place) => ones(size, { ...place, dtype: input.dtype }),
    'ones(size)',
  ),
];
