/** Single operations that all contenders measure. Every call makes a new result, whose memory goes back. */

import { Parameter, randn, scope, type Tensor, tensor } from '@tapegrad/core';
import { crossEntropy } from '@tapegrad/nn';
import { tokens, uniform } from './problem.ts';

export interface Operation {
  readonly name: string;
  /** Floating-point operations of a call, where that is a measure. */
  readonly flop?: number;
  /** Bytes that a call reads and writes, where that is a measure. */
  readonly bytes?: number;
  /** How many calls the function makes that `prepare` returns; 1 where it is not given. A multiple is timed by its mean. */
  readonly calls?: number;
  /** Makes the operands, and a function that runs the operation. */
  prepare(): () => void;
}

const ROWS = 1600;
const CLASSES = 10_000;
const LENGTHS = { '1M': 2 ** 20, '16M': 2 ** 24 } as const;

/** What peers measure too, in their order and with their names. */
export function sharedOperations(): Operation[] {
  return [
    ...[matmul(256, 256, 256), matmul(512, 512, 512), matmul(1024, 1024, 1024), matmul(ROWS, 256, CLASSES)],
    ...[matmul(512, 512, 512, 'TN'), matmul(512, 512, 512, 'NT')],
    ...Object.entries(LENGTHS).flatMap(([label, n]) => [
      {
        bytes: 3 * 4 * n,
        ...operation(`add ${label}`, () => {
          const [a, b] = [values([n], 1), values([n], 2)];
          return () => a.add(b);
        }),
      },
      {
        bytes: 2 * 4 * n,
        ...operation(`tanh ${label}`, () => {
          const a = values([n], 1);
          return () => a.tanh();
        }),
      },
    ]),
    { name: `cross_entropy_fwd_bwd ${ROWS}x${CLASSES}`, prepare: crossEntropyBothWays },
  ];
}

/** What peers do not measure. */
export function ownOperations(): Operation[] {
  return [
    matmul(768, 768, 768),
    matmul(512, 512, 512, 'TT'),
    addTen('add 10', false),
    addTen('add 10, recorded', true),
    addTen('add 10, recorded, after large operations', true, abandonGigabytes),
  ];
}

/** What it costs to compute next to nothing, with the tape or without it. Nobody holds the results: they go back unasked. */
function addTen(name: string, requiresGrad: boolean, before?: () => void): Operation {
  const calls = 1000;
  return {
    name,
    calls,
    prepare() {
      before?.();
      const [a, b] = [randn([10], { requiresGrad }), randn([10])];
      return () => {
        for (let k = 0; k < calls; k++) a.add(b);
      };
    },
  };
}

/** More than the pool holds, so that tensors have to move out. */
function abandonGigabytes(): void {
  const large = randn([2 ** 22]);
  for (let k = 0; k < 128; k++) large.add(k);
}

/** A B, or with T in place of an N the transpose of A or B, which lies in memory as it would without the transpose. */
function matmul(m: number, k: number, n: number, form: 'NN' | 'TN' | 'NT' | 'TT' = 'NN'): Operation {
  const make = (): (() => Tensor) => {
    const a = form[0] === 'T' ? values([k, m], 1).transpose(0, 1) : values([m, k], 1);
    const b = form[1] === 'T' ? values([n, k], 2).transpose(0, 1) : values([k, n], 2);
    return () => a.matmul(b);
  };
  return { ...operation(`matmul_${form} ${m}x${k}x${n}`, make), flop: 2 * m * k * n };
}

function operation(name: string, make: () => () => Tensor): Operation {
  return {
    name,
    prepare() {
      const compute = make();
      const run = (): void => void compute();
      return () => scope(run);
    },
  };
}

/** The gradient stays: it has one buffer for life, as a parameter's has. */
function crossEntropyBothWays(): () => void {
  const logits = new Parameter(tensor(uniform(ROWS * CLASSES, 3, 1)).reshape([ROWS, CLASSES]));
  const targets = tensor(tokens(ROWS, CLASSES, 102));
  return () => {
    logits.zeroGrad();
    crossEntropy(logits, targets).backward();
  };
}

function values(shape: readonly number[], stream: number): Tensor {
  return tensor(
    uniform(
      shape.reduce((a, b) => a * b),
      1,
      stream,
    ),
  ).reshape(shape);
}
