/** Weights that PyTorch made give its logits here, and those that were made here are whole. */

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { assign, type IntTensor, type Tensor } from '@tapegrad/core';
import { BatchNorm1d, openSafetensors, saveSafetensors } from '@tapegrad/nn';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { check, LanguageModel, write } from '../../examples/pytorch-weights/exchange.ts';

const golden = fileURLToPath(new URL('../golden/weights/', import.meta.url));
const SMALL = { vocabulary: 16, embedding: 6, hidden: 8, layers: 2 };

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tapegrad-exchange-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe("PyTorch's weights", () => {
  test.each(['lstm', 'lstm-f16', 'lstm-bf16'])('%s gives the logits that it gave there', async (name) => {
    const { parameters, difference, largest } = await check(join(golden, name));
    expect(parameters).toBe(16 * 6 + 4 * 8 * (6 + 8 + 2) + 4 * 8 * (8 + 8 + 2) + 16 * 8 + 16);
    expect(largest).toBeGreaterThan(1);
    expect(difference).toBeLessThanOrEqual(1e-6 * largest);
  });

  test('in shards they are the same', async () => {
    const [whole, sharded] = [new LanguageModel(SMALL), new LanguageModel(SMALL)];
    await whole.load(join(golden, 'lstm.safetensors'));
    await sharded.load(join(golden, 'lstm.safetensors.index.json'));
    expect(sharded.parameters().map((x) => x.toArraySync())).toEqual(whole.parameters().map((x) => x.toArraySync()));
  });

  test('saved here they are the bytes that were loaded', async () => {
    for (const [name, dtype] of [
      ['lstm', 'f32'],
      ['lstm-f16', 'f16'],
      ['lstm-bf16', 'bf16'],
    ] as const) {
      const model = new LanguageModel(SMALL);
      await model.load(join(golden, `${name}.safetensors`));
      await model.save(join(folder, name), { dtype, metadata: { format: 'pt' } });
      expect(await readFile(join(folder, name))).toEqual(await readFile(join(golden, `${name}.safetensors`)));
    }
  });

  test('the I64 that a batch norm counts in becomes its i32', async () => {
    const norm = new BatchNorm1d(3);
    expect(await norm.load(join(golden, 'batch-norm.safetensors'))).toEqual({ missingKeys: [], unexpectedKeys: [] });
    expect([...norm.stateDict()].map(([key, x]) => [key, x.dtype]).at(-1)).toEqual(['num_batches_tracked', 'i32']);
    expect(norm.stateDict().get('num_batches_tracked')!.itemSync()).toBe(5);
  });
});

describe('weights from here', () => {
  const name = () => join(folder, 'here');
  beforeAll(async () => {
    expect(await write(name(), 2)).toBeLessThan(Math.log(256) + 0.1);
  });

  test('load here again, with the same logits', async () => {
    const { difference, largest } = await check(name());
    expect(difference).toBeLessThanOrEqual(1e-6 * largest);
  });

  test('another weight gives other logits', async () => {
    const model = new LanguageModel({ vocabulary: 256, embedding: 32, hidden: 64, layers: 2 });
    await model.load(`${name()}.safetensors`);
    assign(model.head.bias!, model.head.bias!.detach().add(0.5));
    await model.save(`${name()}-other.safetensors`);
    const file = await openSafetensors(`${name()}.logits.safetensors`);
    const [tokens, logits] = [(await file.read('tokens')) as IntTensor, (await file.read('logits')) as Tensor];
    await file.close();
    await saveSafetensors(
      `${name()}-other.logits.safetensors`,
      new Map<string, IntTensor | Tensor>([
        ['tokens', tokens],
        ['logits', logits],
      ]),
    );
    expect((await check(`${name()}-other`)).difference).toBeCloseTo(0.5, 4);
  });

  test('a file of something else is refused', async () => {
    await saveSafetensors(`${name()}-else.safetensors`, new Map());
    await expect(check(`${name()}-else`)).rejects.toThrow('holds no language model of this example');
  });
});
