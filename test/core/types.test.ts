/** What the compiler knows: `tsc -b` checks this file. At run time only the calls run. */

import {
  type AnyTensor,
  add,
  arange,
  argmax,
  type BoolTensor,
  cast,
  cat,
  embedding,
  eq,
  exp,
  type FloatDType,
  full,
  gather,
  grad,
  gt,
  type IntTensor,
  lstm,
  matmul,
  max,
  mean,
  multinomial,
  noGrad,
  oneHot,
  ones,
  type Parameter,
  randint,
  randn,
  reshape,
  scope,
  setDevice,
  softmax,
  split,
  sum,
  type Tensor,
  type TypedArray,
  tensor,
  where,
  zeros,
  zerosLike,
} from '@tapegrad/core';
import { describe, expectTypeOf, test } from 'vitest';
import type * as catalogue from '../../packages/core/src/ops/index.ts';

const x: Tensor = ones([2, 2]);
const i: IntTensor = zeros([2, 2], { dtype: 'i32' });
const m: BoolTensor = full([2, 2], true);

await setDevice('cpu'); // which has f64

describe('tensor()', () => {
  test('takes the dtype of typed arrays', () => {
    expectTypeOf(tensor(new Int32Array(2))).toEqualTypeOf<IntTensor>();
    expectTypeOf(tensor(new Uint8Array(2))).toEqualTypeOf<BoolTensor>();
    expectTypeOf(tensor(new Float32Array(2))).toEqualTypeOf<Tensor>();
    expectTypeOf(tensor(new Float64Array(2))).toEqualTypeOf<Tensor>();
  });

  test('makes floats of numbers and masks of booleans', () => {
    expectTypeOf(tensor(1)).toEqualTypeOf<Tensor>();
    expectTypeOf(tensor([[1], [2]])).toEqualTypeOf<Tensor>();
    expectTypeOf(tensor([])).toEqualTypeOf<Tensor>();
    expectTypeOf(tensor(true)).toEqualTypeOf<BoolTensor>();
    expectTypeOf(tensor([[true], [false]])).toEqualTypeOf<BoolTensor>();
  });

  test('takes the dtype that is asked for', () => {
    expectTypeOf(tensor([1, 2], { dtype: 'i32' })).toEqualTypeOf<IntTensor>();
    expectTypeOf(tensor([1, 0], { dtype: 'bool' })).toEqualTypeOf<BoolTensor>();
    expectTypeOf(tensor(new Int32Array(2), { dtype: 'f32' })).toEqualTypeOf<Tensor<'f32'>>();
    expectTypeOf(tensor([1], { dtype: 'f64' })).toExtend<Tensor>();
    expectTypeOf(tensor([1], { requiresGrad: true })).toEqualTypeOf<Tensor>();
  });

  test('refuses what holds no numbers, and dtypes that do not exist', () => {
    // @ts-expect-error text is no tensor
    () => tensor('1, 2');
    // @ts-expect-error text in rows neither
    () => tensor([['a']]);
    // @ts-expect-error there is no f16
    () => tensor([1], { dtype: 'f16' });
  });
});

describe('the other makers', () => {
  test('give floats, unless told otherwise', () => {
    expectTypeOf(zeros([2])).toEqualTypeOf<Tensor>();
    expectTypeOf(ones([2], { dtype: 'i32' })).toEqualTypeOf<IntTensor>();
    expectTypeOf(full([2], 1)).toEqualTypeOf<Tensor>();
    expectTypeOf(full([2], true)).toEqualTypeOf<BoolTensor>();
    expectTypeOf(randn([2])).toEqualTypeOf<Tensor>();
    expectTypeOf(randint(0, 2, [2])).toEqualTypeOf<IntTensor>();
    expectTypeOf(zerosLike(i)).toEqualTypeOf<IntTensor>();
    expectTypeOf(arange(3)).toEqualTypeOf<AnyTensor>(); // i32 or f32: that depends on values
  });

  test('take shapes as arrays alone', () => {
    // @ts-expect-error zeros([2, 3]), not zeros(2, 3)
    () => zeros(2, 3);
  });
});

describe('operations', () => {
  test('on floats give floats, and keep the dtype of integers where they take them', () => {
    expectTypeOf(add(x, 1)).toEqualTypeOf<Tensor>();
    expectTypeOf(add(i, 1)).toEqualTypeOf<IntTensor>();
    expectTypeOf(x.mul(2).relu()).toEqualTypeOf<Tensor>();
    expectTypeOf(i.abs()).toEqualTypeOf<IntTensor>();
    expectTypeOf(sum(i)).toEqualTypeOf<IntTensor>();
    expectTypeOf(reshape(m, [4])).toEqualTypeOf<BoolTensor>();
    expectTypeOf(cat([i, i])).toEqualTypeOf<IntTensor>();
    expectTypeOf(split(x, 2)).toEqualTypeOf<Tensor[]>();
    expectTypeOf(gather(m, 0, i)).toEqualTypeOf<BoolTensor>();
    expectTypeOf(where(m, x, 0)).toEqualTypeOf<Tensor>();
    expectTypeOf(x.T).toEqualTypeOf<Tensor>();
  });

  test('comparisons give masks', () => {
    expectTypeOf(gt(x, 0)).toEqualTypeOf<BoolTensor>();
    expectTypeOf(eq(i, i)).toEqualTypeOf<BoolTensor>();
    expectTypeOf(x.lt(x)).toEqualTypeOf<BoolTensor>();
    expectTypeOf(x.isnan()).toEqualTypeOf<BoolTensor>();
    expectTypeOf(m.logicalNot()).toEqualTypeOf<BoolTensor>();
  });

  test('positions are integers', () => {
    expectTypeOf(argmax(x)).toEqualTypeOf<IntTensor>();
    expectTypeOf(x.argmin({ dim: 0 })).toEqualTypeOf<IntTensor>();
    expectTypeOf(multinomial(x, 1)).toEqualTypeOf<IntTensor>();
    expectTypeOf(oneHot(i, 3)).toEqualTypeOf<IntTensor>();
    expectTypeOf(max(x)).toEqualTypeOf<Tensor>();
    expectTypeOf(max(x, { dim: 1 })).toEqualTypeOf<[values: Tensor, indices: IntTensor]>();
    const [least, at] = i.min({ dim: 0 });
    expectTypeOf(least).toEqualTypeOf<IntTensor>();
    expectTypeOf(at).toEqualTypeOf<IntTensor>();
  });

  test('cast gives the dtype that it names', () => {
    expectTypeOf(cast(x, 'i32')).toEqualTypeOf<IntTensor>();
    expectTypeOf(i.cast('f32')).toEqualTypeOf<Tensor<'f32'>>();
    expectTypeOf(i.cast('f32')).toExtend<Tensor>();
  });

  test('of floats alone refuse integers and masks', () => {
    // @ts-expect-error exp of integers
    () => exp(i);
    // @ts-expect-error as a method too
    () => i.exp();
    // @ts-expect-error the mean of integers is rarely one
    () => mean(i);
    // @ts-expect-error softmax of integers
    () => softmax(i, 0);
    // @ts-expect-error products of integers
    () => matmul(i, i);
    // @ts-expect-error sums of masks
    () => add(m, m);
    // @ts-expect-error backward from integers
    () => i.backward();
  });

  test('refuse operands of two dtypes', () => {
    // @ts-expect-error floats and integers
    () => x.mul(i);
    // @ts-expect-error integers and floats
    () => i.mul(x);
    // @ts-expect-error a condition is a mask
    () => where(x, x, x);
    // @ts-expect-error indices are integers
    () => gather(x, 0, x);
    // @ts-expect-error tokens are integers
    () => embedding(x, x);
  });

  test('with several results are tuples', () => {
    const weights = { weightIh: x, weightHh: x };
    expectTypeOf(() => lstm(x, [x, x], weights)).returns.toEqualTypeOf<[Tensor, Tensor, Tensor]>();
    // @ts-expect-error the state is a pair
    () => lstm(x, [x], weights);
  });

  test('of the catalogue are declared as methods of Tensor, but for those that are only functions', () => {
    type OnlyFunctions =
      | 'variance'
      | 'cat'
      | 'stack'
      | 'where'
      | 'embedding'
      | 'oneHot'
      | 'lstm'
      | 'lstmCell'
      | 'gru'
      | 'gruCell'
      | 'rnn'
      | 'rnnCell'
      | 'multinomial'
      | 'dropout'
      | 'softmaxCrossEntropy'
      | 'layerNorm'
      | 'linear'
      | 'linearCrossEntropy'
      | 'einsum'
      | 'normalize'
      | 'cosineSimilarity'
      | 'pairwiseDistance';
    type Missing = Exclude<keyof typeof catalogue, OnlyFunctions | keyof Tensor>;
    expectTypeOf<Missing>().toEqualTypeOf<never>();
  });
});

describe('the tape', () => {
  test('grad gives one gradient for one input, a list for a list, and nulls where they are allowed', () => {
    expectTypeOf(() => grad(x, x)).returns.toEqualTypeOf<Tensor>();
    expectTypeOf(() => grad(x, [x, x])).returns.toEqualTypeOf<Tensor[]>();
    expectTypeOf(() => grad(x, [x], { allowUnused: true })).returns.toEqualTypeOf<(Tensor | null)[]>();
    expectTypeOf(x.grad).toEqualTypeOf<Tensor | null>();
  });

  test('a gradient may be missing, so its use is checked', () => {
    // @ts-expect-error null before the first backward pass
    () => x.grad.mul(2);
  });

  test('blocks give what their function gives', () => {
    expectTypeOf(() => noGrad(() => x)).returns.toEqualTypeOf<Tensor>();
    expectTypeOf(() => scope(() => [x, i] as const)).returns.toEqualTypeOf<readonly [Tensor, IntTensor]>();
  });

  test('parameters are tensors, and reading them gives typed arrays', () => {
    expectTypeOf<Parameter>().toExtend<Tensor>();
    expectTypeOf<Tensor<FloatDType>>().toEqualTypeOf<Tensor>();
    expectTypeOf<ReturnType<Tensor['dataSync']>>().toEqualTypeOf<TypedArray>();
    expectTypeOf<ReturnType<Tensor['item']>>().toEqualTypeOf<Promise<number>>();
  });

  test('shapes and strides cannot be written', () => {
    () => {
      // @ts-expect-error a tensor is immutable
      x.shape = [1];
      // @ts-expect-error its shape too
      x.shape[0] = 1;
    };
  });
});
