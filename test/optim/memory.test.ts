/** Training keeps no more memory after 2,000 steps than after a few. */

import { deviceInfo, Parameter, tensor } from '@tapegrad/core';
import { Adam, clipGradNorm, clipGradValue, SGD } from '@tapegrad/optim';
import { expect, test } from 'vitest';

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
