/** A table of vectors. V: size of the vocabulary, D: features. */

import { ArgumentError, embedding, type IntTensor, Parameter, type Tensor, where, zeros } from '@tapegrad/core';
import * as init from './init.ts';
import { Module, type PlaceOptions } from './module.ts';

export interface EmbeddingOptions extends PlaceOptions {
  /** A row that gets no gradient, such as that of a padding token; negative ones count from the end. */
  readonly paddingIdx?: number | undefined;
}

/**
 * A vector for each of V tokens, in the parameter `weight` [V, D], first drawn from a standard normal. The row
 * `paddingIdx`, if given, starts as zeros and gets no gradient.
 *
 * Shapes: indices [...] of i32; result [..., D].
 *
 * Throws: IndexError with the index and the range, DTypeError for indices that are not i32, ArgumentError.
 *
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.Embedding.html
 *
 * ```ts
 * import { tensor } from '@tapegrad/core';
 * import { Embedding } from '@tapegrad/nn';
 *
 * const layer = new Embedding(65, 16);
 * console.log(layer.forward(tensor([[1, 2, 3]], { dtype: 'i32' })).shape); // [ 1, 3, 16 ]
 * ```
 */
export class Embedding extends Module {
  readonly numEmbeddings: number;
  readonly embeddingDim: number;
  readonly paddingIdx: number | undefined;
  weight: Parameter;

  constructor(numEmbeddings: number, embeddingDim: number, { paddingIdx, ...place }: EmbeddingOptions = {}) {
    super();
    this.numEmbeddings = numEmbeddings;
    this.embeddingDim = embeddingDim;
    this.paddingIdx = paddingIdx === undefined ? undefined : rowOf(paddingIdx, numEmbeddings);
    this.weight = new Parameter(zeros([numEmbeddings, embeddingDim], place));
    this.resetParameters();
  }

  /** Draws the parameters anew. */
  resetParameters(): void {
    init.normal(this.weight);
    if (this.paddingIdx !== undefined) init.zeros(this.weight.detach().select(0, this.paddingIdx));
  }

  forward(indices: IntTensor): Tensor {
    const rows = embedding(this.weight, indices);
    if (this.paddingIdx === undefined) return rows;
    return where(indices.eq(this.paddingIdx).unsqueeze(-1), rows.detach(), rows);
  }

  override describe(): string {
    const padding = this.paddingIdx === undefined ? '' : `, paddingIdx=${this.paddingIdx}`;
    return `${this.numEmbeddings}, ${this.embeddingDim}${padding}`;
  }
}

/** Throws: ArgumentError. */
function rowOf(paddingIdx: number, rows: number): number {
  if (!Number.isInteger(paddingIdx) || paddingIdx < -rows || paddingIdx >= rows)
    throw new ArgumentError(`Embedding: paddingIdx ${paddingIdx} is out of range: expected ${-rows} to ${rows - 1}`);
  return paddingIdx < 0 ? paddingIdx + rows : paddingIdx;
}
