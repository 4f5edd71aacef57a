/** Looking at the tape: the graph behind tensors, as plain data for printers, pages and tests. */

import type { DType } from './dtype.ts';
import type { Shape } from './shape.ts';
import type { Node } from './tape.ts';
import type { AnyTensor } from './tensor.ts';

/** A tensor of a traced graph. */
export interface TracedTensor {
  /** x0, x1... for leaves, t0, t1... for results. */
  readonly id: string;
  /** Size of each dimension. */
  readonly shape: Shape;
  /** Type of the elements. */
  readonly dtype: DType;
  /** Not made by a recorded operation. */
  readonly isLeaf: boolean;
  /** Whether a backward pass computes its gradient. */
  readonly requiresGrad: boolean;
}

/** A recorded operation: `outputs = op(inputs)`. */
export interface TracedNode {
  /** The operation's name. */
  readonly op: string;
  /** Ids of tensors. */
  readonly inputs: readonly string[];
  /** Ids of tensors, also of those that were only saved for the backward pass. */
  readonly outputs: readonly string[];
}

/** A graph as plain, frozen data. */
export interface Trace {
  /** Leaves are called x0, x1... and results t0, t1..., in the order of the tape. */
  readonly tensors: readonly TracedTensor[];
  /** Oldest first. */
  readonly nodes: readonly TracedNode[];
  /** Ids of the tensors that were asked for. */
  readonly roots: readonly string[];
  /** One line a node: `t0 [2, 3] = matmul(x0 [2, 4], x1 [4, 3])`. */
  toString(): string;
}

/**
 * The recorded graph behind tensors: a snapshot, which later backward passes do not change.
 *
 * ```ts
 * import { tensor, trace } from '@tapegrad/core';
 *
 * const w = tensor([[1], [2]], { requiresGrad: true });
 * console.log(String(trace(tensor([[3, 4]]).matmul(w).tanh()))); // t0 [1, 1] = matmul(x0 [1, 2], x1 [2, 1])
 * // t1 [1, 1] = tanh(t0 [1, 1])
 * ```
 */
export function trace(...roots: readonly AnyTensor[]): Trace {
  const nodes = new Set<Node>();
  for (const { node } of roots) if (node) nodes.add(node);
  for (const node of nodes) for (const x of node.inputs) if (x.node) nodes.add(x.node);
  const ordered = [...nodes].sort((a, b) => a.id - b.id);

  const ids = new Map<AnyTensor, string>();
  const tensors: TracedTensor[] = [];
  const count = { x: 0, t: 0 };
  const idOf = (x: AnyTensor): string => {
    const known = ids.get(x);
    if (known) return known;
    const id = x.isLeaf ? `x${count.x++}` : `t${count.t++}`;
    ids.set(x, id);
    tensors.push(
      Object.freeze({
        id,
        shape: Object.freeze([...x.shape]),
        dtype: x.dtype,
        isLeaf: x.isLeaf,
        requiresGrad: x.requiresGrad,
      }),
    );
    return id;
  };
  const traced = ordered.map(({ op, inputs, outputs }) =>
    Object.freeze({
      op: op.name,
      inputs: Object.freeze(inputs.map(idOf)),
      outputs: Object.freeze(outputs.map(idOf)),
    }),
  );
  const rootIds = roots.map(idOf);
  const show = (id: string): string => `${id} [${tensors.find((x) => x.id === id)!.shape.join(', ')}]`;
  return Object.freeze({
    tensors: Object.freeze(tensors),
    nodes: Object.freeze(traced),
    roots: Object.freeze(rootIds),
    toString: () =>
      traced
        .map(({ op, inputs, outputs }) => `${outputs.map(show).join(', ')} = ${op}(${inputs.map(show).join(', ')})`)
        .join('\n'),
  });
}
