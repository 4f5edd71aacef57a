/** What `pnpm bench` measures. B: batch, T: time, D: features. */
import { type IntTensor, randint, randn, type Tensor } from '@tapegrad/core';
import { Embedding, LayerNorm, Linear, LSTM, type Module } from '@tapegrad/nn';
import { ownOperations, sharedOperations } from './operations.ts';
import { MODELS } from './problem.ts';
import { makeTraining } from './training.ts';

/** A case, which may be asynchronous: `prepare` makes what it needs, and the function that is timed. */
export interface Case {
  readonly name: string;
  prepare(): () => unknown;
}

export function suites(): Readonly<Record<'operations' | 'layers' | 'training steps', readonly Case[]>> {
  return {
    operations: [...sharedOperations(), ...ownOperations()].map(({ name, calls, prepare }) => ({
      name: calls === undefined ? name : `${name}, ${calls} times`,
      prepare,
    })),
    layers: layers(),
    'training steps': (['small', 'large'] as const).map((name) => ({
      name: `model ${name}`,
      prepare: () => makeTraining(MODELS[name]),
    })),
  };
}

/** Forward and backward of one layer at the sizes of the small model. */
function layers(): Case[] {
  const { batch: B, time: T, embedding: D, hidden: H, vocab: V } = MODELS.small;
  const x = (): Tensor => randn([T, B, D]);
  return [
    layer(
      'Embedding',
      () => new Embedding(V, D),
      () => randint(0, V, [T, B]),
      (l, ids) => l.forward(ids),
    ),
    layer(
      'Linear',
      () => new Linear(D, V),
      x,
      (l, input) => l.forward(input),
    ),
    layer(
      'LayerNorm',
      () => new LayerNorm([D]),
      x,
      (l, input) => l.forward(input),
    ),
    layer(
      'LSTM',
      () => new LSTM(D, H),
      x,
      (l, input) => l.forward(input)[0],
    ),
  ];
}

function layer<L extends Module, X extends Tensor | IntTensor>(
  name: string,
  make: () => L,
  makeInput: () => X,
  forward: (layer: L, input: X) => Tensor,
): Case {
  return {
    name: `${name}, forward and backward`,
    prepare() {
      const [module, input] = [make(), makeInput()];
      return () => {
        module.zeroGrad();
        forward(module, input).sum().backward();
      };
    },
  };
}
