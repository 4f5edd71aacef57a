/** Earth mover's distance: the work of turning one heap of earth into another. M, N: places, C: places on a line. */

import { ArgumentError, DTypeError, noGrad, ShapeError, scope, showShape, type Tensor, tensor } from '@tapegrad/core';
import { checkDistributions, type DivergenceOptions } from './divergence.ts';
import { cheapestPlan } from './transport.ts';

export interface LineOptions extends DivergenceOptions {
  /** Where on the line the places are, ascending, [C]. Default: 0, 1, 2, ... */
  readonly positions?: Tensor | undefined;
}

/**
 * The earth mover's distance of distributions on a line, in closed form and differentiable.
 *
 * Equation: sum_k |sum_{c <= k} (p[c] - q[c])| (x[k + 1] - x[k])
 *
 * Shapes: p and q of one shape, such as [N, C]; result that shape without the places. Units: those of the positions.
 *
 * Throws: ShapeError, IndexError, DTypeError, DeviceError.
 *
 * Source: Vallender 1974, https://doi.org/10.1137/1118101
 *
 * ```ts
 * import { tensor } from '@tapegrad/core';
 * import { earthMoversDistance1d } from '@tapegrad/nn/metrics';
 *
 * const [p, q] = [tensor([1, 0, 0]), tensor([0, 0.5, 0.5])];
 * console.log(earthMoversDistance1d(p, q)); // tensor(1.5000)
 * console.log(earthMoversDistance1d(p, q, { positions: tensor([0, 1, 10]) })); // tensor(5.5000)
 * ```
 */
export function earthMoversDistance1d(p: Tensor, q: Tensor, { dim = -1, positions }: LineOptions = {}): Tensor {
  checkDistributions('earthMoversDistance1d', p, q);
  return scope(() => {
    const [last, C] = [p.sub(q).transpose(dim, -1), p.transpose(dim, -1).shape.at(-1)!];
    if (positions && (positions.rank !== 1 || positions.size !== C)) {
      throw new ShapeError(
        `earthMoversDistance1d: expected a position for each of the ${C} places; given ${showShape(positions.shape)}`,
      );
    }
    const carried = last
      .cumsum(-1)
      .abs()
      .narrow(-1, 0, C - 1);
    const steps = positions?.narrow(0, 1, C - 1).sub(positions.narrow(0, 0, C - 1));
    return (steps ? carried.mul(steps) : carried).sum({ dim: -1, keepdim: true }).transpose(dim, -1).squeeze(dim);
  });
}

/**
 * The earth mover's distance: the least cost of carrying p to q, exactly. Of word frequencies, with distances of word
 * embeddings as costs, it is the word mover's distance. Differentiable in the costs (the gradient is the plan), not in p
 * and q. The plan is sought on the host, in time of about (M + N)^3: for some hundred places.
 *
 * Equation: min sum_ij F[i, j] cost[i, j] over F >= 0 with sum_j F[i, j] = p[i], sum_i F[i, j] = q[j]
 *
 * Shapes: p [M], q [N], cost [M, N]; result a number. Units: those of the costs, times those of p.
 *
 * Throws: ShapeError, DTypeError; ArgumentError where p and q do not have the same sum, or a number is negative or not finite.
 *
 * Source: Rubner et al. 2000, https://doi.org/10.1023/A:1026543900054; Kusner et al. 2015,
 * https://proceedings.mlr.press/v37/kusnerb15.html
 *
 * ```ts
 * import { tensor } from '@tapegrad/core';
 * import { earthMoversDistance } from '@tapegrad/nn/metrics';
 *
 * // embeddings of the words of two texts, [M, D] and [N, D]
 * const [obama, speaks, media] = [[5, 1], [1, 4], [0, 0]];
 * const [president, greets, press] = [[5, 2], [1, 3], [0, 1]];
 * const a = tensor([obama!, speaks!, media!]);
 * const b = tensor([press!, greets!, president!]);
 * const cost = a.unsqueeze(1).sub(b).square().sum({ dim: -1 }).sqrt(); // [M, N]
 * const frequency = tensor([1 / 3, 1 / 3, 1 / 3]);
 * console.log(await earthMoversDistance(frequency, frequency, cost)); // tensor(1.)
 * ```
 */
export async function earthMoversDistance(p: Tensor, q: Tensor, cost: Tensor): Promise<Tensor> {
  const plan = await planOf('earthMoversDistance', p, q, cost);
  return plan.mul(cost).sum();
}

/**
 * How much of which place is carried where when p is carried to q at the least cost: for words, which word stands for
 * which. There may be several such plans; this is one of them.
 *
 * Equation: argmin_F sum_ij F[i, j] cost[i, j]
 *
 * Shapes: p [M], q [N], cost [M, N]; result [M, N], whose rows add up to p and columns to q.
 *
 * Throws: as `earthMoversDistance`.
 *
 * Source: Rubner et al. 2000, https://doi.org/10.1023/A:1026543900054
 *
 * ```ts
 * import { tensor } from '@tapegrad/core';
 * import { transportPlan } from '@tapegrad/nn/metrics';
 *
 * const cost = tensor([[0, 4], [1, 9]]);
 * console.log(await transportPlan(tensor([0.5, 0.5]), tensor([0.75, 0.25]), cost)); // tensor([[0.2500, 0.2500],
 * //         [0.5000, 0.0000]])
 * ```
 */
export function transportPlan(p: Tensor, q: Tensor, cost: Tensor): Promise<Tensor> {
  return planOf('transportPlan', p, q, cost);
}

async function planOf(op: string, p: Tensor, q: Tensor, cost: Tensor): Promise<Tensor> {
  const [M, N] = cost.shape as [number, number];
  if (p.rank !== 1 || q.rank !== 1 || cost.rank !== 2 || p.size !== M || q.size !== N) {
    throw new ShapeError(
      `${op}: expected p [M], q [N] and cost [M, N]; p is ${showShape(p.shape)}, q is ${showShape(q.shape)}, cost is ${showShape(cost.shape)}`,
    );
  }
  if (p.dtype !== cost.dtype || q.dtype !== cost.dtype) {
    throw new DTypeError(`${op}: dtypes do not mix: p is ${p.dtype}, q is ${q.dtype}, cost is ${cost.dtype}`);
  }
  const [supply, demand, costs] = (await Promise.all([p, q, cost].map((x) => x.data()))).map((x) =>
    Float64Array.from(x as Float32Array),
  ) as [Float64Array, Float64Array, Float64Array]; // waits for the device
  for (const [name, values] of Object.entries({ p: supply, q: demand, cost: costs })) {
    const wrong = values.findIndex((x) => !(x >= 0 && x < Infinity));
    if (wrong >= 0)
      throw new ArgumentError(`${op}: expected finite numbers of 0 or more; ${name} has ${values[wrong]} at ${wrong}`);
  }
  const [from, to] = [supply, demand].map((x) => x.reduce((sum, mass) => sum + mass, 0)) as [number, number];
  if (!(Math.abs(from - to) <= ROUNDING * Math.max(from, to))) {
    throw new ArgumentError(
      `${op}: what is carried away must arrive: p adds up to ${from}, q to ${to}; divide each by its sum`,
    );
  }
  if (to > 0) for (let j = 0; j < N; j++) demand[j]! *= from / to;
  const plan = cheapestPlan(supply, demand, costs);
  return noGrad(() => tensor(plan, { dtype: cost.dtype, device: cost.device.name }).reshape([M, N]));
}

/** How far the sums of p and q may differ: what a softmax in f32 rounds. */
const ROUNDING = 1e-4;
