/** A program that trains on wasm, for bundle.test.ts to bundle. */

import { Parameter, randn, setDevice } from '@tapegrad/core';
import { SGD } from '@tapegrad/optim';

await setDevice('wasm');
const w = new Parameter(randn([8, 1]));
const optimizer = new SGD([w], { lr: 0.1 });
randn([4, 8]).matmul(w).square().mean().backward();
optimizer.step();
console.log(await w.data());
