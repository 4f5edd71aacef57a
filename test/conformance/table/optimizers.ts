/** Optimizers and gradient clipping. Options are PyTorch's in camelCase; what is not given is tapegrad's default. */

import {
  Adadelta,
  Adagrad,
  Adam,
  Adamax,
  AdamW,
  clipGradNorm,
  clipGradValue,
  NAdam,
  type Optimizer,
  RAdam,
  RMSprop,
  SGD,
} from '@tapegrad/optim';
import { anything, boolean, type Kind, number, numbers, tensors } from '../kinds.ts';
import { camelCase, type Place, type Row, row } from '../row.ts';

type Make = (params: never, options: never, place: Place) => Optimizer;

/** `optimizer('SGD', ...)`: a row whose options are handed on. Parameters are tensors, or groups with options of their own. */
function optimizer(name: string, make: Make, options: Readonly<Record<string, Kind<unknown>>>): Row {
  return row(
    `optim.${name}`,
    { params: anything, lr: number.opt, ...options },
    ({ params, ...given }, place) => make(params as never, camelCased(given) as never, place),
    name,
  );
}

/** Options by tapegrad's names, without those that were not given. */
function camelCased(given: Readonly<Record<string, unknown>>): object {
  const entries = Object.entries(given).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries.map(([name, value]) => [camelCase(name), value]));
}

const plainAdam = { betas: numbers.opt, eps: number.opt, weight_decay: number.opt, maximize: boolean.opt };
const adam = {
  betas: numbers.opt,
  eps: number.opt,
  weight_decay: number.opt,
  amsgrad: boolean.opt,
  maximize: boolean.opt,
};

/** Before version 2, PyTorch's NAdam counted a step's momentum twice. */
const asOf = ({ pytorch = '2' }: Place): { legacyMomentum?: boolean } =>
  Number.parseInt(pytorch, 10) < 2 ? { legacyMomentum: true } : {};

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
  optimizer('RMSprop', (params, options) => new RMSprop(params, options), {
    alpha: number.opt,
    eps: number.opt,
    weight_decay: number.opt,
    momentum: number.opt,
    centered: boolean.opt,
    maximize: boolean.opt,
  }),
  optimizer('Adagrad', (params, options) => new Adagrad(params, options), {
    lr_decay: number.opt,
    weight_decay: number.opt,
    initial_accumulator_value: number.opt,
    eps: number.opt,
    maximize: boolean.opt,
  }),
  optimizer('Adadelta', (params, options) => new Adadelta(params, options), {
    rho: number.opt,
    eps: number.opt,
    weight_decay: number.opt,
    maximize: boolean.opt,
  }),
  optimizer('Adamax', (params, options) => new Adamax(params, options), plainAdam),
  optimizer('NAdam', (params, options: object, place) => new NAdam(params, { ...options, ...asOf(place) }), {
    betas: numbers.opt,
    eps: number.opt,
    weight_decay: number.opt,
    momentum_decay: number.opt,
    decoupled_weight_decay: boolean.opt,
    maximize: boolean.opt,
  }),
  optimizer('RAdam', (params, options) => new RAdam(params, options), {
    betas: numbers.opt,
    eps: number.opt,
    weight_decay: number.opt,
    decoupled_weight_decay: boolean.opt,
    maximize: boolean.opt,
  }),

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
