/** Whole trainings of a language model on webgpu: what they give, and how they go on on a new device. */

import { DeviceError, type DeviceName, manualSeed, setDevice, stack, type Tensor, tensor } from '@tapegrad/core';
import { CrossEntropyLoss, decodeStateDict, Embedding, encodeStateDict, Linear, LSTM, Module } from '@tapegrad/nn';
import { Adam, flattenState, unflattenState } from '@tapegrad/optim';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { acquireDevice } from '../../packages/core/src/device/webgpu/acquire.ts';

beforeEach(() => setDevice('webgpu'));
afterEach(() => setDevice('cpu'));

const [VOCABULARY, BATCH, TIME] = [16, 2, 4];

class LanguageModel extends Module {
  readonly embedding: Embedding = new Embedding(VOCABULARY, 16);
  readonly lstm: LSTM = new LSTM(16, 32, { batchFirst: true });
  readonly head: Linear = new Linear(32, VOCABULARY);

  override forward(tokens: Tensor<'i32'>): Tensor {
    return this.head.forward(this.lstm.forward(this.embedding.forward(tokens))[0]); // [B, T, V]
  }
}

interface Training {
  readonly model: LanguageModel;
  readonly optimizer: Adam;
}

function newTraining(): Training {
  const model = new LanguageModel();
  return { model, optimizer: new Adam(model.parameters(), { lr: 0.01 }) };
}

/** The losses of some steps, of which the first has the number `from`; they are read once, at the end. */
async function train({ model, optimizer }: Training, from: number, steps: number): Promise<number[]> {
  const criterion = new CrossEntropyLoss({ classDim: -1 });
  const texts = Array.from({ length: steps }, (_, k) => textOf(from + k));
  const losses = texts.map((text) => {
    optimizer.zeroGrad();
    const loss = criterion.forward(model.forward(text.slice(1, 0, -1)), text.slice(1, 1));
    loss.backward();
    optimizer.step();
    return loss;
  });
  return stack(losses).toArray() as Promise<number[]>;
}

/** [B, T + 1], a walk through the vocabulary that can be foretold in part. */
function textOf(step: number): Tensor<'i32'> {
  const tokens = new Int32Array(BATCH * (TIME + 1));
  let at = step;
  tokens.forEach((_, i) => {
    at = (at * 5 + 3 + (i % 3 === 0 ? (step * 7 + i) % 4 : 0)) % VOCABULARY;
    tokens[i] = at;
  });
  return tensor(tokens).reshape([BATCH, TIME + 1]);
}

test.each([1, 2, 3])('200 steps from seed %i have the losses of cpu and wasm', async (seed) => {
  const lossesOn = async (device: DeviceName): Promise<number[]> => {
    await setDevice(device);
    manualSeed(seed);
    return train(newTraining(), 0, 200);
  };
  const [cpu, wasm, webgpu] = [await lossesOn('cpu'), await lossesOn('wasm'), await lossesOn('webgpu')];
  const differences = [wasm, webgpu].map((found) => Math.max(...found.map((loss, k) => Math.abs(loss - cpu![k]!))));
  for (const difference of differences) expect(difference).toBeLessThan(1e-3);
  expect(cpu.at(-1)).toBeLessThan(cpu[0]! / 2);
});

test('a training that loses its device goes on from its last checkpoint, to the same losses', async () => {
  const start = (): Training => {
    manualSeed(4);
    return newTraining();
  };
  const whole = await train(start(), 0, 30);

  const gpuDevice = await acquireDevice();
  await setDevice('webgpu', { gpuDevice });
  const lost = start();
  const before = await train(lost, 0, 10);
  const checkpoint = await save(lost);
  const pending = train(lost, 10, 5);
  gpuDevice.destroy();
  await expect(pending).rejects.toThrow(DeviceError);
  await expect(train(lost, 15, 1)).rejects.toThrow(/the device was lost .* await setDevice\('webgpu'\)/);

  await setDevice('webgpu');
  const after = await train(await load(checkpoint), 10, 20);
  expect([...before, ...after]).toEqual(whole);
});

interface Checkpoint {
  readonly model: Uint8Array;
  readonly moments: Uint8Array;
  readonly rest: string;
}

async function save({ model, optimizer }: Training): Promise<Checkpoint> {
  const { tensors, json } = flattenState(optimizer.stateDict());
  return { model: await encodeStateDict(model.stateDict()), moments: await encodeStateDict(tensors), rest: json };
}

async function load({ model, moments, rest }: Checkpoint): Promise<Training> {
  const training = newTraining();
  await training.model.load(model);
  const { tensors } = decodeStateDict(moments, 'the checkpoint');
  training.optimizer.loadStateDict(unflattenState({ tensors: tensors as ReadonlyMap<string, Tensor>, json: rest }));
  return training;
}
