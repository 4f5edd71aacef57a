/** Schedulers: their two forms agree, they resume where they were saved, and say what is wrong. PyTorch's rates: test/conformance. */

import { ArgumentError, Parameter, zeros } from '@tapegrad/core';
import {
  Adam,
  ChainedScheduler,
  ConstantLR,
  CosineAnnealingLR,
  CosineAnnealingWarmRestarts,
  CosineWithWarmupLR,
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
  SGD,
  StepLR,
  type Steps,
} from '@tapegrad/optim';
import { describe, expect, test } from 'vitest';

const sgd = (...lrs: number[]): SGD =>
  new SGD(
    lrs.map((lr) => ({ params: [new Parameter(zeros([1]))], lr })),
    { lr: 1, momentum: 0.9 },
  );

const makers: readonly [string, (optimizer: Optimizer) => LRScheduler][] = [
  ['StepLR', (o) => new StepLR(o, { stepSize: 3, gamma: 0.7 })],
  ['MultiStepLR', (o) => new MultiStepLR(o, { milestones: [0, 2, 2, 7], gamma: 0.7 })],
  ['ExponentialLR', (o) => new ExponentialLR(o, { gamma: 0.9 })],
  ['LambdaLR', (o) => new LambdaLR(o, [(t) => 1 / (t + 1), (t) => t + 1])],
  ['MultiplicativeLR', (o) => new MultiplicativeLR(o, (t) => 1 - 1 / (t + 2))],
  ['ConstantLR', (o) => new ConstantLR(o, { factor: 0.3, totalIters: 4 })],
  ['ConstantLR of 0', (o) => new ConstantLR(o, { factor: 0, totalIters: 4 })],
  ['LinearLR', (o) => new LinearLR(o, { startFactor: 0.2, endFactor: 0.6, totalIters: 6 })],
  ['PolynomialLR', (o) => new PolynomialLR(o, { totalIters: 8, power: 1.5 })],
  ['CosineAnnealingLR', (o) => new CosineAnnealingLR(o, { tMax: 5, etaMin: 0.01 })],
  ['CosineAnnealingWarmRestarts', (o) => new CosineAnnealingWarmRestarts(o, { t0: 2, tMult: 2 })],
  ['CosineWithWarmupLR', (o) => new CosineWithWarmupLR(o, { warmupSteps: 4, totalSteps: 20, endFactor: 0.1 })],
  ['OneCycleLR', (o) => new OneCycleLR(o, { maxLr: [1, 2], totalSteps: 30, threePhase: true })],
  [
    'CyclicLR',
    (o) => new CyclicLR(o, { baseLr: 0.1, maxLr: 1, stepSizeUp: 3, stepSizeDown: 4, mode: 'exp_range', gamma: 0.9 }),
  ],
];

describe.each(makers)('%s', (_, make) => {
  test('goes from step to step as it goes from the start', () => {
    const walked = make(sgd(0.5, 2));
    const jumped = make(sgd(0.5, 2));
    const rates = new Set<number>();
    for (let t = 1; t <= 25; t++) {
      walked.step();
      jumped.jump(t);
      for (const [k, lr] of walked.getLastLr().entries()) expect(lr).toBeCloseTo(jumped.getLastLr()[k]!, 12);
      rates.add(walked.getLastLr()[1]!);
    }
    expect(rates.size).toBeGreaterThan(1);
  });

  test('goes on where it was saved, with the optimizer', () => {
    const [before, after] = [sgd(0.5, 2), sgd(0.5, 2)];
    const [scheduler, resumed] = [make(before), make(after)];
    for (let t = 0; t < 7; t++) scheduler.step();
    after.loadStateDict(JSON.parse(JSON.stringify(before.stateDict())));
    resumed.loadStateDict(JSON.parse(JSON.stringify(scheduler.stateDict())));
    for (let t = 0; t < 9; t++) {
      scheduler.step();
      resumed.step();
      expect(resumed.getLastLr()).toEqual(scheduler.getLastLr());
      expect(after.paramGroups.map(({ momentum }) => momentum)).toEqual(
        before.paramGroups.map(({ momentum }) => momentum),
      );
    }
  });
});

test('a rate that somebody sets stays in effect', () => {
  const optimizer = sgd(1);
  const scheduler = new ExponentialLR(optimizer, { gamma: 0.5 });
  optimizer.paramGroups[0]!.lr = 100;
  scheduler.step();
  expect(scheduler.getLastLr()).toEqual([50]);
});

test('the momentum of Adam is its first beta', () => {
  const optimizer = new Adam([new Parameter(zeros([1]))], { betas: [0.9, 0.99] });
  const scheduler = new OneCycleLR(optimizer, { maxLr: 1, totalSteps: 10, pctStart: 0.5 });
  expect(optimizer.paramGroups[0]!.betas).toEqual([0.95, 0.99]);
  for (let t = 0; t < 4; t++) scheduler.step();
  expect(optimizer.paramGroups[0]!.betas).toEqual([0.85, 0.99]);
});

describe('schedulers of schedulers', () => {
  const sequence = (o: Optimizer): Steps =>
    new SequentialLR(o, {
      schedulers: [
        new LinearLR(o, { totalIters: 3 }),
        new StepLR(o, { stepSize: 2 }),
        new ExponentialLR(o, { gamma: 0.9 }),
      ],
      milestones: [3, 8],
    });
  const chain = (o: Optimizer): Steps =>
    new ChainedScheduler([new ConstantLR(o, { totalIters: 3 }), new CosineAnnealingLR(o, { tMax: 20 })]);

  test.each([['SequentialLR', sequence] as const, ['ChainedScheduler', chain] as const])(
    '%s goes on where it was saved',
    (_, make) => {
      const [before, after] = [sgd(0.5, 2), sgd(0.5, 2)];
      const [scheduler, resumed] = [make(before), make(after)];
      for (let t = 0; t < 5; t++) scheduler.step();
      after.loadStateDict(before.stateDict());
      resumed.loadStateDict(scheduler.stateDict());
      for (let t = 0; t < 9; t++) {
        scheduler.step();
        resumed.step();
        expect(resumed.getLastLr()).toEqual(scheduler.getLastLr());
      }
    },
  );

  test('a chain multiplies', () => {
    const optimizer = sgd(1);
    const scheduler = new ChainedScheduler([
      new ExponentialLR(optimizer, { gamma: 0.5 }),
      new StepLR(optimizer, { stepSize: 2, gamma: 0.1 }),
    ]);
    const rates = [1, 2, 3].map(() => {
      scheduler.step();
      return scheduler.getLastLr()[0]!;
    });
    expect(rates).toEqual([0.5, 0.025, 0.0125]);
  });
});

const o = sgd(1, 2);
const bad: readonly [string, () => unknown, RegExp][] = [
  [
    'no optimizer',
    () => new StepLR({} as Optimizer, { stepSize: 1 }),
    /^StepLR: expected an optimizer as the first argument/,
  ],
  [
    'a step size of 0',
    () => new StepLR(o, { stepSize: 0 }),
    /^StepLR: stepSize must be a whole number of at least 1; given 0/,
  ],
  [
    'a gamma that is none',
    () => new ExponentialLR(o, { gamma: NaN }),
    /^ExponentialLR: gamma must be a number; given NaN/,
  ],
  [
    'milestones that are no list',
    () => new MultiStepLR(o, { milestones: 3 as never }),
    /^MultiStepLR: milestones must be a list of steps; given 3/,
  ],
  [
    'too few functions',
    () => new LambdaLR(o, [() => 1]),
    /^LambdaLR: expected a function of the steps, or one for each of the 2 groups/,
  ],
  [
    'a factor above 1',
    () => new ConstantLR(o, { factor: 2 }),
    /^ConstantLR: factor must be a number from 0 to 1; given 2/,
  ],
  ['a start of 0', () => new LinearLR(o, { startFactor: 0 }), /^LinearLR: startFactor must be above 0; given 0/],
  [
    'no number of steps',
    () => new OneCycleLR(o, { maxLr: 1 }),
    /^OneCycleLR: expected totalSteps, or epochs and stepsPerEpoch/,
  ],
  [
    'too few rates',
    () => new OneCycleLR(o, { maxLr: [1], totalSteps: 9 }),
    /^OneCycleLR: maxLr must be a number, or one for each of the 2 groups; given \[1\]/,
  ],
  [
    'no such way',
    () => new OneCycleLR(o, { maxLr: 1, totalSteps: 9, annealStrategy: 'up' as never }),
    /^OneCycleLR: annealStrategy must be 'cos' or 'linear'; given 'up'/,
  ],
  [
    'no such part',
    () => new OneCycleLR(o, { maxLr: 1, totalSteps: 9, pctStart: 2 }),
    /^OneCycleLR: pctStart must be a number from 0 to 1; given 2/,
  ],
  [
    'no such mode',
    () => new CyclicLR(o, { baseLr: 0, maxLr: 1, mode: 'round' as never }),
    /^CyclicLR: mode must be 'triangular'/,
  ],
  [
    'a factor that raises',
    () => new ReduceLROnPlateau(o, { factor: 1 }),
    /^ReduceLROnPlateau: factor must be below 1; given 1/,
  ],
  [
    'no such goal',
    () => new ReduceLROnPlateau(o, { mode: 'best' as never }),
    /^ReduceLROnPlateau: mode must be 'min' or 'max'; given 'best'/,
  ],
  [
    'no such threshold',
    () => new ReduceLROnPlateau(o, { thresholdMode: 'far' as never }),
    /^ReduceLROnPlateau: thresholdMode must be 'rel' or 'abs'/,
  ],
  [
    'a tensor as the metric',
    () => new ReduceLROnPlateau(o).step(zeros([]) as never),
    /^ReduceLROnPlateau: expected the metric as a number; given .*: await loss\.item\(\)/,
  ],
  ['no optimizer to watch', () => new ReduceLROnPlateau(null as never), /^ReduceLROnPlateau: expected an optimizer/],
  ['no schedulers', () => new ChainedScheduler([]), /^ChainedScheduler: expected at least one scheduler; given none/],
  [
    'a scheduler of another optimizer',
    () => new SequentialLR(sgd(1), { schedulers: [new StepLR(o, { stepSize: 1 })], milestones: [] }),
    /^SequentialLR: the scheduler at position 0 is of another optimizer/,
  ],
  [
    'something else in a chain',
    () => new ChainedScheduler([new StepLR(o, { stepSize: 1 }), 3 as never]),
    /^ChainedScheduler: expected a scheduler at position 1; given 3/,
  ],
  [
    'falling milestones',
    () => new SequentialLR(o, { schedulers: [1, 2, 3].map(() => new StepLR(o, { stepSize: 1 })), milestones: [5, 4] }),
    /^SequentialLR: expected 2 rising milestones for 3 schedulers; given \[5, 4\]/,
  ],
  [
    'a state of something else',
    () => new StepLR(o, { stepSize: 1 }).loadStateDict({ best: 1 }),
    /^StepLR: expected a state dict with steps and the initial rates of 2 groups/,
  ],
  [
    'a state of a plateau',
    () => new ReduceLROnPlateau(o).loadStateDict({ steps: 1 }),
    /^ReduceLROnPlateau: expected a state dict with best, bad and rest/,
  ],
  [
    'the state of fewer schedulers',
    () => new ChainedScheduler([new StepLR(o, { stepSize: 1 })]).loadStateDict({ schedulers: [] }),
    /^ChainedScheduler: expected the states of 1 schedulers; given \[\]/,
  ],
];

test.each(bad)('%s', (_, call, message) => {
  expect(call).toThrow(ArgumentError);
  expect(call).toThrow(message);
});

test('a cycle ends with an error that says so', () => {
  const scheduler = new OneCycleLR(sgd(1), { maxLr: 1, totalSteps: 2 });
  scheduler.step();
  scheduler.step();
  expect(() => scheduler.step()).toThrow(
    /^OneCycleLR: step 3 lies behind the 2 steps of the cycle: give a larger totalSteps/,
  );
});

test('what has no momentum cannot cycle it', async () => {
  const { Optimizer } = await import('@tapegrad/optim');
  class Still extends Optimizer {
    protected override update(): never {
      throw new Error('it takes no step here');
    }
  }
  const optimizer = new Still('Still', [new Parameter(zeros([1]))], { lr: 1 });
  expect(() => new CyclicLR(optimizer, { baseLr: 0, maxLr: 1 })).toThrow(
    /^CyclicLR: Still has neither momentum nor betas to cycle: give \{ cycleMomentum: false \}/,
  );
});
