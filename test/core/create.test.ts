/** Making tensors and reading them. */

import {
  ArgumentError,
  arange,
  assign,
  availableDevices,
  DeviceError,
  DTypeError,
  deviceInfo,
  eye,
  full,
  GradientError,
  linspace,
  type NestedArray,
  ones,
  onesLike,
  ShapeError,
  setDevice,
  synchronize,
  type Tensor,
  tensor,
  zeros,
  zerosLike,
} from '@tapegrad/core';
import { describe, expect, test } from 'vitest';
import { devices } from '../support/devices.ts';

describe('tensor()', () => {
  test.each<[NestedArray, readonly number[], string]>([
    [3, [], 'f32'],
    [true, [], 'bool'],
    [[], [0], 'f32'],
    [[[], []], [2, 0], 'f32'],
    [[1, 2], [2], 'f32'],
    [[[1], [2], [3]], [3, 1], 'f32'],
    [[[true, false]], [1, 2], 'bool'],
    [[1, true], [2], 'f32'],
  ])('of %j has shape %j and dtype %s', (data, shape, dtype) => {
    const x = tensor(data as number[]);
    expect([x.shape, x.dtype]).toEqual([shape, dtype]);
  });

  test('of typed arrays keeps their type, and copies', () => {
    const data = Int32Array.of(1, 2);
    const x = tensor(data);
    data[0] = 9;
    expect([x.dtype, x.toArraySync()]).toEqual(['i32', [1, 2]]);
    expect([tensor(Float32Array.of(1)).dtype, tensor(Float64Array.of(1), { device: 'cpu' }).dtype]).toEqual([
      'f32',
      'f64',
    ]);
    expect(tensor(Uint8Array.of(0, 2)).toArraySync()).toEqual([false, true]);
  });

  test('gives back what it was given', () => {
    const data = [
      [
        [1, 2],
        [3, 4],
      ],
      [
        [5, 6],
        [7, 8],
      ],
    ];
    expect(tensor(data).toArraySync()).toEqual(data);
    expect(tensor(data).permute([2, 0, 1]).toArraySync()).toEqual([
      [
        [1, 3],
        [5, 7],
      ],
      [
        [2, 4],
        [6, 8],
      ],
    ]);
  });

  test.each<[string, () => unknown, new (message: string) => Error, RegExp]>([
    [
      'rows that differ',
      () => tensor([[1, 2], [3]]),
      ShapeError,
      /^tensor: rows differ: expected 2 at depth 1, given 1 elements; the first row makes the shape \[2, 2\]/,
    ],
    [
      'a number among rows',
      () => tensor([[1, 2], 3]),
      ShapeError,
      /^tensor: rows differ: expected 2 at depth 1, given a number/,
    ],
    ['text', () => tensor('1' as unknown as number), DTypeError, /^tensor: expected numbers or booleans; given string/],
    [
      'null',
      () => tensor([null] as unknown as number),
      DTypeError,
      /^tensor: expected numbers or booleans; given null/,
    ],
    [
      '64-bit integers',
      () => tensor(new BigInt64Array(1)),
      DTypeError,
      /^tensor: a BigInt64Array has no dtype; use Float32Array/,
    ],
    [
      'a dtype that does not exist',
      () => tensor([1], { dtype: 'f16' as 'f32', device: 'cpu' }),
      DTypeError,
      /^tensor: cpu has no f16 \(it has f32, f64, i32, bool\)$/,
    ],
    [
      'a device that is not there',
      () => tensor([1], { device: 'tpu' as 'cpu' }),
      DeviceError,
      /^device 'tpu' is not available here: there is no such device; available: .*cpu/,
    ],
    [
      'a gradient of integers',
      () => tensor([1], { dtype: 'i32', requiresGrad: true }),
      DTypeError,
      /only floats have gradients/,
    ],
  ])('refuses %s', (_, make, error, message) => {
    expect(make).toThrow(error);
    expect(make).toThrow(message);
  });
});

describe('constants and sequences', () => {
  test('zeros, ones, full, eye and their like', () => {
    expect(zeros([2, 1]).toArraySync()).toEqual([[0], [0]]);
    expect(ones([2], { dtype: 'i32' }).toArraySync()).toEqual([1, 1]);
    expect(full([], 2.5).itemSync()).toBe(2.5);
    expect(full([1], true).toArraySync()).toEqual([true]);
    expect(eye(2).toArraySync()).toEqual([
      [1, 0],
      [0, 1],
    ]);
    const x = tensor(Int32Array.of(5, 6));
    expect([zerosLike(x), onesLike(x)].map((y) => [y.dtype, y.toArraySync()])).toEqual([
      ['i32', [0, 0]],
      ['i32', [1, 1]],
    ]);
  });

  test.each<[string, () => { readonly dtype: string; toArraySync(): unknown }, unknown]>([
    ['arange(3)', () => arange(3), ['i32', [0, 1, 2]]],
    ['arange(1, 4)', () => arange(1, 4), ['i32', [1, 2, 3]]],
    ['arange(5, 0, -2)', () => arange(5, 0, -2), ['i32', [5, 3, 1]]],
    ['arange(0, 1, 0.25)', () => arange(0, 1, 0.25), ['f32', [0, 0.25, 0.5, 0.75]]],
    ['arange(3, 3)', () => arange(3, 3), ['i32', []]],
    ['arange in f32', () => arange(0, 2, 1, { dtype: 'f32' }), ['f32', [0, 1]]],
    ['linspace', () => linspace(-1, 1, 5), ['f32', [-1, -0.5, 0, 0.5, 1]]],
    ['linspace of one', () => linspace(3, 9, 1), ['f32', [3]]],
  ])('%s', (_, make, wanted) => {
    const x = make();
    expect([x.dtype, x.toArraySync()]).toEqual(wanted);
  });

  test('refuse what makes no shape or no sequence, under their own name', () => {
    expect(() => zeros([2, -1])).toThrow(/^zeros: expected a shape such as \[2, 3\].*given \[2, -1\]/);
    expect(() => ones([1.5])).toThrow(ShapeError);
    expect(() => full(3 as unknown as number[], 1)).toThrow(/^full: expected a shape.*given 3/);
    expect(() => arange(0, 3, -1)).toThrow(ArgumentError);
    expect(() => arange(0, 3, 0)).toThrow(/^arange: cannot go from 0 to 3 in steps of 0/);
    expect(() => linspace(0, 1, -1)).toThrow(ShapeError);
  });
});

describe('reading', () => {
  test('gives a snapshot of the moment of the call', async () => {
    const x = tensor([1, 2]);
    const [data, array, item] = [x.data(), x.toArray(), x.sum().item()];
    assign(x, tensor([5, 6]));
    expect([[...(await data)], await array, await item]).toEqual([[1, 2], [1, 2], 3]);
    const copy = x.dataSync();
    copy[0] = 9;
    expect(x.toArraySync()).toEqual([5, 6]);
  });

  test('in row-major order, whatever lies in memory', () => {
    const x = tensor([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    expect([...x.T.dataSync()]).toEqual([1, 4, 2, 5, 3, 6]);
    expect([...x.flip([0, 1]).slice(1, 0, 2).dataSync()]).toEqual([6, 5, 3, 2]);
    expect([...tensor([7]).expand([2, 2]).dataSync()]).toEqual([7, 7, 7, 7]);
  });

  test('item() of more or less than one element is an error that says what to use', async () => {
    await expect(ones([2]).item()).rejects.toThrow(ShapeError);
    expect(() => zeros([0]).itemSync()).toThrow(
      /^itemSync: expected a tensor of one element; the shape is \[0\]: use data\(\) or toArray\(\)/,
    );
    expect(tensor([[4]]).itemSync()).toBe(4);
  });

  test('tells shape, rank and size', () => {
    const x = zeros([2, 3]);
    expect([x.shape, x.rank, x.size, x.strides]).toEqual([[2, 3], 2, 6, [3, 1]]);
    expect([tensor(1).rank, tensor(1).size]).toEqual([0, 1]);
    expect(() => zeros([2]).T).toThrow(/^T: expected a matrix; the shape is \[2\]: use permute or transpose/);
  });

  test('prints values, and how they came to be', () => {
    const x = tensor([1, 2.5], { requiresGrad: true });
    expect(String(x)).toBe('tensor([1.0000, 2.5000], requiresGrad=true)');
    expect(String(x.mul(2))).toBe('tensor([2., 5.], gradFn=<mul>)');
    expect(String(x.gt(2))).toBe('tensor([False,  True])');
  });
});

describe('devices', () => {
  test('are listed, with what they offer', async () => {
    expect(availableDevices()).toContain('cpu');
    expect(deviceInfo('cpu')).toMatchObject({ name: 'cpu', dtypes: ['f32', 'f64', 'i32', 'bool'] });
  });

  test('that are not there are refused by name, with those that are', async () => {
    await expect(setDevice('tpu' as 'cpu')).rejects.toThrow(DeviceError);
    await expect(setDevice('tpu' as 'cpu')).rejects.toThrow(/device 'tpu' is not available here: .*; available: .*cpu/);
    await expect(ones([1]).to('tpu' as 'cpu')).rejects.toThrow(DeviceError);
    await synchronize();
  });

  test.each(devices)('%s: a tensor there and back is the same, and a leaf stays one', async (device) => {
    const x = tensor([1, 2], { device: 'cpu', requiresGrad: true });
    const there = await x.to(device);
    expect([there.device.name, there.requiresGrad, there.isLeaf]).toEqual([device, true, true]);
    expect(await (await there.to('cpu')).toArray()).toEqual([1, 2]);
    if (device === 'cpu') expect(there).toBe(x);
    else await expect(x.mul(2).to(device)).rejects.toThrow(GradientError);
  });
});

test('dtype and shape of a gradient are those of its tensor', () => {
  const x: Tensor = tensor([[1, 2]], { dtype: 'f64', device: 'cpu', requiresGrad: true });
  x.T.mul(2).sum().backward();
  expect([x.grad!.dtype, x.grad!.shape]).toEqual(['f64', [1, 2]]);
});
