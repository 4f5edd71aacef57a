/** Fused kernels against the ops that define them: on the same device, and on cpu, which has none. */
import {
  type AnyTensor,
  deviceInfo,
  grad,
  keep,
  layerNorm,
  lstm,
  lstmCell,
  manualSeed,
  randint,
  randn,
  softmaxCrossEntropy,
  stack,
  type Tensor,
  tensor,
  unbind,
} from '@tapegrad/core';
import { describe, expect, test } from 'vitest';
import { EDGES_OF_LOGITS } from '../support/edges.ts';

/** The same leaves on both devices. */
async function onBoth(tensors: readonly Tensor[]): Promise<Record<'cpu' | 'webgpu', Tensor[]>> {
  const webgpu = await Promise.all(tensors.map((x) => x.to('webgpu')));
  for (const x of [...tensors, ...webgpu]) x.requiresGrad = true;
  return { cpu: [...tensors], webgpu };
}

async function expectClose(a: AnyTensor, b: AnyTensor, what: string): Promise<void> {
  const [x, y] = [Float32Array.from(await a.data()), Float32Array.from(await b.data())];
  expect(x.length).toBe(y.length);
  const scale = y.reduce((most, v) => Math.max(most, Math.abs(v)), 1);
  const worst = x.reduce((most, v, i) => Math.max(most, Math.abs(v - y[i]!)), 0);
  expect(worst / scale, what).toBeLessThan(1e-5);
}

const dispatches = (): number => deviceInfo('webgpu').counters.dispatches!;

describe('an LSTM', () => {
  type Leaves = readonly [Tensor, Tensor, Tensor, Tensor, Tensor, Tensor?, Tensor?];
  type Run = { readonly outputs: Tensor[]; readonly gradients: Tensor[] };

  /** Outputs and gradients of a loss that reads all outputs, or only those that are named. */
  function run(forward: typeof lstm, x: readonly Tensor[], read = [0, 1, 2]): Run {
    const [sequence, h0, c0, weightIh, weightHh, biasIh, biasHh] = x as unknown as Leaves;
    const outputs = forward(sequence, [h0, c0], { weightIh, weightHh, biasIh, biasHh });
    const loss = read.map((k) => outputs[k]!.square().sum()).reduce((a, b) => a.add(b));
    return { outputs: outputs.map((y) => keep(y)), gradients: grad(loss, x) };
  }

  const definition: typeof lstm = (x, state, weights) => {
    let now = [...state] as [Tensor, Tensor];
    const outputs = unbind(x).map((xt) => (now = lstmCell(xt, now, weights))[0]);
    return [stack(outputs), ...now];
  };

  async function compare(found: Run, expected: Run): Promise<void> {
    for (const [k, y] of found.outputs.entries()) await expectClose(y, expected.outputs[k]!, `output ${k}`);
    for (const [k, g] of found.gradients.entries()) await expectClose(g, expected.gradients[k]!, `gradient ${k}`);
  }

  const shapesOf = (T: number, B: number, D: number, H: number): number[][] => [
    ...[
      [T, B, D],
      [B, H],
      [B, H],
      [4 * H, D],
      [4 * H, H],
    ],
    ...[[4 * H], [4 * H]],
  ];

  test.each([
    { T: 1, B: 1, D: 1, H: 1, bias: true },
    { T: 3, B: 2, D: 5, H: 4, bias: false },
    { T: 5, B: 7, D: 3, H: 13, bias: true },
    { T: 9, B: 32, D: 24, H: 40, bias: true },
  ])('of $T steps, batch $B, hidden $H is its definition and that of cpu, forward and back', async (sizes) => {
    const { T, B, D, H, bias } = sizes;
    manualSeed(T + H);
    const shapes = shapesOf(T, B, D, H).slice(0, bias ? 7 : 5);
    const { cpu, webgpu } = await onBoth(shapes.map((shape) => randn(shape, { device: 'cpu' }).mul(0.5).detach()));
    const found = run(lstm, webgpu);
    await compare(found, run(lstm, cpu));
    await compare(found, run(definition, webgpu));
  });

  test.each([[[0]], [[1]], [[2]]])('has gradients where only outputs %j are read', async (read) => {
    manualSeed(3);
    const { cpu, webgpu } = await onBoth(
      shapesOf(3, 4, 2, 9).map((shape) => randn(shape, { device: 'cpu' }).mul(0.5).detach()),
    );
    await compare(run(lstm, webgpu, read), run(lstm, cpu, read));
  });

  test('takes weights, states and gradients in any layout', async () => {
    manualSeed(4);
    const { cpu, webgpu } = await onBoth(
      [[3, 4, 2], [5, 2, 4], [5, 2, 4], [2, 20], [5, 20], [20], [20]].map((shape) =>
        randn(shape, { device: 'cpu' }).mul(0.5).detach(),
      ),
    );
    const strided = ([x, h, c, wi, wh, ...biases]: Tensor[]): Leaves => [
      x!,
      h!.select(1, 1).transpose(0, 1),
      c!.select(1, 0).transpose(0, 1),
      wi!.transpose(0, 1),
      wh!.transpose(0, 1),
      biases[0],
      biases[1],
    ];
    const results = [webgpu, cpu].map((leaves) => {
      const [sequence, h0, c0, weightIh, weightHh, biasIh, biasHh] = strided(leaves);
      const [y, hn, cn] = lstm(sequence, [h0, c0], { weightIh, weightHh, biasIh, biasHh });
      const loss = y.transpose(0, 2).mul(y.transpose(0, 2)).sum().add(hn.mul(cn).transpose(0, 1).sum());
      return { outputs: [y, hn, cn].map((each) => keep(each)), gradients: grad(loss, leaves) };
    });
    await compare(results[0]!, results[1]!);
  });

  test('takes one dispatch a time step each way', async () => {
    const counts = [];
    for (const T of [4, 14]) {
      const leaves = await Promise.all(shapesOf(T, 8, 4, 16).map((shape) => randn(shape).mul(0.5).to('webgpu')));
      for (const x of leaves) x.requiresGrad = true;
      const [x, h0, c0, weightIh, weightHh, biasIh, biasHh] = leaves as unknown as Leaves;
      const before = dispatches();
      const [y] = lstm(x, [h0, c0], { weightIh, weightHh, biasIh, biasHh });
      const between = dispatches();
      grad(y, leaves, { gradOutputs: y.detach() });
      counts.push([between - before, dispatches() - between]);
    }
    const [few, many] = counts as [number[], number[]];
    expect(many.map((count, way) => count - few[way]!)).toEqual([10, 10]);
  });
});

describe('cross-entropy', () => {
  test.each([
    [1, 1],
    [3, 5],
    [7, 1001],
    [200, 90],
  ])('of %i rows and %i classes is that of cpu', async (N, C) => {
    manualSeed(N);
    const { cpu, webgpu } = await onBoth([randn([N, C], { device: 'cpu' }).mul(10).detach()]);
    const targets = randint(0, C, [N], { device: 'cpu' });
    const there = await targets.to('webgpu');
    const [expected, found] = [softmaxCrossEntropy(cpu[0]!, targets), softmaxCrossEntropy(webgpu[0]!, there)];
    await expectClose(found, expected, 'losses');
    await expectClose(grad(found.sum(), webgpu[0]!), grad(expected.sum(), cpu[0]!), 'gradient');
    const defined = webgpu[0]!.logSoftmax(1).gather(1, there.unsqueeze(1)).squeeze(1).neg();
    await expectClose(softmaxCrossEntropy(webgpu[0]!, there), defined, 'losses by the definition');
  });

  test('of logits in another layout, and of targets that are a column', async () => {
    manualSeed(5);
    const { cpu, webgpu } = await onBoth([randn([9, 4], { device: 'cpu' }).detach()]);
    const targets = randint(0, 9, [4, 2], { device: 'cpu' });
    const there = await targets.to('webgpu');
    const of = ([x]: Tensor[], y: typeof targets): Tensor => softmaxCrossEntropy(x!.transpose(0, 1), y.select(1, 1));
    const [expected, found] = [of(cpu, targets), of(webgpu, there)];
    await expectClose(found, expected, 'losses');
    await expectClose(grad(found.sum(), webgpu[0]!), grad(expected.sum(), cpu[0]!), 'gradient');
  });

  test('takes one dispatch', async () => {
    const logits = await randn([5, 7]).to('webgpu');
    const targets = await randint(0, 7, [5]).to('webgpu');
    const before = dispatches();
    softmaxCrossEntropy(logits, targets);
    expect(dispatches() - before).toBe(1);
  });

  test.each(EDGES_OF_LOGITS)('at the edge: %s', async (_, row) => {
    const { cpu, webgpu } = await onBoth([tensor([row], { device: 'cpu' })]);
    const targets = tensor(Int32Array.of(2), { device: 'cpu' });
    const expected = softmaxCrossEntropy(cpu[0]!, targets);
    const found = softmaxCrossEntropy(webgpu[0]!, await targets.to('webgpu'));
    const both = async (a: Tensor, b: Tensor): Promise<void> => {
      const [x, y] = [await a.data(), await b.data()];
      for (const [i, v] of y.entries()) {
        if (Number.isFinite(v)) expect(Math.abs(x[i]! - v)).toBeLessThan(1e-6 * Math.max(1, Math.abs(v)));
        else expect(x[i]).toBe(v);
      }
    };
    await both(found, expected);
    await both(grad(found.sum(), webgpu[0]!), grad(expected.sum(), cpu[0]!));
  });
});

describe('layer norm', () => {
  /** Rows far from 0, which f32 cannot tell the mean of, among others. */
  const inputs = (N: number, D: number): Tensor[] => {
    manualSeed(N);
    const normal = (...shape: number[]): Tensor => randn(shape, { device: 'cpu' });
    const x = normal(N, D).mul(normal(N, 1).exp()).add(normal(N, 1).mul(100));
    return [x.detach(), normal(D), normal(D)];
  };
  const run = ([x, weight, bias]: Tensor[]): Tensor => layerNorm(x!, [x!.shape[1]!], weight, bias);
  const definition = ([x, weight, bias]: Tensor[]): Tensor => {
    const centre = (y: Tensor): Tensor => y.sub(y.mean({ dim: 1, keepdim: true }));
    const c = centre(centre(x!));
    return c
      .mul(c.square().mean({ dim: 1, keepdim: true }).add(1e-5).rsqrt())
      .mul(weight!)
      .add(bias!);
  };
  const gradients = (y: Tensor, x: Tensor[]): Tensor[] => grad(y, x, { gradOutputs: y.detach().sin() });

  test.each([
    [1, 1],
    [3, 7],
    [65, 16],
    [130, 300],
  ])('of %i rows of %i is that of cpu and its definition, forward and back', async (N, D) => {
    const { cpu, webgpu } = await onBoth(inputs(N, D));
    for (const [of, x] of [
      [run, cpu],
      [definition, webgpu],
    ] as const) {
      const [expected, found] = [keep(of(x)), keep(run(webgpu))];
      const [wanted, given] = [gradients(expected, x), gradients(found, webgpu)];
      await expectClose(found, expected, 'result');
      for (const [k, g] of given.entries()) await expectClose(g, wanted[k]!, `gradient ${k}`);
    }
  });

  test('takes one dispatch, and back two, the sums of weight and bias, and the zero of what nothing depends on', async () => {
    const { webgpu } = await onBoth(inputs(5, 6));
    const before = dispatches();
    const y = run(webgpu);
    const between = dispatches();
    expect(between - before).toBe(1);
    grad(y, webgpu, { gradOutputs: y.detach() });
    expect(dispatches() - between).toBe(5);
  });

  test('of more dimensions than the last, of a view', async () => {
    const { cpu, webgpu } = await onBoth(inputs(6, 8));
    const of = ([x]: Tensor[]): Tensor => layerNorm(x!.transpose(0, 1).reshape([2, 4, 6]), [4, 6]);
    const [expected, found] = [keep(of(cpu)), keep(of(webgpu))];
    const [wanted, given] = [gradients(expected, [cpu[0]!]), gradients(found, [webgpu[0]!])];
    await expectClose(found, expected, 'result');
    await expectClose(given[0]!, wanted[0]!, 'gradient');
  });
});
