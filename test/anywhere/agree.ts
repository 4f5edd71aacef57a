/**
 * Computes on the cpu device and on wasm what leads through every kind of kernel, and tells how far they are apart and
 * what bits wasm computed. It runs wherever `train.ts` runs.
 */

import type { IntTensor, Tensor } from '@tapegrad/core';
import * as core from '@tapegrad/core';

export interface Agreement {
  /** The largest difference of each computation, in units of the largest element. */
  readonly differences: Readonly<Record<string, number>>;
  /** A hash of all that wasm computed: equal where all bits are. */
  readonly bits: number;
  /** `deviceInfo('wasm').details`: threads, workersReady, threadsBecause, relaxedSimd, sharedMemory... */
  readonly [detail: string]: unknown;
}

/** What is computed of random numbers of these shapes, with its gradients. */
const computations: Record<string, readonly [shapes: number[][], (...leaves: Tensor[]) => Tensor[]]> = {
  map: [
    [[120, 333]],
    (x) => [x.exp(), x.abs().add(0.1).log(), x.tanh(), x.sigmoid(), x.sin(), x.cos(), x.mul(x.erf()), x.square()],
  ],
  'map, broadcast': [[[120, 333], [333], [120, 1]], (x, row, column) => [x.mul(row!).add(column!).tanh()]],
  matmul: [
    [
      [130, 170],
      [170, 190],
    ],
    (a, b) => [a.matmul(b!)],
  ],
  'matmul, batched': [
    [
      [3, 33, 20],
      [3, 20, 47],
    ],
    (a, b) => [a.matmul(b!)],
  ],
  'matmul, thin': [
    [
      [1, 700],
      [700, 900],
    ],
    (a, b) => [a.matmul(b!)],
  ],
  lstm: [
    [[9, 32, 24], [32, 40], [32, 40], [160, 24], [160, 40], [160], [160]],
    (x, h, c, weightIh, weightHh, biasIh, biasHh) =>
      core.lstm(x, [h!, c!], {
        weightIh: weightIh!.mul(0.2),
        weightHh: weightHh!.mul(0.2),
        biasIh: biasIh!,
        biasHh: biasHh!,
      }),
  ],
  'layer norm': [[[120, 333], [333], [333]], (x, weight, bias) => [core.layerNorm(x, [333], weight, bias)]],
  'softmax cross-entropy': [[[120, 333]], (logits) => [core.softmaxCrossEntropy(logits, classes(120, 333, logits))]],
  embedding: [[[300, 64]], (table) => [core.embedding(table, classes(4000, 300, table))]],
  reduce: [[[120, 333]], (x) => [x.sum({ dim: 0 }), x.sum({ dim: 1 }), x.amax({ dim: 1 }), x.sum()]],
  cumsum: [[[120, 333]], (x) => [x.cumsum(1), x.cumsum(0)]],
  copy: [[[120, 333]], (x) => [x.transpose(0, 1).contiguous(), x.flip([0]).contiguous()]],
};

/** Of the device's random numbers and of the table's computations, on as many threads. */
export async function agree(threads: number): Promise<Agreement> {
  const cpu = await compute('cpu');
  core.setThreads(threads);
  core.ones([1_000_000], { device: 'wasm' }).tanh(); // starts the workers
  while (!isComplete()) await new Promise((resolve) => setTimeout(resolve, 5));
  const wasm = await compute('wasm');

  const differences: Record<string, number> = {};
  for (const [name, outputs] of Object.entries(wasm))
    differences[name] = Math.max(...outputs.map((output, k) => difference(output, cpu[name]![k]!)));
  const bits = Object.values(wasm)
    .flat()
    .reduce(
      (before, output) => new Int32Array(output.buffer).reduce((hash, x) => (Math.imul(hash, 31) + x) | 0, before),
      0,
    );
  return { differences, bits, ...core.deviceInfo('wasm').details };
}

async function compute(device: 'cpu' | 'wasm'): Promise<Record<string, Float32Array[]>> {
  await core.setDevice(device);
  core.manualSeed(1);
  const found: Record<string, Float32Array[]> = { random: [await values(core.randn([40_000]))] };
  for (const [name, [shapes, body]] of Object.entries(computations)) {
    const leaves = shapes.map((shape) => core.randn(shape, { requiresGrad: true }));
    const outputs = body(...(leaves as [Tensor, ...Tensor[]]));
    const loss = outputs.map((y) => y.square().mean()).reduce((a, b) => a.add(b));
    const gradients = core.grad(loss, leaves, { retainGraph: true });
    found[name] = await Promise.all([...outputs, ...gradients].map(values));
  }
  return found;
}

/** The same classes on each device. */
const classes = (count: number, C: number, { device }: Tensor): IntTensor =>
  core.tensor(
    Int32Array.from({ length: count }, (_, i) => (i * 31) % C),
    { device: device.name },
  ) as IntTensor;

const values = async (x: Tensor): Promise<Float32Array> => Float32Array.from(await x.data());

function difference(a: Float32Array, b: Float32Array): number {
  const scale = b.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  return a.reduce((most, x, i) => Math.max(most, Math.abs(x - b[i]!)), 0) / scale;
}

/** Whether all workers wait for work, or cannot be had. */
function isComplete(): boolean {
  const { threads, workersReady } = core.deviceInfo('wasm').details as { threads: number; workersReady: number };
  return workersReady === threads - 1;
}
