/** The part of Python that expressions use: how it is read, and what it evaluates to. */

import { setDevice, type Tensor, tensor } from '@tapegrad/core';
import { describe, expect, test } from 'vitest';
import { runProgram, type Scope } from './python/evaluate.ts';
import { parseExpression, parseProgram } from './python/parser.ts';
import { Missing } from './python/values.ts';
import { table } from './table/index.ts';

const run = (source: string, variables: Readonly<Record<string, unknown>> = {}): Promise<unknown> => {
  const scope: Scope = {
    table,
    place: { device: 'cpu', dtype: 'f64' },
    variables: new Map(Object.entries(variables)),
    shorthand: new Map(),
    onModule: () => {},
  };
  return runProgram(parseProgram(source), scope);
};
const values = async (source: string, variables: Readonly<Record<string, unknown>> = {}): Promise<unknown> =>
  ((await run(source, variables)) as Tensor).toArray();

await setDevice('cpu'); // which has f64

/** 0 to 23 as [2, 3, 4]. */
const x = tensor(
  Array.from({ length: 24 }, (_, i) => i),
  { dtype: 'f64', device: 'cpu' },
).reshape([2, 3, 4]);
const i = tensor([1, 0, 1], { dtype: 'i32', device: 'cpu' });

describe('without tensors, values are those of Python', () => {
  test.each([
    ['-2 ** 2', -4],
    ['2 ** 3 ** 2', 512],
    ['2 ** -1', 0.5],
    ['7 // 2 * 2 + 7 % 2', 7],
    ['-7 // 2', -4],
    ['-7 % 3', 2],
    ['1 + 2 * 3 - 4 / 2', 5],
    ['(1 + 2) * 3', 9],
    ['1_000 + 1e3 + .5 + 0x10', 2016.5],
    ['not 1 < 2 < 3', false],
    ['1 < 3 < 2 or 5', 5],
    ['0 and 1', 0],
    ['3 if 2 in (1, 2) else 4', 3],
    ['None is not None', false],
    ["float('-inf')", -Infinity],
    ["'a' 'b' + \"c\\n\"", 'abc\n'],
    ['[k * k for k in range(5) if k % 2 == 0]', [0, 4, 16]],
    ['[a + b for a, b in zip((1, 2), (3, 4))]', [4, 6]],
    ['(lambda a, b: a - b)(5, b=3)', 2],
    ['[1, *(2, 3)] + [4] * 2', [1, 2, 3, 4, 4]],
    ['(1, 2, 3, 4)[-3:][::2]', [2, 4]],
    ['(1, 2, 3, 4)[::-1]', [4, 3, 2, 1]],
    ['()', []],
    ['(1,)', [1]],
    ['a = 3; a += 4\nb, c = a, 1  # a comment\nb - c', 6],
    ['math.sqrt(16) + min(2, max([1, 3]))', 6],
    ['1/sqrt(k+1)', 0.5],
    ['min(1,(k+1)/8)*0.5**k', 0.0625],
    ["{'a': 1, 'b': [2]}['b'][0]", 2],
  ])('%s', async (source, expected) => {
    expect(await run(source, { k: 3 })).toEqual(expected);
  });
});

describe('of tensors, values are those of PyTorch', () => {
  test.each([
    ['x[1, 2]', [20, 21, 22, 23]],
    ['x[1, -1, 1::2]', [21, 23]],
    ['x[..., 0]', [[0, 4, 8], [12, 16, 20]]], // biome-ignore format: rows
    ['x[0, None, :, 3]', [[3, 7, 11]]],
    ['x[:, i, 0]', [[4, 0, 4], [16, 12, 16]]], // biome-ignore format: rows
    ['x[-1][1][:2] * 2 - 1', [31, 33]],
    ['-x[0, 0] + 1', [1, 0, -1, -2]],
    ['2 / (x[0, 0] + 1)', [2, 1, 2 / 3, 0.5]],
    ['x[0, 0] @ x[0, 0]', 14],
    ['x.sum((0, 2))', [60, 92, 124]],
    ['torch.sum(x, dim=1)[0]', [12, 15, 18, 21]],
    ['torch.sum(x, axis=1, keepdims=True).squeeze(1)[0]', [12, 15, 18, 21]],
    ['torch.nn.functional.softmax(x, -1).sum(-1)[0]', [1, 1, 1]],
    ['x.permute(2, 0, 1).shape', [4, 2, 3]],
    ['x.view(-1, 12).size()', [2, 12]],
    ['x.max(-1).values[1]', [15, 19, 23]],
    ['x.max(-1)[1][1]', [3, 3, 3]],
    ['len(x) + x.ndim', 5],
    ['(x[0, 0] > 1) & ~(x[0, 0] == 3)', [false, false, true, false]],
    ['1 < x[0, 0]', [false, false, true, true]],
    ['x[0, 0] * (x[0, 0] > 1)', [0, 0, 2, 3]],
    ['i / 2', [0.5, 0, 0.5]],
    ['torch.stack([row.mean() for row in x[0]])', [1.5, 5.5, 9.5]],
    ['torch.cat([*x], dim=0).shape', [6, 4]],
    ['z = x[0, 0]; z.add_(1).mul_(2); z *= 2; z', [4, 8, 12, 16]],
    ["nn.Softmax(dim=0)(x[0, :, 0] * float('0'))[0]", 1 / 3],
    ['torch.tensor([1, 2]) + torch.tensor(0.5)', [1.5, 2.5]],
    ['torch.arange(3, dtype=torch.float64) / torch.arange(1, 4)', [0, 0.5, 2 / 3]],
    ['x.to(torch.long).dtype == torch.int64', true],
  ])('%s', async (source, expected) => {
    const given = await run(source, { x, i });
    const plain =
      given !== null && typeof given === 'object' && 'toArray' in given ? await (given as Tensor).toArray() : given;
    expect(plain).toEqual(expected);
  });

  test('a module takes the parameters that it is given', async () => {
    expect(await values('F.linear(x[0], w, bias=None)', { x, w: tensor([[1, 0, 0, 0]], { dtype: 'f64' }) })).toEqual([
      [0],
      [4],
      [8],
    ]);
  });
});

test.each([
  ['1 +', 'expected a name, found the end: 1 + <<here>> '],
  ['f(a b)', 'expected ,, found b: f(a  <<here>> b)'],
  ['x[]', 'expected an index, found the end: x[] <<here>> '],
  ['a $ b', "'$' is not expected here: a  <<here>> $ b"],
  ['a b', 'expected an operator or the end, found b: a  <<here>> b'],
])('%s is not Python', (source, message) => {
  expect(() => parseExpression(source)).toThrow(message);
});

describe('what the table lacks is missing, by name', () => {
  test.each([
    ['torch.nothing(x)', 'torch.nothing'],
    ['torch.nn.functional.nothing(x)', 'F.nothing'],
    ['x.nothing(1)', 'Tensor.nothing'],
    ['torch.exp(x, nothing=1)', 'torch.exp(nothing=)'],
    ['torch.exp(1, 2)', 'torch.exp(input=1)'],
    ['torch.exp(x, 2)', 'torch.exp(2 positional arguments)'],
    ['torch.cumsum(x)', 'torch.cumsum(dim=None)'],
    ['x.constructor(1)', 'Tensor.constructor'],
    ['(1, 2).constructor', '.constructor of Array'],
    ['nn.Tanh().constructor', '.constructor of Tanh'],
    ['nn.Tanh().__proto__', '.__proto__ of Tanh'],
    ['constructor(1)', 'constructor'],
  ])('%s', async (source, name) => {
    await expect(run(source, { x })).rejects.toThrow(new Missing(name));
  });
});
