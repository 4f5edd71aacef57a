import { tensor } from '@tapegrad/core';
import { expect, test } from 'vitest';

test('runs', async () => {
  const x = tensor([1, 2, 3], { device: 'webgpu' });
  expect(await x.mul(2).toArray()).toEqual([2, 4, 6]);
});
