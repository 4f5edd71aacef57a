/** A process that makes tensors which nobody gives back, and reads one every ten steps. Prints what it held, as JSON. */

import { deviceInfo, ones, setDevice } from '@tapegrad/core';

const STEPS = 2000;
await setDevice('webgpu');
const held: { bytes: number; made: number; rss: number }[] = [];
let x = ones([16_384]);
for (let step = 0; step < STEPS; step++) {
  for (let k = 0; k < 2; k++) x = x.mul(1.0001).add(0.1);
  if (step % 10 === 9) await x.data();
  if (step % (STEPS / 20) !== STEPS / 20 - 1) continue;
  const { memory } = deviceInfo();
  held.push({
    bytes: memory.bytesInUse + memory.bytesIdle,
    made: memory.misses,
    rss: process.memoryUsage.rss(),
  });
}
console.log(JSON.stringify(held));
