/** Files of a model that is on the GPU are those of one that is not. */

import { manualSeed } from '@tapegrad/core';
import { encodeStateDict, LSTM } from '@tapegrad/nn';
import { expect, test } from 'vitest';

test('weights go from the GPU into a file, and from there to the GPU', async () => {
  manualSeed(1);
  const [model, other] = [new LSTM(5, 33), new LSTM(5, 33)];
  const expected = await encodeStateDict(model.stateDict());
  await model.to({ device: 'webgpu' });
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const [file] = await Promise.all([new Response(readable).arrayBuffer(), model.save(writable)]);
  expect(new Uint8Array(file)).toEqual(expected);

  await other.to({ device: 'webgpu' });
  expect(await other.load(file)).toEqual({ missingKeys: [], unexpectedKeys: [] });
  expect(other.parameters().map((x) => x.device.name)).toEqual(Array(4).fill('webgpu'));
  expect(await encodeStateDict(other.stateDict())).toEqual(expected);
});
