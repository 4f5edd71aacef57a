/** Other units for a language model's mean cross-entropy. */

import type { Tensor } from '@tapegrad/core';

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
