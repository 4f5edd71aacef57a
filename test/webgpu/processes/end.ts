/** A process that leaves work behind on webgpu, of which nothing was awaited: it has to end by itself. Prints `done`. */

import { ones, setDevice } from '@tapegrad/core';

await setDevice('webgpu');
let x = ones([1000]);
await x.mul(2).data();
for (let k = 0; k < 1000; k++) x = x.mul(1.01);
void x.data();
console.log('done');
