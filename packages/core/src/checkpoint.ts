/** Computing again what a backward pass needs, in place of keeping it: less memory for more time. */

import { grad } from './backward.ts';
import { filled } from './create.ts';
import { ArgumentError, GradientError } from './errors.ts';
import { Storage } from './memory.ts';
import { viewOf } from './ops/view.ts';
import { type Draws, replayDraws, watchDraws } from './random.ts';
import { mapTensors, runBlock } from './scope.ts';
import { type Shape, sameShape, showShape } from './shape.ts';
import { isRecording, Node, type Op, type Reader, readingNow, record, withReader, withRecording } from './tape.ts';
import type { AnyTensor, Tensor } from './tensor.ts';

/**
 * What `fn(...inputs)` returns, without keeping what happens inside for the backward pass, which runs `fn` once more
 * instead. Of a deep model that is cut into segments, only what lies between segments is kept, and the inside of one.
 *
 * `fn` may take anything and return tensors in arrays, plain objects, maps and sets. Parameters and other tensors that it
 * reads need not be inputs: they get their gradients too. Random numbers are drawn again as they were the first time, so
 * dropout drops the same. Checkpoints may lie in each other, and gradients of gradients exist to any order. What else `fn`
 * does it does twice: running statistics of a batch norm take in a batch twice, as in PyTorch. Of what it returns, detach
 * outside what is to have no gradient; hooks and `retainGrad()` belong outside too.
 *
 * Throws: ArgumentError for an async function; GradientError from the backward pass where `fn` does not do the same again,
 * or where a tensor that it read has changed since.
 * Source: Chen et al. 2016, https://arxiv.org/abs/1604.06174;
 * https://docs.pytorch.org/docs/stable/checkpoint.html#torch.utils.checkpoint.checkpoint with `use_reentrant=False`
 *
 * ```ts
 * import { checkpoint, tensor } from '@tapegrad/core';
 *
 * const w = tensor([0.5, 1], { requiresGrad: true });
 * const y = checkpoint((x) => x.mul(w).tanh().square(), tensor([1, 2]));
 * y.sum().backward(); // runs the function again
 * console.log(w.grad); // tensor([0.7269, 0.2724])
 * ```
 */
export function checkpoint<A extends readonly unknown[], R>(fn: (...inputs: A) => R, ...inputs: A): R {
  if (typeof fn !== 'function') throw new ArgumentError(`checkpoint: expected a function first; given ${String(fn)}`);
  if (!isRecording()) return fn(...inputs);
  const outer = readingNow();
  const firstNew = Storage.count;
  const reads = new Set<AnyTensor>();
  const note: Reader = (given) => {
    const x = outer ? outer(given) : given;
    // what requires a gradient, and what somebody might take back before the backward pass
    if (x.requiresGrad || (x.storage.id < firstNew && x.storage.owner)) reads.add(x);
    return x;
  };
  const run = (): R => fn(...inputs);
  const { result, draws } = watchDraws(() =>
    withRecording(false, () => withReader(note, () => runBlock('checkpoint', run))),
  );
  const outputs: AnyTensor[] = [];
  const recorded = mapTensors(result, (given) => {
    const y = note(given);
    outputs.push(viewOf(y, y.shape, y.strides)); // it may be an input, or a tensor that has a node of its own
    return outputs.at(-1)!;
  });
  const read = [...reads];
  if (!read.some((x) => x.requiresGrad)) return result;
  record(CHECKPOINT, read, outputs, { run, read, draws, outer, shapes: outputs.map(({ shape }) => shape) }, firstNew);
  return recorded;
}

/** A function that runs again. */
interface Segment {
  readonly run: () => unknown;
  /** What it read: all that requires a gradient. */
  readonly read: readonly AnyTensor[];
  /** Where the generators stood. */
  readonly draws: Draws;
  /** What stood for what when it ran first, inside of another segment that ran again. */
  readonly outer: Reader | undefined;
  readonly shapes: readonly Shape[];
}

const CHECKPOINT: Op<Segment> = {
  name: 'checkpoint',
  forward: again,
  vjp: (grads, inputs, _, segment, given) => {
    let gradients: readonly (Tensor | null)[] | undefined;
    return inputs.map((x, i) => () => {
      gradients ??= gradientsOf(segment, inputs, grads, given);
      return gradients[i] ?? filled(x.device, x.dtype, x.shape, 0);
    });
  },
  definition: again as (inputs: readonly AnyTensor[], segment: Segment) => Tensor[],
};

/** Runs the segment on a tape of its own, which goes back at once. Null for what nothing depends on. */
function gradientsOf(
  segment: Segment,
  inputs: readonly Tensor[],
  grads: readonly Tensor[],
  given: readonly boolean[],
): (Tensor | null)[] {
  const leaves = inputs.map((x) => {
    const leaf = viewOf(x, x.shape, x.strides);
    leaf.requiresGrad = x.requiresGrad;
    return leaf;
  });
  const used = (again(leaves, segment) as Tensor[]).flatMap((y, k) =>
    given[k] && y.requiresGrad ? [{ y, g: grads[k]! }] : [],
  );
  const asked = leaves.filter((x) => x.requiresGrad);
  const found = grad(
    used.map(({ y }) => y),
    asked,
    { gradOutputs: used.map(({ g }) => g), allowUnused: true },
  );
  const results = new Set(found.map((g) => g?.storage));
  for (const { expiring } of asked)
    for (const graph of expiring ?? []) graph.end('was computed again by a checkpoint', (x) => results.has(x));
  return leaves.map((x) => (x.requiresGrad ? found[asked.indexOf(x)]! : null));
}

/** What the segment returns when it reads `inputs` in place of what it read first. Throws: GradientError. */
function again(inputs: readonly AnyTensor[], { run, read, draws, outer, shapes }: Segment): AnyTensor[] {
  const standIns = new Map(read.map((x, i) => [x, inputs[i]!]));
  const known = new Set(inputs);
  const [firstNode, firstStorage] = [Node.count, Storage.count];
  const substitute: Reader = (given) => {
    const x = outer ? outer(given) : given;
    const standIn = standIns.get(x);
    if (standIn) return standIn;
    const isOld = x.node ? x.node.id < firstNode : x.storage.id < firstStorage;
    if (isOld && x.requiresGrad && !known.has(x) && isRecording()) throw different('it read another tensor');
    return x;
  };
  const result = replayDraws(draws, () => withRecording(true, () => withReader(substitute, run)));
  const outputs: AnyTensor[] = [];
  mapTensors(result, (y) => {
    outputs.push(substitute(y));
    return y;
  });
  const isSame = outputs.length === shapes.length && outputs.every((y, k) => sameShape(y.shape, shapes[k]!));
  if (isSame) return outputs;
  const show = (list: readonly Shape[]): string => list.map(showShape).join(', ') || 'no tensor';
  throw different(`it returned ${show(outputs.map(({ shape }) => shape))}, and ${show(shapes)} before`);
}

function different(what: string): GradientError {
  return new GradientError(
    `checkpoint: the function did not do the same when it ran again for the backward pass: ${what}. It must depend on nothing that changes meanwhile`,
  );
}
