/** Other units for a language model's mean cross-entropy. */

import { ArgumentError, type Tensor } from '@tapegrad/core';

/**
 * Between how many equally probable tokens a model hesitates, on average.
 *
 * Equation: exp(l)
 *
 * Shapes: any. Units: nats per token in, a number of tokens out.
 *
 * Source: Jelinek et al. 1977.
 *
 * ```ts
 * import { perplexity } from '@tapegrad/nn';
 *
 * console.log(perplexity(Math.log(65)).toFixed(2)); // 65.00
 * ```
 */
export function perplexity(nats: number): number;
export function perplexity(nats: Tensor): Tensor;
export function perplexity(nats: number | Tensor): number | Tensor {
  return typeof nats === 'number' ? Math.exp(nats) : nats.exp();
}

/**
 * The same surprise in bits: what an ideal coder that uses the model needs for a token.
 *
 * Equation: l / log 2
 *
 * Shapes: any. Units: nats per token in, bits per token out (bits per character where tokens are characters).
 *
 * Source: Shannon 1948.
 *
 * ```ts
 * import { bitsPerToken } from '@tapegrad/nn';
 *
 * console.log(bitsPerToken(Math.log(256)).toFixed(2)); // 8.00
 * ```
 */
export function bitsPerToken(nats: number): number;
export function bitsPerToken(nats: Tensor): Tensor;
export function bitsPerToken(nats: number | Tensor): number | Tensor {
  return typeof nats === 'number' ? nats / Math.LN2 : nats.div(Math.LN2);
}

/** How long the text was that a loss is about. */
export interface TextLength {
  /** Tokens that the loss is the mean of. */
  readonly tokens: number;
  /** Bytes of the text that these tokens spell: `new TextEncoder().encode(text).length`. */
  readonly bytes: number;
}

/**
 * The same surprise for each byte of the text: comparable between models whose tokens differ.
 *
 * Equation: l tokens / (bytes log 2)
 *
 * Shapes: any. Units: nats per token in, bits per byte out.
 *
 * Throws: ArgumentError where a length is no positive number.
 *
 * Source: Gao et al. 2020, https://arxiv.org/abs/2101.00027, section 3.1.
 *
 * ```ts
 * import { bitsPerByte } from '@tapegrad/nn/metrics';
 *
 * const text = 'naïve'; // 5 characters, 6 bytes
 * const bytes = new TextEncoder().encode(text).length;
 * console.log(bitsPerByte(3 * Math.LN2, { tokens: text.length, bytes })); // 2.5
 * ```
 */
export function bitsPerByte(nats: number, length: TextLength): number;
export function bitsPerByte(nats: Tensor, length: TextLength): Tensor;
export function bitsPerByte(nats: number | Tensor, { tokens, bytes }: TextLength): number | Tensor {
  if (!(tokens > 0 && bytes > 0 && tokens < Infinity && bytes < Infinity))
    throw new ArgumentError(`bitsPerByte: expected positive lengths; given ${tokens} tokens and ${bytes} bytes`);
  const bitsPerNat = tokens / (bytes * Math.LN2);
  return typeof nats === 'number' ? nats * bitsPerNat : nats.mul(bitsPerNat);
}
