/** A table of vectors. V: size of the vocabulary, D: features. */

import {
  ArgumentError,
  assign,
  embedding,
  type IntTensor,
  noGrad,
  norm,
  onesLike,
  Parameter,
  ShapeError,
  showShape,
  type Tensor,
  where,
  zeros,
} from '@tapegrad/core';
import * as init from './init.ts';
import { Module, type PlaceOptions } from './module.ts';

/** How rows are looked up. */
export interface LookupOptions {
  /** A row that gets no gradient, such as that of a padding token; negative ones count from the end. */
  readonly paddingIdx?: number | undefined;
  /** Rows that are looked up and longer than this are shortened to it first, in the table itself. */
  readonly maxNorm?: number | undefined;
  /** The exponent of the norm that `maxNorm` bounds. Default: 2. */
  readonly normType?: number | undefined;
  /** Divides each row's gradient by how often it was looked up. Default: false. */
  readonly scaleGradByFreq?: boolean | undefined;
}

export interface EmbeddingOptions extends LookupOptions, PlaceOptions {}

/** Options of `Embedding.fromPretrained`. */
export interface PretrainedOptions extends LookupOptions {
  /** The table gets no gradient. Default: true. */
  readonly freeze?: boolean | undefined;
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
  readonly maxNorm: number | undefined;
  readonly normType: number;
  readonly scaleGradByFreq: boolean;
  weight: Parameter;

  constructor(numEmbeddings: number, embeddingDim: number, options: EmbeddingOptions = {}) {
    super();
    const { paddingIdx, maxNorm, normType = 2, scaleGradByFreq = false, ...place } = options;
    this.numEmbeddings = numEmbeddings;
    this.embeddingDim = embeddingDim;
    this.paddingIdx = paddingIdx === undefined ? undefined : rowOf(paddingIdx, numEmbeddings);
    this.maxNorm = maxNorm === undefined ? undefined : checkMaxNorm(maxNorm);
    this.normType = normType;
    this.scaleGradByFreq = scaleGradByFreq;
    this.weight = new Parameter(zeros([numEmbeddings, embeddingDim], place));
    this.resetParameters();
  }

  /**
   * A layer with a given table [V, D], which gets no gradient unless `freeze` is false.
   *
   * ```ts
   * import { tensor } from '@tapegrad/core';
   * import { Embedding } from '@tapegrad/nn';
   *
   * const layer = Embedding.fromPretrained(tensor([[1, 2], [3, 4]]));
   * console.log(layer.forward(tensor(Int32Array.of(1)))); // tensor([[3., 4.]])
   * ```
   */
  static fromPretrained(table: Tensor, { freeze = true, ...options }: PretrainedOptions = {}): Embedding {
    if (table.rank !== 2)
      throw new ShapeError(`Embedding.fromPretrained: expected a table [V, D]; given ${showShape(table.shape)}`);
    const { dtype, device } = table;
    const layer = new Embedding(table.shape[0]!, table.shape[1]!, { ...options, dtype, device: device.name });
    noGrad(() => assign(layer.weight, table));
    layer.weight.requiresGrad = !freeze;
    return layer;
  }

  /** Draws the parameters anew. */
  resetParameters(): void {
    init.normal(this.weight);
    if (this.paddingIdx !== undefined) init.zeros(this.weight.detach().select(0, this.paddingIdx));
  }

  forward(indices: IntTensor): Tensor {
    if (this.maxNorm !== undefined) shorten(this.weight, indices, this.maxNorm, this.normType);
    const rows = embedding(this.weight, indices);
    const shared = this.scaleGradByFreq ? withGradDivided(rows, timesIn(indices, this.numEmbeddings)) : rows;
    if (this.paddingIdx === undefined) return shared;
    return where(indices.eq(this.paddingIdx).unsqueeze(-1), rows.detach(), shared);
  }

  override describe(): string {
    const padding = this.paddingIdx === undefined ? '' : `, paddingIdx=${this.paddingIdx}`;
    return `${this.numEmbeddings}, ${this.embeddingDim}${padding}`;
  }
}

/** Rows that are longer than allowed become as long as allowed, in place. */
function shorten(weight: Tensor, indices: IntTensor, maxNorm: number, p: number): void {
  noGrad(() => {
    const flat = indices.reshape([indices.size]);
    const rows = embedding(weight.detach(), flat);
    const lengths = norm(rows, { p, dim: 1, keepdim: true });
    const factor = where(lengths.gt(maxNorm), lengths.add(1e-7).reciprocal().mul(maxNorm), 1);
    assign(weight, weight.detach().indexCopy(0, flat, rows.mul(factor)));
  });
}

/** How often each index stands among the indices, in their shape. */
function timesIn(indices: IntTensor, V: number): IntTensor {
  const flat = indices.reshape([indices.size]);
  const none = zeros([V], { dtype: 'i32', device: indices.device.name });
  return none.scatterAdd(0, flat, onesLike(flat)).gather(0, flat).reshape(indices.shape);
}

/** The same values; the gradient is divided. */
function withGradDivided(rows: Tensor, by: IntTensor): Tensor {
  const part = by.cast(rows.dtype).unsqueeze(-1) as unknown as Tensor;
  const share = rows.div(part);
  return share.add(rows.sub(share).detach());
}

function checkMaxNorm(maxNorm: number): number {
  if (!(maxNorm > 0)) throw new ArgumentError(`Embedding: expected a maxNorm above 0; given ${maxNorm}`);
  return maxNorm;
}

/** Throws: ArgumentError. */
function rowOf(paddingIdx: number, rows: number): number {
  if (!Number.isInteger(paddingIdx) || paddingIdx < -rows || paddingIdx >= rows)
    throw new ArgumentError(`Embedding: paddingIdx ${paddingIdx} is out of range: expected ${-rows} to ${rows - 1}`);
  return paddingIdx < 0 ? paddingIdx + rows : paddingIdx;
}
