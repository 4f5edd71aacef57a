/** A program that asks for webgpu without importing it, and later says why it has none. */

import { deviceInfo, setDevice } from '@tapegrad/core';

setDevice('webgpu').catch((error) => console.log(error.message === deviceInfo().unavailable.webgpu && String(error)));
