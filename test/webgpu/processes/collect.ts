/** A process that makes the engine collect garbage all the time while it works on webgpu. Prints `done`. */

import { setDevice, tensor } from '@tapegrad/core';

const collect = (globalThis as { gc?: () => void }).gc!;
await setDevice('webgpu');
collect();
const w = tensor([0.5, -0.5], { requiresGrad: true });
for (let step = 0; step < 5; step++) {
  const loss = tensor([1, 2]).mul(w).tanh().square();
  collect();
  await new Promise((resolve) => setTimeout(resolve)); // finalizers run
  loss.neg().exp().add(loss);
  collect();
  const values = loss.data();
  collect();
  if (![...(await values)].every((value) => value > 0)) throw new Error('wrong values');
}
console.log('done');
