/** Optimizers and gradient clipping. Options are PyTorch's in camelCase; what is not given is tapegrad's default. */

import { Adam, AdamW, clipGradNorm, clipGradValue, type Optimizer, SGD } from '@tapegrad/optim';
import { anything, boolean, type Kind, number, numbers, tensors } from '../kinds.ts';
import { camelCase, type Row, row } from '../row.ts';

type Make = (params: never, options: never) => Optimizer;

/** `optimizer('SGD', ...)`: a row whose options are handed on. Parameters are tensors, or groups with options of their own. */
function optimizer(name: string, make: Make, options: Readonly<Record<string, Kind<unknown>>>): Row {
  return row(
    `optim.${name}`,
    { params: anything, lr: number.opt, ...options },
    ({ params, ...given }) => make(params as never, camelCased(given) as never),
    name,
  );
}

/** Options by tapegrad's names, without those that were not given. */
function camelCased(given: Readonly<Record<string, unknown>>): object {
  const entries = Object.entries(given).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries.map(([name, value]) => [camelCase(name), value]));
}

const adam = {
  betas: numbers.opt,
  eps: number.opt,
  weight_decay: number.opt,
  amsgrad: boolean.opt,
  maximize: boolean.opt,
};

export const optimizers: readonly Row[] = [
  optimizer('SGD', (params, options) => new SGD(params, options), {
    momentum: number.opt,
    dampening: number.opt,
    weight_decay: number.opt,
    nesterov: boolean.opt,
    maximize: boolean.opt,
  }),
  optimizer('Adam', (params, options) => new Adam(params, options), adam),
  optimizer('AdamW', (params, options) => new AdamW(params, options), adam),

  row(
    'nn.utils.clip_grad_norm_',
    { parameters: tensors, max_norm: number, norm_type: number.opt },
    ({ parameters, max_norm, norm_type: normType }) => clipGradNorm(parameters, max_norm, { normType }),
    'clipGradNorm',
  ),
  row(
    'nn.utils.clip_grad_value_',
    { parameters: tensors, clip_value: number },
    ({ parameters, clip_value }) => clipGradValue(parameters, clip_value),
    'clipGradValue',
  ),
];
