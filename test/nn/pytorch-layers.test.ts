/** Layers against PyTorch's values and gradients. */

import {
  type AnyTensor,
  dropout,
  elu,
  gelu,
  type IntTensor,
  leakyRelu,
  logSigmoid,
  mish,
  relu,
  relu6,
  setDevice,
  sigmoid,
  silu,
  softplus,
  softsign,
  type Tensor,
  tanh,
} from '@tapegrad/core';
import { Embedding, Linear, LSTM, LSTMCell, layerNorm, linear, type Module } from '@tapegrad/nn';
import type { GoldenCase } from '../golden/load.ts';
import { type Inputs, type Ran, testGroup } from './golden.ts';

await setDevice('cpu'); // which has f64

/** Loads the inputs that are parameters into a module, whose own tensors are then the leaves. */
function withParameters<M extends Module>(module: M, inputs: Inputs): [M, Record<string, Tensor>] {
  const own = Object.fromEntries(module.namedParameters());
  module.loadStateDict(new Map(Object.keys(own).map((name) => [name, inputs[name]!])));
  return [module, { ...(inputs as Record<string, Tensor>), ...own }];
}

const dtypeOf = (x: AnyTensor): 'f32' | 'f64' => x.dtype as 'f32' | 'f64';

testGroup(
  'lstm',
  {
    'nn.LSTM'({ args }, inputs): Ran {
      const x = inputs.input as Tensor;
      const layer = new LSTM(args.input_size as number, args.hidden_size as number, {
        numLayers: args.num_layers as number,
        bias: args.bias as boolean,
        batchFirst: args.batch_first as boolean,
        bidirectional: args.bidirectional as boolean,
        dtype: dtypeOf(x),
      });
      const [lstm, leaves] = withParameters(layer, inputs);
      const state = inputs.h0 ? ([inputs.h0, inputs.c0] as [Tensor, Tensor]) : undefined;
      const [output, [hn, cn]] = lstm.forward(x, state);
      return { outputs: { output, hn, cn }, leaves };
    },
    'nn.LSTMCell'({ args }, inputs): Ran {
      const x = inputs.input as Tensor;
      const layer = new LSTMCell(args.input_size as number, args.hidden_size as number, {
        bias: args.bias as boolean,
        dtype: dtypeOf(x),
      });
      const [cell, leaves] = withParameters(layer, inputs);
      const [h1, c1] = cell.forward(x, [inputs.h0 as Tensor, inputs.c0 as Tensor]);
      return { outputs: { h1, c1 }, leaves };
    },
  },
  [
    [/^packed_/, 'packed sequences come with a later issue'],
    [/^proj/, 'projections (proj_size) come with a later issue'],
  ],
);

/** The table of an embedding and the case's options. */
function embeddingOf(c: GoldenCase, inputs: Inputs): [Embedding, Record<string, Tensor>] {
  const weight = inputs.weight as Tensor;
  const [V, D] = weight.shape as [number, number];
  const paddingIdx = c.args.padding_idx as number | undefined;
  return withParameters(new Embedding(V, D, { paddingIdx, dtype: dtypeOf(weight) }), inputs);
}

testGroup(
  'embedding_linear',
  {
    'F.embedding'(c, inputs): Ran {
      const [layer, leaves] = embeddingOf(c, inputs);
      return { outputs: { out: layer.forward(inputs.input as IntTensor) }, leaves };
    },
    emb_twice(c, inputs): Ran {
      const [layer, leaves] = embeddingOf(c, inputs);
      const [a, b] = [layer.forward(inputs.i as IntTensor), layer.forward(inputs.j as IntTensor)];
      return { outputs: { out: a.mul(b) }, leaves };
    },
    tied(c, inputs): Ran {
      const [layer, leaves] = embeddingOf(c, inputs);
      const head = new Linear(4, 7, { bias: false });
      head.weight = layer.weight;
      return { outputs: { out: head.forward(layer.forward(inputs.input as IntTensor).tanh()) }, leaves };
    },
    'F.linear': (_, { input, weight, bias }) => ({
      outputs: { out: linear(input as Tensor, weight as Tensor, bias as Tensor | undefined) },
    }),
  },
  [
    [/^emb_scale_freq$/, 'scale_grad_by_freq comes with a later issue'],
    [/^emb_max_norm_/, 'max_norm comes with a later issue'],
  ],
);

const unary =
  (f: (x: Tensor, args: Readonly<Record<string, number>>) => Tensor) =>
  ({ args }: GoldenCase, { input }: Inputs): Ran => ({
    outputs: { out: f(input as Tensor, args as Readonly<Record<string, number>>) },
  });

const tail = 'comes with the long tail of activations';
testGroup(
  'norm_activation',
  {
    'F.layer_norm': ({ args }, { input, weight, bias }) => ({
      outputs: {
        out: layerNorm(input as Tensor, args.normalized_shape as number[], weight as Tensor, bias as Tensor, {
          eps: args.eps as number,
        }),
      },
    }),
    'F.dropout': ({ args }, { input }) => ({
      outputs: { out: dropout(input as Tensor, args.p as number, { training: args.training as boolean }) },
    }),
    'F.relu': unary((x) => relu(x)),
    'F.relu6': unary((x) => relu6(x)),
    'F.silu': unary((x) => silu(x)),
    'F.mish': unary((x) => mish(x)),
    'F.softsign': unary((x) => softsign(x)),
    'F.logsigmoid': unary((x) => logSigmoid(x)),
    'torch.sigmoid': unary((x) => sigmoid(x)),
    'torch.tanh': unary((x) => tanh(x)),
    'F.gelu': ({ args }, { input }) => ({
      outputs: { out: gelu(input as Tensor, { approximate: args.approximate as 'none' | 'tanh' }) },
    }),
    'F.softplus': unary((x, { beta, threshold }) =>
      softplus(x, { ...(beta && { beta }), ...(threshold && { threshold }) }),
    ),
    'F.elu': unary((x, { alpha }) => elu(x, alpha === undefined ? {} : { alpha })),
    'F.leaky_relu': unary((x, args) =>
      leakyRelu(x, args.negative_slope === undefined ? {} : { negativeSlope: args.negative_slope }),
    ),
  },
  [[/^(edge_)?(hardtanh|selu|hardsigmoid|hardswish|glu|prelu)$/, tail]],
);
