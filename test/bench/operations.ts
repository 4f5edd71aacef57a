/** Single operations that all contenders measure. Every call makes a new result, whose memory goes back. */

import { Parameter, randn, scope, type Tensor, tensor } from '@tapegrad/core';
import { crossEntropy } from '@tapegrad/nn';
import { tokens, uniform } from './problem.ts';

export interface Operation {
  readonly name: string;
  /** Floating-point operations of a call, where that is a measure. */
  readonly flop?: number;
  /** Makes the operands, and a function that runs the operation once. */
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
      operation(`add ${label}`, () => {
        const [a, b] = [values([n], 1), values([n], 2)];
        return () => a.add(b);
      }),
      operation(`tanh ${label}`, () => {
        const a = values([n], 1);
        return () => a.tanh();
      }),
    ]),
    { name: `cross_entropy_fwd_bwd ${ROWS}x${CLASSES}`, prepare: crossEntropyBothWays },
  ];
}

/** What it costs to compute next to nothing, with the tape and without it: milliseconds of 1000 are microseconds of one. */
export function overheads(): Operation[] {
  const thousand = (name: string, requiresGrad: boolean): Operation => ({
    name,
    prepare() {
      const [a, b] = [randn([10], { requiresGrad }), randn([10])];
      return () => {
        for (let k = 0; k < 1000; k++) a.add(b);
      };
    },
  });
  return [thousand('add 10, 1000 times', false), thousand('add 10, 1000 times, recorded', true)];
}

/** A B, or with TN A^T B, or with NT A B^T; the operand lies in memory as it would be without the transpose. */
function matmul(m: number, k: number, n: number, form: 'NN' | 'TN' | 'NT' = 'NN'): Operation {
  const make = (): (() => Tensor) => {
    const a = form === 'TN' ? values([k, m], 1).transpose(0, 1) : values([m, k], 1);
    const b = form === 'NT' ? values([n, k], 2).transpose(0, 1) : values([k, n], 2);
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
