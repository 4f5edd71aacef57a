/** Training keeps no more memory after many steps than after a few, without an await. B: batch, T: time, V: vocabulary. */

import {
  deviceInfo,
  type IntTensor,
  manualSeed,
  noGrad,
  Parameter,
  type PoolStats,
  randint,
  setDevice,
  type Tensor,
  tensor,
} from '@tapegrad/core';
import { CrossEntropyLoss, Embedding, Linear, LSTM, Module } from '@tapegrad/nn';
import { Adam, clipGradNorm, clipGradValue, SGD } from '@tapegrad/optim';
import { describe, expect, test } from 'vitest';

test.each([
  ['Adam', (w: Parameter) => new Adam([w], { lr: 1e-3, amsgrad: true, weightDecay: 0.1 })],
  ['SGD', (w: Parameter) => new SGD([w], { lr: 1e-3, momentum: 0.9 })],
])('%s with clipping', (_, make) => {
  const w = new Parameter(tensor(new Float32Array(2048).fill(1)));
  const optimizer = make(w);
  const step = (): void => {
    optimizer.zeroGrad();
    w.square().sum().backward();
    clipGradNorm([w], 1);
    clipGradValue([w], 0.5);
    optimizer.step();
  };
  for (let i = 0; i < 10; i++) step();
  const { bytesInUse } = deviceInfo().memory;
  expect(bytesInUse).toBeGreaterThan(0);
  for (let i = 0; i < 2000; i++) step();
  expect(deviceInfo().memory.bytesInUse).toBeLessThanOrEqual(bytesInUse);
});

describe('the plain loop of a language model', () => {
  const [B, T, V] = [16, 64, 20]; // a batch's tokens are 4 KiB

  class LanguageModel extends Module {
    readonly embedding = new Embedding(V, 16);
    readonly lstm = new LSTM(16, 32);
    readonly head = new Linear(32, V);

    override forward(tokens: IntTensor): Tensor {
      return this.head.forward(this.lstm.forward(this.embedding.forward(tokens))[0]);
    }
  }

  const held = ({ bytesInUse, blocksInUse, evictions }: PoolStats): unknown => ({ bytesInUse, blocksInUse, evictions });

  /** What is in use after each step; `batch` gives the tokens of a step. */
  function train(steps: number, batch: () => IntTensor): PoolStats[] {
    manualSeed(1);
    const model = new LanguageModel();
    const optimizer = new Adam(model.parameters(), { lr: 0.01 });
    const criterion = new CrossEntropyLoss({ classDim: -1 });
    return Array.from({ length: steps }, () => {
      const tokens = batch();
      optimizer.zeroGrad();
      criterion.forward(model.forward(tokens), tokens).backward();
      optimizer.step();
      noGrad(() => criterion.forward(model.forward(tokens), tokens));
      return deviceInfo().memory;
    });
  }

  test.each(['cpu', 'wasm'] as const)(
    'leaves nothing behind on %s: from the second step on the same is in use',
    async (device) => {
      await setDevice(device);
      const tokens = randint(0, V, [T, B]);
      const stats = train(15, () => tokens);
      for (const now of stats.slice(1)) expect(held(now)).toEqual(held(stats[1]!));
    },
  );

  test('levels off on wasm where each step drops a batch', async () => {
    await setDevice('wasm');
    const bytes = train(300, () => randint(0, V, [T, B])).map(({ bytesInUse }) => bytesInUse);
    expect(new Set(bytes.slice(100)).size).toBe(1);
    expect(bytes[299]! - bytes[0]!).toBeLessThan(2 ** 20);
  });
});
