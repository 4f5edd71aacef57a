/** Whether the webgpu device can be had here: ends with 0, or says why not. */

import { setDevice } from '@tapegrad/core';

try {
  await setDevice('webgpu');
} catch (error) {
  console.error(String(error));
  process.exitCode = 1;
}
