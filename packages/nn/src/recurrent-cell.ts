/** What RNNCell, GRUCell and LSTMCell share. B: batch, D: input features, H: hidden features. */

import { ArgumentError, Parameter, ShapeError, sameShape, scope, showShape, type Tensor, zeros } from '@tapegrad/core';
import * as init from './init.ts';
import { Module, type PlaceOptions } from './module.ts';

export interface CellOptions extends PlaceOptions {
  /** Whether there are biases. Default: true. */
  readonly bias?: boolean | undefined;
}

/** What makes a cell that of an RNN, a GRU or an LSTM. */
export interface CellFamily {
  readonly name: string;
  /** How many rows of H the weights have. */
  readonly gates: number;
  /** How many tensors [B, H] are remembered. */
  readonly states: number;
}

/**
 * One step. Parameters are `weight_ih` [GH, D], `weight_hh` [GH, H], `bias_ih` and `bias_hh` [GH], G being the gates; they
 * are first drawn uniformly from +-1/sqrt(H).
 */
export abstract class RecurrentCell extends Module {
  readonly inputSize: number;
  readonly hiddenSize: number;
  weightIh: Parameter;
  weightHh: Parameter;
  biasIh: Parameter | undefined;
  biasHh: Parameter | undefined;
  readonly #family: CellFamily;

  protected constructor(
    family: CellFamily,
    inputSize: number,
    hiddenSize: number,
    { bias = true, ...place }: CellOptions,
  ) {
    super();
    if (!Number.isInteger(hiddenSize) || hiddenSize < 1)
      throw new ArgumentError(`${family.name}: expected hiddenSize of 1 or more; given ${hiddenSize}`);
    this.inputSize = inputSize;
    this.hiddenSize = hiddenSize;
    this.#family = family;
    const rows = family.gates * hiddenSize;
    this.weightIh = new Parameter(zeros([rows, inputSize], place));
    this.weightHh = new Parameter(zeros([rows, hiddenSize], place));
    if (bias) {
      this.biasIh = new Parameter(zeros([rows], place));
      this.biasHh = new Parameter(zeros([rows], place));
    }
    this.resetParameters();
  }

  /** Draws the parameters anew. */
  resetParameters(): void {
    const bound = 1 / Math.sqrt(this.hiddenSize);
    for (const parameter of this.parameters()) init.uniform(parameter, { a: -bound, b: bound });
  }

  override describe(): string {
    return `${this.inputSize}, ${this.hiddenSize}${this.biasIh ? '' : ', bias=false'}`;
  }

  /** The next state, from x and a state with or without a batch; zeros where none is given. */
  protected step(
    x: Tensor,
    state: readonly Tensor[] | undefined,
    run: (x: Tensor, state: Tensor[]) => readonly Tensor[],
  ): Tensor[] {
    const [D, H] = [this.inputSize, this.hiddenSize];
    const { name, states } = this.#family;
    if (x.rank < 1 || x.rank > 2 || x.shape.at(-1) !== D)
      throw new ShapeError(`${name}: expected x [B, D] or [D] with D = ${D}; given ${showShape(x.shape)}`);
    const expected = x.shape.with(-1, H);
    for (const s of state ?? []) {
      if (!sameShape(s.shape, expected)) {
        throw new ShapeError(
          `${name}: expected states ${showShape(expected)} for x ${showShape(x.shape)}; given ${showShape(s.shape)}`,
        );
      }
    }
    return scope(() => {
      const zero = (): Tensor => zeros(expected, { dtype: x.dtype, device: x.device.name });
      const begin = state ?? Array.from({ length: states }, zero);
      const next = run(
        x.reshape([-1, D]),
        begin.map((s) => s.reshape([-1, H])),
      );
      return next.map((s) => s.reshape(expected));
    });
  }
}
