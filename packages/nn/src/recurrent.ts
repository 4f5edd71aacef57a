/** What RNN, GRU and LSTM share. T: time, B: batch, D: input features, H: hidden features, L: layers times directions. */

import {
  ArgumentError,
  cat,
  dropout,
  type LstmWeights,
  Parameter,
  type SequenceOptions,
  type Shape,
  ShapeError,
  sameShape,
  scope,
  showShape,
  stack,
  Tensor,
  zeros,
} from '@tapegrad/core';
import * as init from './init.ts';
import { Module, type PlaceOptions } from './module.ts';
import { blocksOf, dataOf, runBackward, runForward } from './recurrent-blocks.ts';
import { indices, type PackedSequence } from './utils/packed-sequence.ts';

export interface RecurrentOptions extends PlaceOptions {
  /** Layers on top of each other. Default: 1. */
  readonly numLayers?: number | undefined;
  /** Whether there are biases. Default: true. */
  readonly bias?: boolean | undefined;
  /** Input and output are [B, T, ...] instead of [T, B, ...]; the state stays [L, B, H]. Default: false. */
  readonly batchFirst?: boolean | undefined;
  /** Probability of dropping an output between two layers, while training. Default: 0. */
  readonly dropout?: number | undefined;
  /** A second direction, from the last step to the first, whose outputs stand beside the first one's. Default: false. */
  readonly bidirectional?: boolean | undefined;
}

/** What makes a layer an RNN, a GRU or an LSTM. */
export interface Family {
  readonly name: string;
  /** How many rows of H the weights have. */
  readonly gates: number;
  /** What is remembered, with its features; h, which is also put out, first. */
  readonly state: readonly (readonly [name: string, features: number])[];
  /** One layer and direction over [T, B, D], from a state [B, ...]: outputs, then the last state. */
  readonly run: (
    x: Tensor,
    state: readonly Tensor[],
    weights: LstmWeights,
    options: SequenceOptions,
  ) => readonly [outputs: Tensor, ...state: Tensor[]];
}

/**
 * Layers and directions over whole sequences, padded or packed. Parameters have PyTorch's names, `weight_ih_l0`,
 * `weight_hh_l0`, `bias_ih_l0`, `bias_hh_l0`, then `..._l1`; the second direction's end in `_reverse`. They are first drawn
 * uniformly from +-1/sqrt(H).
 */
export abstract class Recurrent extends Module {
  readonly inputSize: number;
  readonly hiddenSize: number;
  readonly numLayers: number;
  readonly bias: boolean;
  readonly batchFirst: boolean;
  readonly dropout: number;
  readonly bidirectional: boolean;
  readonly #family: Family;
  /** One entry a layer and direction: layer 0, layer 0 reverse, layer 1... */
  readonly #weights: LstmWeights[] = [];

  protected constructor(
    family: Family,
    inputSize: number,
    hiddenSize: number,
    { numLayers = 1, bias = true, batchFirst = false, dropout = 0, bidirectional = false, ...place }: RecurrentOptions,
  ) {
    super();
    for (const [name, size] of Object.entries({ hiddenSize, numLayers })) {
      if (!Number.isInteger(size) || size < 1)
        throw new ArgumentError(`${family.name}: expected ${name} of 1 or more; given ${size}`);
    }
    if (!(dropout >= 0 && dropout <= 1))
      throw new ArgumentError(`${family.name}: expected dropout to be a probability from 0 to 1; given ${dropout}`);
    this.inputSize = inputSize;
    this.hiddenSize = hiddenSize;
    this.numLayers = numLayers;
    this.bias = bias;
    this.batchFirst = batchFirst;
    this.dropout = dropout;
    this.bidirectional = bidirectional;
    this.#family = family;

    const directions = bidirectional ? ['', '_reverse'] : [''];
    const [rows, outputs] = [family.gates * hiddenSize, family.state[0]![1]];
    for (let layer = 0; layer < numLayers; layer++) {
      for (const direction of directions) {
        const features = layer === 0 ? inputSize : outputs * directions.length;
        const make = (name: string, shape: Shape): Parameter =>
          this.registerParameter(`${name}_l${layer}${direction}`, new Parameter(zeros(shape, place)));
        this.#weights.push({
          weightIh: make('weight_ih', [rows, features]),
          weightHh: make('weight_hh', [rows, outputs]),
          biasIh: bias ? make('bias_ih', [rows]) : undefined,
          biasHh: bias ? make('bias_hh', [rows]) : undefined,
          weightHr: outputs === hiddenSize ? undefined : make('weight_hr', [outputs, hiddenSize]),
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

  /** Outputs of the kind that the input is, and the last states, each [L, B, ...]. Zeros are the state where none is given. */
  protected run(
    x: Tensor | PackedSequence,
    state: readonly Tensor[] | undefined,
  ): [output: Tensor | PackedSequence, state: Tensor[]] {
    return scope(() => (x instanceof Tensor ? this.#runPadded(x, state) : this.#runPacked(x, state)));
  }

  #runPadded(x: Tensor, state: readonly Tensor[] | undefined): [Tensor, Tensor[]] {
    const batched = this.#checkPadded(x).rank === 3;
    const timeFirst = !batched ? x.unsqueeze(1) : this.batchFirst ? x.transpose(0, 1) : x;
    const B = timeFirst.shape[1]!;
    const begin = this.#checkState(state, batched ? B : undefined)?.map((s) => (batched ? s : s.unsqueeze(1)));
    const [[y], last] = this.#layers([timeFirst], begin ?? this.#zeroState(x, B));
    if (!batched) return [y!.squeeze(1), last.map((s) => s.squeeze(1))];
    return [this.batchFirst ? y!.transpose(0, 1) : y!, last];
  }

  #runPacked(x: PackedSequence, state: readonly Tensor[] | undefined): [PackedSequence, Tensor[]] {
    const { data, sortedIndices, unsortedIndices } = this.#checkPacked(x);
    const ordered = (s: Tensor, order = sortedIndices): Tensor =>
      order ? s.indexSelect(1, indices([...order.dataSync()], s)) : s;
    const blocks = blocksOf(x);
    const B = blocks[0]!.shape[1]!;
    const begin = this.#checkState(state, B)?.map((s) => ordered(s));
    const [outputs, last] = this.#layers(blocks, begin ?? this.#zeroState(data, B));
    return [{ ...x, data: dataOf(outputs) }, last.map((s) => ordered(s, unsortedIndices))];
  }

  #layers(input: readonly Tensor[], begin: readonly Tensor[]): [outputs: Tensor[], last: Tensor[]] {
    const directions = this.bidirectional ? [runForward, runBackward] : [runForward];
    const last: Tensor[][] = [];
    let blocks = [...input];
    for (let layer = 0; layer < this.numLayers; layer++) {
      if (layer > 0) blocks = blocks.map((y) => dropout(y, this.dropout, { training: this.training }));
      const outputs = directions.map((over, direction) => {
        const k = layer * directions.length + direction;
        const [ys, state] = over(
          blocks,
          begin.map((s) => s.select(0, k)),
          (block, from) => this.#family.run(block, from, this.#weights[k]!, { reverse: direction === 1 }),
        );
        last.push(state);
        return ys;
      });
      blocks = blocks.map((_, k) =>
        outputs.length === 1
          ? outputs[0]![k]!
          : cat(
              outputs.map((ys) => ys[k]!),
              2,
            ),
      );
    }
    const together = (states: Tensor[]): Tensor => (states.length === 1 ? states[0]!.unsqueeze(0) : stack(states));
    return [blocks, begin.map((_, k) => together(last.map((state) => state[k]!)))];
  }

  #zeroState({ dtype, device }: Tensor, B: number): Tensor[] {
    const of = (features: number): Tensor => zeros([this.#weights.length, B, features], { dtype, device: device.name });
    const h = of(this.#family.state[0]![1]);
    return this.#family.state.map(([, features]) => (features === h.shape[2] ? h : of(features)));
  }

  #checkPadded(x: Tensor): Tensor {
    if ((x.rank === 2 || x.rank === 3) && x.shape.at(-1) === this.inputSize) return x;
    const batch = this.batchFirst ? '[B, T, D]' : '[T, B, D]';
    throw new ShapeError(
      `${this.#family.name}: expected x ${batch}, or [T, D] without a batch, with D = ${this.inputSize}; given ${showShape(x.shape)}`,
    );
  }

  #checkPacked(x: PackedSequence): PackedSequence {
    const { shape } = x.data;
    const steps = [...x.batchSizes.dataSync()].reduce((sum, size) => sum + size, 0);
    if (shape.length === 2 && shape[0] === steps && steps > 0 && shape[1] === this.inputSize) return x;
    throw new ShapeError(
      `${this.#family.name}: expected packed data [${steps}, D] with D = ${this.inputSize}; given ${showShape(shape)}`,
    );
  }

  /** B is undefined without a batch. */
  #checkState(state: readonly Tensor[] | undefined, B: number | undefined): readonly Tensor[] | undefined {
    const { name, state: parts } = this.#family;
    if (state && state.length !== parts.length) {
      throw new ArgumentError(
        `${name}: expected the state [${parts.map(([part]) => part).join(', ')}]; given ${state.length} tensors`,
      );
    }
    for (const [k, [part, features]] of parts.entries()) {
      const shape = state?.[k]?.shape;
      const expected = [this.#weights.length, ...(B === undefined ? [] : [B]), features];
      if (shape && !sameShape(shape, expected)) {
        throw new ShapeError(
          `${name}: expected the state ${part} to be [layers * directions${B === undefined ? '' : ', B'}, ${features === this.hiddenSize ? 'H' : 'P'}] = ${showShape(expected)}; given ${showShape(shape)}`,
        );
      }
    }
    return state;
  }
}
