/** Schedules of learning rates. Options are PyTorch's in camelCase; what is not given is tapegrad's default. */

import {
  ChainedScheduler,
  ConstantLR,
  CosineAnnealingLR,
  CosineAnnealingWarmRestarts,
  CyclicLR,
  ExponentialLR,
  LambdaLR,
  LinearLR,
  type LRScheduler,
  MultiplicativeLR,
  MultiStepLR,
  OneCycleLR,
  type Optimizer,
  PolynomialLR,
  ReduceLROnPlateau,
  SequentialLR,
  StepLR,
} from '@tapegrad/optim';
import { anything, boolean, int, type Kind, number, numbers, oneOf } from '../kinds.ts';
import { camelCase, type Row, row } from '../row.ts';

type Options = Readonly<Record<string, Kind<unknown>>>;

/** Calls with the optimizer and the options in camelCase. */
const scheduler = (
  name: string,
  options: Options,
  make: (optimizer: Optimizer, options: never) => unknown,
  ours?: string,
): Row =>
  row(
    `lr_scheduler.${name}`,
    { optimizer: anything, ...options, last_epoch: int.opt, verbose: anything.opt },
    ({ optimizer, last_epoch, verbose, ...given }) => {
      const named = Object.entries(given).map(([key, value]) => [camelCase(key), value] as const);
      return make(optimizer as unknown as Optimizer, Object.fromEntries(named) as never);
    },
    ours ?? `new ${name}(optimizer, options)`,
  );

const momentum = { cycle_momentum: boolean.opt, base_momentum: anything.opt, max_momentum: anything.opt };

export const schedulers: readonly Row[] = [
  scheduler('StepLR', { step_size: int, gamma: number.opt }, (o, given) => new StepLR(o, given)),
  scheduler('MultiStepLR', { milestones: numbers, gamma: number.opt }, (o, given) => new MultiStepLR(o, given)),
  scheduler('ExponentialLR', { gamma: number }, (o, given) => new ExponentialLR(o, given)),
  scheduler('ConstantLR', { factor: number.opt, total_iters: int.opt }, (o, given) => new ConstantLR(o, given)),
  scheduler(
    'LinearLR',
    { start_factor: number.opt, end_factor: number.opt, total_iters: int.opt },
    (o, given) => new LinearLR(o, given),
  ),
  scheduler('PolynomialLR', { total_iters: int.opt, power: number.opt }, (o, given) => new PolynomialLR(o, given)),
  scheduler(
    'CosineAnnealingLR',
    { T_max: int, eta_min: number.opt },
    (o, { TMax, etaMin }: { TMax: number; etaMin: number | undefined }) =>
      new CosineAnnealingLR(o, { tMax: TMax, etaMin }),
  ),
  scheduler(
    'CosineAnnealingWarmRestarts',
    { T_0: int, T_mult: int.opt, eta_min: number.opt },
    (o, { T0, TMult, etaMin }: { T0: number; TMult: number | undefined; etaMin: number | undefined }) =>
      new CosineAnnealingWarmRestarts(o, { t0: T0, tMult: TMult, etaMin }),
  ),
  scheduler(
    'OneCycleLR',
    {
      max_lr: anything,
      total_steps: int.opt,
      epochs: int.opt,
      steps_per_epoch: int.opt,
      pct_start: number.opt,
      anneal_strategy: oneOf('cos', 'linear').opt,
      ...momentum,
      div_factor: number.opt,
      final_div_factor: number.opt,
      three_phase: boolean.opt,
    },
    (o, given) => new OneCycleLR(o, given),
  ),
  scheduler(
    'CyclicLR',
    {
      base_lr: anything,
      max_lr: anything,
      step_size_up: int.opt,
      step_size_down: int.opt,
      mode: oneOf('triangular', 'triangular2', 'exp_range').opt,
      gamma: number.opt,
      scale_fn: anything.opt,
      scale_mode: oneOf('cycle', 'iterations').opt,
      ...momentum,
    },
    (o, given) => new CyclicLR(o, given),
  ),
  scheduler(
    'LambdaLR',
    { lr_lambda: anything },
    (o, { lrLambda }: { lrLambda: (t: number) => number }) => new LambdaLR(o, lrLambda),
    'new LambdaLR(optimizer, lambda)',
  ),
  scheduler(
    'MultiplicativeLR',
    { lr_lambda: anything },
    (o, { lrLambda }: { lrLambda: (t: number) => number }) => new MultiplicativeLR(o, lrLambda),
    'new MultiplicativeLR(optimizer, lambda)',
  ),
  scheduler(
    'ReduceLROnPlateau',
    {
      mode: oneOf('min', 'max').opt,
      factor: number.opt,
      patience: int.opt,
      threshold: number.opt,
      threshold_mode: oneOf('rel', 'abs').opt,
      cooldown: int.opt,
      min_lr: anything.opt,
      eps: number.opt,
    },
    (o, given) => new ReduceLROnPlateau(o, given),
  ),
  scheduler('SequentialLR', { schedulers: anything, milestones: numbers }, (o, given) => new SequentialLR(o, given)),
  row(
    'lr_scheduler.ChainedScheduler',
    { schedulers: anything, optimizer: anything.opt },
    ({ schedulers: all }) => new ChainedScheduler(all as LRScheduler[]),
    'new ChainedScheduler(schedulers)',
  ),
];
