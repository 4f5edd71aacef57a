/** Fused kernels against the ops that define them: the same operation on the cpu device, which has none. */
import {
  grad,
  type IntTensor,
  layerNorm,
  linearCrossEntropy,
  lstm,
  manualSeed,
  noGrad,
  rand,
  randint,
  randn,
  setThreads,
  softmaxCrossEntropy,
  type Tensor,
  tensor,
  zeros,
} from '@tapegrad/core';
import { afterAll, describe, expect, test } from 'vitest';
import { EDGES_OF_LOGITS } from '../support/edges.ts';

afterAll(() => setThreads(1));

/** The same leaves on both devices. */
async function onBoth(tensors: readonly Tensor[]): Promise<{ cpu: Tensor[]; wasm: Tensor[] }> {
  const cpu = tensors.map((x) => tensor(x.dataSync(), { device: 'cpu', requiresGrad: true }).reshape(x.shape).detach());
  const wasm = await Promise.all(cpu.map((x) => x.to('wasm')));
  for (const x of [...cpu, ...wasm]) x.requiresGrad = true;
  return { cpu, wasm };
}

function expectClose(a: Tensor, b: Tensor, what: string): void {
  const [x, y] = [Float32Array.from(a.dataSync()), Float32Array.from(b.dataSync())];
  const scale = y.reduce((most, v) => Math.max(most, Math.abs(v)), 1);
  const worst = x.reduce((most, v, i) => Math.max(most, Math.abs(v - y[i]!)), 0);
  expect(worst / scale, what).toBeLessThan(5e-6);
}

describe.each([1, 2])('with %i threads', (threads) => {
  test.each([
    { T: 1, B: 1, D: 1, H: 1, bias: true },
    { T: 3, B: 2, D: 5, H: 4, bias: false },
    { T: 5, B: 7, D: 3, H: 13, bias: true },
    { T: 9, B: 32, D: 24, H: 40, bias: true },
  ])(
    'an LSTM of $T steps, batch $B, hidden $H is that of the reference, forward and back',
    async ({ T, B, D, H, bias }) => {
      setThreads(threads);
      manualSeed(T + H);
      const shapes = [[T, B, D], [B, H], [B, H], [4 * H, D], [4 * H, H], ...(bias ? [[4 * H], [4 * H]] : [])];
      const { cpu, wasm } = await onBoth(shapes.map((shape) => randn(shape).mul(0.5)));
      const run = (x: Tensor[]): { outputs: Tensor[]; gradients: Tensor[] } => {
        const [sequence, h0, c0, weightIh, weightHh, biasIh, biasHh] = x as [
          Tensor,
          Tensor,
          Tensor,
          Tensor,
          Tensor,
          ...Tensor[],
        ];
        const outputs = lstm(sequence, [h0, c0], { weightIh, weightHh, biasIh, biasHh } as Parameters<typeof lstm>[2]);
        const loss = outputs.map((y) => y.square().sum()).reduce((a, b) => a.add(b));
        return { outputs, gradients: grad(loss, x) };
      };
      const [expected, found] = [run(cpu), run(wasm)];
      for (const [k, y] of found.outputs.entries()) expectClose(y, expected.outputs[k]!, `output ${k}`);
      for (const [k, g] of found.gradients.entries()) expectClose(g, expected.gradients[k]!, `gradient ${k}`);
    },
  );

  test.each([
    [1, 1],
    [3, 5],
    [7, 1001],
    [200, 90],
  ])('cross-entropy of %i rows and %i classes is that of the reference', async (N, C) => {
    setThreads(threads);
    manualSeed(N);
    const { cpu, wasm } = await onBoth([randn([N, C]).mul(10)]);
    const targets = randint(0, C, [N], { device: 'cpu' });
    const there = await targets.to('wasm');
    const [expected, found] = [softmaxCrossEntropy(cpu[0]!, targets), softmaxCrossEntropy(wasm[0]!, there)];
    expectClose(found, expected, 'losses');
    expectClose(grad(found.sum(), wasm[0]!), grad(expected.sum(), cpu[0]!), 'gradient');
  });
});

describe.each([1, 2])('a linear layer with its cross-entropy, with %i threads', (threads) => {
  const run = ([hidden, weight, scale, bias]: Tensor[], targets: IntTensor): Tensor =>
    linearCrossEntropy(hidden!, weight!, bias, targets, scale!.detach());
  const ready = async (
    [N, H, V]: readonly [number, number, number],
    bias = true,
  ): Promise<{ cpu: Tensor[]; wasm: Tensor[]; targets: Record<'cpu' | 'wasm', IntTensor> }> => {
    setThreads(threads);
    manualSeed(N + V);
    const inputs = [randn([N, H]), randn([V, H]), rand([N]), ...(bias ? [randn([V])] : [])];
    const there = randint(0, V, [N]);
    return { ...(await onBoth(inputs)), targets: { wasm: there, cpu: await there.to('cpu') } };
  };
  const withoutScale = <T>([hidden, weight, , ...bias]: T[]): T[] => [hidden!, weight!, ...bias];

  test.each([
    { N: 1, H: 1, V: 1, bias: true },
    { N: 5, H: 3, V: 7, bias: false },
    { N: 400, H: 17, V: 33, bias: true },
    { N: 401, H: 8, V: 100, bias: true }, // two chunks of rows
    { N: 900, H: 33, V: 90, bias: true },
  ])(
    '$N rows of $H features and $V classes give the loss and the gradients of the reference',
    async ({ N, H, V, bias }) => {
      const { cpu, wasm, targets } = await ready([N, H, V], bias);
      const [expected, found] = [run(cpu, targets.cpu), run(wasm, targets.wasm)];
      expectClose(found, expected, 'loss');
      const wanted = grad(expected.mul(3), withoutScale(cpu));
      for (const [k, g] of grad(found.mul(3), withoutScale(wasm)).entries())
        expectClose(g, wanted[k]!, `gradient ${k}`);
      expectClose(
        noGrad(() => run(wasm, targets.wasm)),
        expected,
        'loss without gradients',
      );
    },
  );

  test('whatever the layouts of the operands', async () => {
    const { cpu, wasm, targets } = await ready([450, 6, 9]);
    const turned = async (x: Tensor[], device: 'cpu' | 'wasm'): Promise<Tensor[]> => {
      const [hidden, weight, , bias] = x;
      const half = tensor([0.5], { device }).expand([450]);
      const wide = await randn([9, 2]).mul(0).to(device);
      return [hidden!.T.contiguous().T, weight!.T.contiguous().T, half, wide.add(bias!.reshape([9, 1])).select(1, 0)];
    };
    const [expected, found] = [
      run(await turned(cpu, 'cpu'), targets.cpu),
      run(await turned(wasm, 'wasm'), targets.wasm),
    ];
    expectClose(found, expected, 'loss');
    const wanted = grad(expected, withoutScale(cpu));
    for (const [k, g] of grad(found, withoutScale(wasm)).entries()) expectClose(g, wanted[k]!, `gradient ${k}`);
  });

  test('the gradient of a gradient goes through the definition', async () => {
    const { cpu, wasm, targets } = await ready([6, 4, 5]);
    const second = (x: Tensor[], indices: IntTensor): Tensor[] => {
      const leaves = withoutScale(x);
      const first = grad(run(x, indices).square(), leaves, { createGraph: true });
      return grad(
        first.map((g) => g.sin().sum()).reduce((a, b) => a.add(b)),
        leaves,
      );
    };
    const wanted = second(cpu, targets.cpu);
    for (const [k, g] of second(wasm, targets.wasm).entries()) expectClose(g, wanted[k]!, `gradient ${k}`);
  });

  test('no features leave the biases', async () => {
    const { cpu, wasm, targets } = await ready([4, 0, 3]);
    const [expected, found] = [run(cpu, targets.cpu), run(wasm, targets.wasm)];
    expectClose(found, expected, 'loss');
    expectClose(grad(found, wasm[3]!), grad(expected, cpu[3]!), 'gradient of the bias');
  });
});

describe.each([1, 2])('layer norm with %i threads', (threads) => {
  /** Rows far from 0, which f32 cannot tell the mean of, among others. */
  const inputs = (N: number, D: number): Tensor[] => {
    manualSeed(N);
    const x = randn([N, D])
      .mul(randn([N, 1]).exp())
      .add(randn([N, 1]).mul(100));
    return [x, randn([D]), randn([D])];
  };
  const run = ([x, weight, bias]: Tensor[]): Tensor => layerNorm(x!, [x!.shape[1]!], weight, bias);

  test.each([
    [1, 1],
    [3, 7],
    [65, 16],
    [130, 300],
    [1000, 129],
  ])('%i rows of %i are those of the reference, forward and back', async (N, D) => {
    setThreads(threads);
    const { cpu, wasm } = await onBoth(inputs(N, D));
    const [expected, found] = [run(cpu), run(wasm)];
    expectClose(found, expected, 'result');
    const gradients = (y: Tensor, x: Tensor[]): Tensor[] => grad(y.mul(y.detach().sin()).sum(), x);
    const wanted = gradients(expected, cpu);
    for (const [k, g] of gradients(found, wasm).entries()) expectClose(g, wanted[k]!, `gradient ${k}`);
  });

  test('the gradient of a gradient goes through the definition', async () => {
    setThreads(threads);
    manualSeed(5);
    const { cpu, wasm } = await onBoth([randn([5, 6]), randn([6]), randn([6])]);
    const second = (x: Tensor[]): Tensor[] => {
      const first = grad(run(x).square().sum(), x, { createGraph: true });
      return grad(
        first.map((g) => g.sin().sum()).reduce((a, b) => a.add(b)),
        x,
      );
    };
    const wanted = second(cpu);
    for (const [k, g] of second(wasm).entries()) expectClose(g, wanted[k]!, `gradient ${k}`);
  });
});

test('rows of one number far from 0 have no scale, and no gradient', () => {
  const x = tensor([Array.from({ length: 37 }, () => 123_456_789)], { device: 'wasm', requiresGrad: true });
  const y = layerNorm(x, [37], undefined, undefined, { eps: 1e-12 });
  expect([...y.dataSync()]).toEqual(new Array(37).fill(0));
  expect([...grad(y.sum(), x).dataSync()]).toEqual(new Array(37).fill(0));
});

describe('cross-entropy at the edges', () => {
  test.each(EDGES_OF_LOGITS)('%s', async (_, row) => {
    const { cpu, wasm } = await onBoth([tensor([row])]);
    const targets = tensor(Int32Array.of(2), { device: 'cpu' });
    const [expected, found] = [
      softmaxCrossEntropy(cpu[0]!, targets),
      softmaxCrossEntropy(wasm[0]!, await targets.to('wasm')),
    ];
    expect(found.dataSync()).toEqual(expected.dataSync());
    const wanted = grad(expected.sum(), cpu[0]!).dataSync();
    expect(grad(found.sum(), wasm[0]!).dataSync()).toEqual(wanted);
    const [bias, zero] = [tensor(row, { device: 'wasm', requiresGrad: true }), zeros([1, 1], { device: 'wasm' })];
    const weight = zeros([3, 1], { device: 'wasm' });
    const loss = linearCrossEntropy(zero, weight, bias, await targets.to('wasm'), zero.add(1).reshape([1]));
    expect([loss.itemSync(), ...grad(loss, bias).dataSync()]).toEqual([expected.itemSync(), ...wanted]);
  });
});
