/**
 * Kernels at sizes beyond a strip, a tile and a block, on every device, against loops that are too plain to be wrong.
 *
 * The case table has small inputs, so that derivatives can be checked; here are the seams between the pieces in which
 * kernels work (strips of 512 and 1,024 elements, matrix tiles of 4 and blocks of 128 rows).
 */

import {
  type AnyTensor,
  type DeviceName,
  type FloatDType,
  type IntTensor,
  lstm,
  softmaxCrossEntropy,
  type Tensor,
  tensor,
  where,
} from '@tapegrad/core';
import { describe, expect, test } from 'vitest';
import { sizeOf } from '../support/arbitraries.ts';
import { devices } from '../support/devices.ts';
import { scattered } from '../support/inputs.ts';

/** A dense array and its shape. */
interface Dense {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

/** Multiples of 1/8 in [-8, 8): sums and products of them are exact in f32 as long as they stay small. */
function dense(...shape: number[]): Dense {
  return { shape, data: Array.from({ length: sizeOf(shape) }, (_, i) => (((i * 37 + 11) % 128) - 64) / 8) };
}

function at({ shape, data }: Dense, ...index: readonly number[]): number {
  return data[index.reduce((position, i, d) => position * shape[d]! + i, 0)]!;
}

/** A dense array made element by element. */
function build(shape: readonly number[], value: (index: readonly number[]) => number): number[] {
  return Array.from({ length: sizeOf(shape) }, (_, position) => {
    const index = new Array<number>(shape.length);
    for (let d = shape.length - 1, rest = position; d >= 0; d--) {
      index[d] = rest % shape[d]!;
      rest = Math.floor(rest / shape[d]!);
    }
    return value(index) + 0; // -0 is 0
  });
}

const settings = devices.flatMap((device) =>
  (device === 'cpu' ? (['f32', 'f64'] as const) : (['f32'] as const)).map((dtype) => [device, dtype] as const),
);

describe.each(settings)('on %s in %s', (device: DeviceName, dtype: FloatDType) => {
  const load = ({ shape, data }: Dense): Tensor => tensor(data, { device, dtype }).reshape(shape) as Tensor;
  const indices = (...values: number[]): IntTensor => tensor(Int32Array.from(values), { device });
  const values = async (x: AnyTensor): Promise<number[]> => Array.from(await x.data(), (v) => v + 0); // -0 is 0
  /** As they lie, and scattered in memory. */
  const bothWays = (x: Dense): Tensor[] => [load(x), scattered(load(x))];

  test.each([1, 511, 512, 513, 1023, 1024, 1025, 5000])('a map over %i elements computes each', async (n) => {
    const [a, b] = [dense(n), dense(1)];
    for (const x of bothWays(a)) {
      expect(await values(x.mul(2).add(load(b)))).toEqual(a.data.map((v) => v * 2 + b.data[0]!));
      expect(await values(where(x.gt(0), x, x.neg()))).toEqual(a.data.map(Math.abs));
      expect(await values(x.cast('i32'))).toEqual(a.data.map((v) => Math.trunc(v) + 0));
    }
  });

  test('a map broadcasts rows and columns across the seams of strips', async () => {
    const [row, column, cube] = [dense(700), dense(3, 1), dense(2, 3, 700)];
    for (const x of bothWays(cube)) {
      const y = x.add(load(row)).mul(load(column));
      const wanted = build([2, 3, 700], ([b, i, j]) => (at(cube, b!, i!, j!) + at(row, j!)) * at(column, i!, 0));
      expect(await values(y)).toEqual(wanted);
    }
  });

  test('a map counts positions across the seams of strips', async () => {
    const x = dense(2, 40, 50);
    const lower = build([2, 40, 50], ([b, i, j]) => (j! - i! <= 3 ? at(x, b!, i!, j!) : 0));
    for (const y of bothWays(x)) expect(await values(y.tril(3))).toEqual(lower);
  });

  test.each([
    [[0], [1, 30, 50]],
    [[1], [40, 1, 50]],
    [[2], [40, 30, 1]],
    [
      [0, 2],
      [1, 30, 1],
    ],
    [
      [1, 2],
      [40, 1, 1],
    ],
    [
      [0, 1, 2],
      [1, 1, 1],
    ],
  ])('sums and extremes over dimensions %j meet every element', async (dims, shape) => {
    const x = dense(40, 30, 50);
    const parts = build(shape, () => 0).map((): number[] => []);
    x.data.forEach((v, position) => {
      const index = [Math.floor(position / 1500), Math.floor(position / 50) % 30, position % 50];
      const kept = index.map((i, d) => (dims.includes(d) ? 0 : i));
      parts[(kept[0]! * shape[1]! + kept[1]!) * shape[2]! + kept[2]!]!.push(v);
    });
    for (const y of bothWays(x)) {
      const options = { dim: dims, keepdim: true };
      expect(await values(y.sum(options))).toEqual(parts.map((list) => list.reduce((a, b) => a + b, 0)));
      expect(await values(y.amax(options))).toEqual(parts.map((list) => Math.max(...list)));
      expect(await values(y.amin(options))).toEqual(parts.map((list) => Math.min(...list)));
    }
  });

  test.each([0, 1])('positions and running sums along dimension %i', async (dim) => {
    const x = dense(60, 70);
    const lines = build([dim === 0 ? 70 : 60], () => 0).map((_, k) =>
      Array.from({ length: x.shape[dim]! }, (__, i) => (dim === 0 ? at(x, i, k) : at(x, k, i))),
    );
    const sums = build([60, 70], ([i, j]) => {
      const [line, end] = dim === 0 ? [lines[j!]!, i!] : [lines[i!]!, j!];
      return line.slice(0, end + 1).reduce((a, b) => a + b, 0);
    });
    for (const y of bothWays(x)) {
      expect(await values(y.argmax({ dim }))).toEqual(lines.map((line) => line.indexOf(Math.max(...line))));
      expect(await values(y.argmin({ dim }))).toEqual(lines.map((line) => line.indexOf(Math.min(...line))));
      expect(await values(y.cumsum(dim))).toEqual(sums);
    }
  });

  test.each([
    [
      [1, 1],
      [1, 1],
    ],
    [
      [4, 4],
      [4, 4],
    ],
    [
      [5, 3],
      [3, 7],
    ],
    [
      [128, 9],
      [9, 4],
    ],
    [
      [129, 5],
      [5, 3],
    ],
    [
      [300, 2],
      [2, 6],
    ],
    [
      [3, 130, 4],
      [3, 4, 5],
    ],
    [
      [2, 1, 6, 5],
      [3, 5, 6],
    ],
  ])('the product of %j and %j', async (shapeA, shapeB) => {
    const [a, b] = [dense(...shapeA), dense(...shapeB)];
    const [M, K, N] = [shapeA.at(-2)!, shapeA.at(-1)!, shapeB.at(-1)!];
    const [batchA, batchB] = [shapeA.slice(0, -2), shapeB.slice(0, -2)];
    const rank = Math.max(batchA.length, batchB.length);
    const batch = Array.from({ length: rank }, (_, d) =>
      Math.max(batchA[batchA.length - rank + d] ?? 1, batchB[batchB.length - rank + d] ?? 1),
    );
    const of = (shape: readonly number[], index: readonly number[]): number[] =>
      shape.map((n, d) => (n === 1 ? 0 : index[index.length - shape.length + d]!));
    const wanted = build([...batch, M, N], (index) => {
      const [outer, i, j] = [index.slice(0, rank), index[rank]!, index[rank + 1]!];
      let sum = 0;
      for (let k = 0; k < K; k++) sum += at(a, ...of(batchA, outer), i, k) * at(b, ...of(batchB, outer), k, j);
      return sum;
    });
    for (const x of bothWays(a)) for (const y of bothWays(b)) expect(await values(x.matmul(y))).toEqual(wanted);
    const transposed = load(b).transpose(-1, -2).contiguous().transpose(-1, -2);
    expect(await values(load(a).matmul(transposed))).toEqual(wanted);
  });

  test('gather and scatterAdd with many and repeated indices', async () => {
    const [x, source] = [dense(50, 30), dense(50, 80)];
    const positions = Array.from({ length: 50 * 80 }, (_, i) => (i * i + 3 * i) % 30);
    const where_ = indices(...positions).reshape([50, 80]);
    const gathered = build([50, 80], ([i, j]) => at(x, i!, positions[i! * 80 + j!]!));
    const added = [...x.data];
    positions.forEach((p, k) => {
      added[Math.floor(k / 80) * 30 + p] = added[Math.floor(k / 80) * 30 + p]! + source.data[k]!;
    });
    for (const y of bothWays(x)) {
      for (const index of [where_, scattered(where_)]) {
        expect(await values(y.gather(1, index))).toEqual(gathered);
        for (const s of bothWays(source)) expect(await values(y.scatterAdd(1, index, s))).toEqual(added);
      }
    }
  });

  test('copies between layouts and dtypes', async () => {
    const x = dense(30, 4, 20);
    const turned = build([20, 30, 4], ([k, i, j]) => at(x, i!, j!, k!));
    for (const y of bothWays(x)) {
      expect(await values(y.permute([2, 0, 1]).contiguous())).toEqual(turned);
      expect(await values(y.permute([2, 0, 1]).cast('bool'))).toEqual(turned.map((v) => (v === 0 ? 0 : 1)));
      expect(await values(y.cast('i32').cast(dtype))).toEqual(x.data.map((v) => Math.trunc(v) + 0));
    }
  });

  test('sums do not lose what is small beside what is large', async () => {
    const n = 20_000;
    const x = load({ shape: [n], data: Array.from({ length: n }, () => 0.1) });
    const [wide, tall] = [x.reshape([1, n]).sum({ dim: 1 }), x.reshape([n, 1]).sum({ dim: 0 })];
    for (const y of [x.sum(), wide, tall]) expect(Math.abs((await values(y))[0]! / (0.1 * n) - 1)).toBeLessThan(1e-6);
  });

  test('softmaxCrossEntropy of a large vocabulary agrees with f64', async () => {
    const [N, V] = [40, 1500];
    const logits = dense(N, V);
    const targets = Array.from({ length: N }, (_, i) => (i * 97) % V);
    const found = await values(softmaxCrossEntropy(load(logits), indices(...targets)));
    targets.forEach((t, i) => {
      const row = logits.data.slice(i * V, (i + 1) * V);
      const total = Math.log(row.reduce((sum, v) => sum + Math.exp(v), 0));
      expect(Math.abs(found[i]! - (total - row[t]!))).toBeLessThan(1e-4 * Math.abs(found[i]!));
    });
  });

  test('lstm of several strips agrees with its definition, step by step', async () => {
    const [T, B, D, H] = [3, 5, 7, 130]; // B x H crosses a strip
    const small = (...shape: number[]): Tensor => load(dense(...shape)).mul(1 / 32);
    const [x, h0, c0] = [small(T, B, D), small(B, H), small(B, H)];
    const weights = {
      weightIh: small(4 * H, D),
      weightHh: small(4 * H, H),
      biasIh: small(4 * H),
      biasHh: small(4 * H),
    };
    const [y, hn, cn] = lstm(x, [h0, c0], weights);
    let [h, c] = [h0, c0];
    const { weightIh, weightHh, biasIh, biasHh } = weights;
    for (let t = 0; t < T; t++) {
      const gates = x.select(0, t).matmul(weightIh.T).add(biasIh).add(h.matmul(weightHh.T)).add(biasHh);
      const [i, f, g, o] = gates.chunk(4, 1) as [Tensor, Tensor, Tensor, Tensor];
      c = f.sigmoid().mul(c).add(i.sigmoid().mul(g.tanh()));
      h = o.sigmoid().mul(c.tanh());
      expect(Math.max(...(await values(y.select(0, t).sub(h).abs())))).toBeLessThan(1e-5);
    }
    for (const [found, wanted] of [
      [hn, h],
      [cn, c],
    ] as const)
      expect(Math.max(...(await values(found.sub(wanted).abs())))).toBeLessThan(1e-5);
  });

  test('lstm in reverse reads the last step first, and puts its outputs at their steps', async () => {
    const [T, B, D, H] = [4, 2, 3, 5];
    const small = (...shape: number[]): Tensor => load(dense(...shape)).mul(1 / 16);
    const [x, state] = [small(T, B, D), [small(B, H), small(B, H)] as const];
    const weights = { weightIh: small(4 * H, D), weightHh: small(4 * H, H) };
    const [y, hn, cn] = lstm(x, state, weights, { reverse: true });
    const [forward, h, c] = lstm(x.flip([0]), state, weights);
    expect(await values(y)).toEqual(await values(forward.flip([0])));
    expect([await values(hn), await values(cn)]).toEqual([await values(h), await values(c)]);
    expect(await values(hn)).toEqual(await values(y.select(0, 0)));
  });
});
