/** The program of wasm.ts on webgpu. */

import '@tapegrad/core/webgpu';
import { randn, setDevice } from '@tapegrad/core';

await setDevice('webgpu');
console.log(await randn([8, 1]).square().mean().data());
