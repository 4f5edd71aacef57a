/**
 * First values of parameters, with PyTorch's names, defaults and formulas. Each function overwrites a tensor in place,
 * recorded nowhere, and returns it.
 *
 * Source: https://pytorch.org/docs/stable/nn.init.html
 */

export {
  constant,
  eye,
  type NormalOptions,
  normal,
  ones,
  type TruncNormalOptions,
  truncNormal,
  type UniformOptions,
  uniform,
  zeros,
} from './init/basic.ts';
export { orthogonal } from './init/orthogonal.ts';
export type { DrawOptions } from './init/overwrite.ts';
export {
  calculateGain,
  type GainOptions,
  type KaimingOptions,
  kaimingNormal,
  kaimingUniform,
  type Nonlinearity,
  xavierNormal,
  xavierUniform,
} from './init/scaled.ts';
