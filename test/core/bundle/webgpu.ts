/** A program that imports the webgpu device, and asks for it. */

import '@tapegrad/core/webgpu';
import { setDevice } from '@tapegrad/core';

setDevice('webgpu').catch((error) => console.log(error.message));
