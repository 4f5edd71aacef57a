/** In each worker that tests the webgpu device: makes it ready, or skips where there is no adapter (see adapter.ts). */

import { setDevice } from '@tapegrad/core';
import { beforeAll, beforeEach, inject } from 'vitest';

const noAdapter = inject('noAdapter');
Object.assign(process.env, inject('webGpuEnvironment'));

beforeAll(async () => {
  if (noAdapter) return;
  await setDevice('webgpu');
  await setDevice('cpu');
});

beforeEach(({ skip }) => {
  if (noAdapter) skip(noAdapter);
});
