/** A program that asks for webgpu without importing it. */

import { setDevice } from '@tapegrad/core';

setDevice('webgpu').catch((error) => console.log(error.message));
