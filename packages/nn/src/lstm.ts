/** Long short-term memory. T: time, B: batch, D: input features, H: hidden features, L: layers times directions. */

import {
  ArgumentError,
  cat,
  dropout,
  type LstmWeights,
  lstm,
  Parameter,
  type Shape,
  ShapeError,
  scope,
  showShape,
  stack,
  type Tensor,
  zeros,
} from '@tapegrad/core';
import * as init from './init.ts';
import { Module, type PlaceOptions } from './module.ts';

/** What an LSTM remembers: the hidden state h and the cell state c. */
export type LSTMState = [h: Tensor, c: Tensor];

export interface LSTMOptions extends PlaceOptions {
  /** Layers on top of each other. */
  readonly numLayers?: number | undefined;
  readonly bias?: boolean | undefined;
  /** Input and output are [B, T, ...] instead of [T, B, ...]; the state stays [L, B, H]. */
  readonly batchFirst?: boolean | undefined;
  /** Probability of dropping an output between two layers, while training. */
  readonly dropout?: number | undefined;
  /** A second direction, from the last step to the first, whose outputs stand beside the first one's: 2H features. */
  readonly bidirectional?: boolean | undefined;
}

/**
 * A long short-term memory over whole sequences, one recorded operation a layer and direction. Parameters have PyTorch's
 * names, `weight_ih_l0` [4H, D], `weight_hh_l0` [4H, H], `bias_ih_l0` and `bias_hh_l0` [4H], then `..._l1`; the
 * second direction's end in `_reverse`. They are first drawn uniformly from +-1/sqrt(H).
 *
 * Equation: i, f, o = sigmoid(...), g = tanh(...), each of W_ih x + b_ih + W_hh h + b_hh;
 * c' = f c + i g; h' = o tanh(c'). The state is zeros where none is given.
 *
 * Shapes: x [T, B, D] ([B, T, D] with `batchFirst`), or [T, D] without a batch; h and c [L, B, H], or [L, H]; result
 * [output, [hn, cn]], output like x with H features (2H if bidirectional), hn and cn like h and c.
 *
 * Throws: ShapeError, ArgumentError, DTypeError, DeviceError.
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.LSTM.html
 *
 * ```ts
 * import { randn } from '@tapegrad/core';
 * import { LSTM } from '@tapegrad/nn';
 *
 * const layer = new LSTM(10, 20, { numLayers: 2, batchFirst: true });
 * const [output, [hn]] = layer.forward(randn([3, 5, 10]));
 * console.log(output.shape, hn.shape); // [ 3, 5, 20 ] [ 2, 3, 20 ]
 * ```
 */
export class LSTM extends Module {
  readonly inputSize: number;
  readonly hiddenSize: number;
  readonly numLayers: number;
  readonly bias: boolean;
  readonly batchFirst: boolean;
  readonly dropout: number;
  readonly bidirectional: boolean;
  /** One entry a layer and direction: layer 0, layer 0 reverse, layer 1... */
  readonly #weights: LstmWeights[] = [];

  constructor(
    inputSize: number,
    hiddenSize: number,
    { numLayers = 1, bias = true, batchFirst = false, dropout = 0, bidirectional = false, ...place }: LSTMOptions = {},
  ) {
    super();
    if (!Number.isInteger(numLayers) || numLayers < 1)
      throw new ArgumentError(`LSTM: expected numLayers of 1 or more; given ${numLayers}`);
    if (!(dropout >= 0 && dropout <= 1))
      throw new ArgumentError(`LSTM: expected dropout to be a probability from 0 to 1; given ${dropout}`);
    this.inputSize = inputSize;
    this.hiddenSize = hiddenSize;
    this.numLayers = numLayers;
    this.bias = bias;
    this.batchFirst = batchFirst;
    this.dropout = dropout;
    this.bidirectional = bidirectional;

    const directions = bidirectional ? ['', '_reverse'] : [''];
    for (let layer = 0; layer < numLayers; layer++) {
      for (const direction of directions) {
        const features = layer === 0 ? inputSize : hiddenSize * directions.length;
        const make = (name: string, shape: Shape): Parameter =>
          this.registerParameter(`${name}_l${layer}${direction}`, new Parameter(zeros(shape, place)));
        this.#weights.push({
          weightIh: make('weight_ih', [4 * hiddenSize, features]),
          weightHh: make('weight_hh', [4 * hiddenSize, hiddenSize]),
          biasIh: bias ? make('bias_ih', [4 * hiddenSize]) : undefined,
          biasHh: bias ? make('bias_hh', [4 * hiddenSize]) : undefined,
        });
      }
    }
    this.resetParameters();
  }

  /** Draws the parameters anew. */
  resetParameters(): void {
    const bound = 1 / Math.sqrt(this.hiddenSize);
    for (const parameter of this.parameters()) init.uniform(parameter, { a: -bound, b: bound });
  }

  forward(x: Tensor, state?: Readonly<LSTMState>): [output: Tensor, state: LSTMState] {
    return scope(() => this.#layers(x, state)); // zeros to begin with, and other things that nobody else sees
  }

  #layers(x: Tensor, state: Readonly<LSTMState> | undefined): [output: Tensor, state: LSTMState] {
    const batched = this.#checkInput(x).rank === 3;
    const timeFirst = !batched ? x.unsqueeze(1) : this.batchFirst ? x.transpose(0, 1) : x;
    const [h0, c0] = this.#initialState(timeFirst, batched, state);
    const directions = this.bidirectional ? 2 : 1;
    const last: LSTMState[] = [];
    let y = timeFirst;
    for (let layer = 0; layer < this.numLayers; layer++) {
      if (layer > 0) y = dropout(y, this.dropout, { training: this.training });
      const outputs = Array.from({ length: directions }, (_, direction) => {
        const k = layer * directions + direction;
        const [output, hn, cn] = lstm(y, [h0.select(0, k), c0.select(0, k)], this.#weights[k]!, {
          reverse: direction === 1,
        });
        last.push([hn, cn]);
        return output;
      });
      y = outputs.length === 1 ? outputs[0]! : cat(outputs, 2);
    }
    const together = (states: Tensor[]): Tensor => (states.length === 1 ? states[0]!.unsqueeze(0) : stack(states));
    const [hn, cn] = [together(last.map(([h]) => h)), together(last.map(([, c]) => c))];
    if (!batched) return [y.squeeze(1), [hn.squeeze(1), cn.squeeze(1)]];
    return [this.batchFirst ? y.transpose(0, 1) : y, [hn, cn]];
  }

  override describe(): string {
    const options = [
      this.numLayers > 1 && `numLayers=${this.numLayers}`,
      !this.bias && 'bias=false',
      this.batchFirst && 'batchFirst=true',
      this.dropout > 0 && `dropout=${this.dropout}`,
      this.bidirectional && 'bidirectional=true',
    ];
    return [this.inputSize, this.hiddenSize, ...options.filter(Boolean)].join(', ');
  }

  #checkInput(x: Tensor): Tensor {
    if ((x.rank === 2 || x.rank === 3) && x.shape.at(-1) === this.inputSize) return x;
    const batch = this.batchFirst ? '[B, T, D]' : '[T, B, D]';
    throw new ShapeError(
      `LSTM: expected x ${batch}, or [T, D] without a batch, with D = ${this.inputSize}; given ${showShape(x.shape)}`,
    );
  }

  /** The given state with a batch dimension, or zeros. */
  #initialState(x: Tensor, batched: boolean, state: Readonly<LSTMState> | undefined): LSTMState {
    const count = this.#weights.length;
    const [B, H] = [x.shape[1]!, this.hiddenSize];
    if (!state) {
      const none = zeros([count, B, H], { dtype: x.dtype, device: x.device.name });
      return [none, none];
    }
    const expected = batched ? [count, B, H] : [count, H];
    for (const [k, name] of ['h', 'c'].entries()) {
      const { shape } = state[k]!;
      if (shape.join() !== expected.join()) {
        throw new ShapeError(
          `LSTM: expected the state ${name} to be [layers * directions${batched ? ', B' : ''}, H] = ${showShape(expected)}; given ${showShape(shape)}`,
        );
      }
    }
    return batched ? [state[0], state[1]] : [state[0].unsqueeze(1), state[1].unsqueeze(1)];
  }
}
