/** How far one distribution is from another. C: classes. */

import { ShapeError, sameShape, scope, showShape, type Tensor, where } from '@tapegrad/core';

export interface DivergenceOptions {
  /** The dimension of the classes. Default: -1, the last. */
  readonly dim?: number | undefined;
}

/**
 * How many nats more one needs who believes q where p is true. Of probabilities; `klDiv` is the loss of log probabilities.
 *
 * Equation: KL(p || q) = sum_c p[c] log(p[c] / q[c]), where 0 log(0 / q) = 0, and p log(p / 0) = Infinity
 *
 * Shapes: p and q of one shape, such as [N, C]; result that shape without the classes. Units: nats, 0 or more.
 *
 * Throws: ShapeError, IndexError, DTypeError, DeviceError.
 *
 * Source: Kullback and Leibler 1951.
 *
 * ```ts
 * import { tensor } from '@tapegrad/core';
 * import { klDivergence } from '@tapegrad/nn/metrics';
 *
 * const [p, q] = [tensor([0.5, 0.5]), tensor([0.25, 0.75])];
 * console.log(klDivergence(p, q), klDivergence(q, p)); // tensor(0.1438) tensor(0.1308)
 * ```
 */
export function klDivergence(p: Tensor, q: Tensor, { dim = -1 }: DivergenceOptions = {}): Tensor {
  checkDistributions('klDivergence', p, q);
  return scope(() => {
    const absent = p.eq(0); // where log p and log q are taken of 1, so that no gradient is 0 / 0
    const [logP, logQ] = [p, q].map((x) => where(absent, 1, x).log()) as [Tensor, Tensor];
    return p.mul(logP.sub(logQ)).sum({ dim });
  });
}

/**
 * How far both distributions are from the mean of the two: symmetric, and finite where one of them is 0. Its square root is
 * a metric.
 *
 * Equation: JS(p, q) = KL(p || m) / 2 + KL(q || m) / 2, m = (p + q) / 2
 *
 * Shapes: p and q of one shape, such as [N, C]; result that shape without the classes. Units: nats, 0 to log 2.
 *
 * Throws: ShapeError, IndexError, DTypeError, DeviceError.
 *
 * Source: Lin 1991, https://doi.org/10.1109/18.61115
 *
 * ```ts
 * import { tensor } from '@tapegrad/core';
 * import { jensenShannonDivergence } from '@tapegrad/nn/metrics';
 *
 * console.log(jensenShannonDivergence(tensor([1, 0]), tensor([0, 1]))); // tensor(0.6931)
 * ```
 */
export function jensenShannonDivergence(p: Tensor, q: Tensor, options: DivergenceOptions = {}): Tensor {
  checkDistributions('jensenShannonDivergence', p, q);
  return scope(() => {
    const middle = p.add(q).div(2);
    return klDivergence(p, middle, options)
      .add(klDivergence(q, middle, options))
      .div(2);
  });
}

/** Throws: ShapeError. */
export function checkDistributions(op: string, p: Tensor, q: Tensor): void {
  if (p.rank > 0 && sameShape(p.shape, q.shape)) return;
  throw new ShapeError(
    `${op}: expected two distributions of one shape, such as [N, C]; p is ${showShape(p.shape)}, q is ${showShape(q.shape)}`,
  );
}
