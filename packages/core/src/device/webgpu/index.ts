/**
 * `import '@tapegrad/core/webgpu'`: makes the webgpu device part of a program that a bundler puts together. Where modules
 * are not bundled, as in Node, `setDevice('webgpu')` finds it by itself.
 */

import { registerLoader } from '../registry.ts';
import { load } from './device.ts';

registerLoader('webgpu', load);
