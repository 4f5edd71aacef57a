/**
 * Fourth floor: playing the tape back.
 *
 * Equation: dL/dx = sum over the nodes that read x of vjp(dL/d outputs). Nodes are visited newest first, so a node's
 * output gradients are complete when its turn comes.
 */

import { DTypeError, GradientError, ShapeError } from './errors.ts';
import { accumulateGrad } from './mutate.ts';
import { mul } from './ops/elementwise.ts';
import { alias } from './ops/view.ts';
import { Playback } from './playback.ts';
import { sameShape, showShape } from './shape.ts';
import { type Node, watchingNow, withRecording, withWatcher } from './tape.ts';
import { type AnyTensor, Tensor } from './tensor.ts';

/** Options of `backward`. */
export interface BackwardOptions {
  /** dL/d(this tensor), of its shape and dtype. Default: 1, for a tensor of one element. */
  readonly gradient?: Tensor | undefined;
  /** Record the backward pass, so that gradients can be differentiated again. Default: false. */
  readonly createGraph?: boolean | undefined;
  /** Leave the graph open for another backward pass. Default: `createGraph`. */
  readonly retainGraph?: boolean | undefined;
}

/** Options of `grad`. */
export interface GradOptions {
  /** dL/d(each output), of its shape and dtype. Default: 1, for outputs of one element. */
  readonly gradOutputs?: Tensor | readonly Tensor[] | undefined;
  /** Record the backward pass, so that gradients can be differentiated again. Default: false. */
  readonly createGraph?: boolean | undefined;
  /** Leave the graph open for another backward pass. Default: `createGraph`. */
  readonly retainGraph?: boolean | undefined;
  /** Return null for an input that the outputs do not depend on, instead of throwing. Default: false. */
  readonly allowUnused?: boolean | undefined;
}

/**
 * Accumulates dL/dx into `.grad` of every leaf that `loss` depends on, and closes the graph.
 *
 * Equation: x.grad += dL/dx
 *
 * Throws: GradientError for a closed graph, a changed tensor, a loss that requires no gradient or is not a scalar;
 * ShapeError and DTypeError for a `gradient` unlike the tensor; ReleasedError.
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.Tensor.backward.html
 *
 * ```ts
 * import { tensor } from '@tapegrad/core';
 *
 * const w = tensor([1, 2], { requiresGrad: true });
 * w.square().sum().backward(); // dL/dw = 2 w
 * console.log(w.grad); // tensor([2., 4.])
 * ```
 */
export function backward(
  loss: Tensor,
  { gradient, createGraph = false, retainGraph = createGraph }: BackwardOptions = {},
): void {
  const played = play('backward', [loss], gradient && [gradient], createGraph, undefined, (x, g, isAlone) => {
    if (x.isLeaf || x.retainsGrad) accumulateGrad(x, g, createGraph, isAlone);
    if (x.isLeaf) for (const hook of [...(x.afterGradHooks ?? [])]) hook(x);
  });
  if (!retainGraph) close(played);
}

/**
 * The gradients of the outputs with respect to the inputs, without touching `.grad`: one for one input, a list for a
 * list. Inputs need not be leaves.
 *
 * Equation: dL/dx = sum over the outputs y of gradOutput * dy/dx
 *
 * Throws: GradientError as `backward`, and for an input that requires no gradient, or that the outputs do not depend on
 * (unless `allowUnused`); ShapeError and DTypeError for a `gradOutputs` unlike its output.
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.autograd.grad.html
 *
 * ```ts
 * import { grad, tensor } from '@tapegrad/core';
 *
 * const x = tensor(2, { requiresGrad: true });
 * const slope = grad(x.pow(3), x, { createGraph: true }); // 3 x^2
 * console.log(await slope.item(), await grad(slope, x).item()); // 12 12
 * ```
 */
export function grad(outputs: Tensor | readonly Tensor[], inputs: Tensor, options?: GradOptions): Tensor;
/** The gradients of the outputs with respect to each input, without touching `.grad`. */
export function grad(
  outputs: Tensor | readonly Tensor[],
  inputs: readonly Tensor[],
  options?: GradOptions & { readonly allowUnused?: false },
): Tensor[];
/** The gradients of the outputs with respect to each input; with `allowUnused`, null for those that do not matter. */
export function grad(
  outputs: Tensor | readonly Tensor[],
  inputs: readonly Tensor[],
  options: GradOptions,
): (Tensor | null)[];
export function grad(
  outputs: Tensor | readonly Tensor[],
  inputs: Tensor | readonly Tensor[],
  { gradOutputs, createGraph = false, retainGraph = createGraph, allowUnused = false }: GradOptions = {},
): Tensor | null | (Tensor | null)[] {
  const targets = asList(inputs);
  const frozen = targets.findIndex((x) => !x.requiresGrad);
  if (frozen >= 0)
    throw new GradientError(`grad: input ${frozen} requires no gradient; make it with { requiresGrad: true }`);
  const found = new Map<AnyTensor, Tensor>();
  const given = gradOutputs && asList(gradOutputs);
  const played = play('grad', asList(outputs), given, createGraph, new Set(targets), (x, g) => found.set(x, g));
  const results = targets.map((x, k) => {
    const g = found.get(x);
    if (!g && !allowUnused)
      throw new GradientError(`grad: the outputs do not depend on input ${k}; pass { allowUnused: true } to get null`);
    return g ?? null;
  });
  if (!retainGraph) close(played); // not before: who has forgotten allowUnused may ask again
  return inputs instanceof Tensor ? results[0]! : results;
}

/** Walks the tape from `roots` back and hands each wanted gradient to `receive`, once it is complete. Returns all nodes. */
function play(
  name: string,
  roots: readonly Tensor[],
  given: readonly Tensor[] | undefined,
  createGraph: boolean,
  targets: ReadonlySet<AnyTensor> | undefined,
  receive: (x: Tensor, g: Tensor, isAlone: boolean) => void,
): readonly Node[] {
  const seeds = roots.map((root, k) => seedOf(name, root, given?.[k]));
  const all = nodesBehind(name, roots);
  const wanted = targets && leadingTo(targets, all);
  const wants = (x: AnyTensor): boolean => (wanted ? wanted.has(x) : x.requiresGrad);
  const nodes = all.filter((node) => node.inputs.some(wants)).sort((a, b) => b.id - a.id);
  const readers = new Map<AnyTensor, number>(); // how many nodes are still to contribute to a tensor's gradient
  for (const node of nodes)
    for (const x of new Set(node.inputs.filter(wants))) readers.set(x, (readers.get(x) ?? 0) + 1);

  const watcher = watchingNow();
  const playback = new Playback();
  const complete = (x: AnyTensor): void => {
    let g = playback.get(x);
    if (!g) return;
    for (const hook of [...(x.hooks ?? [])]) g = sameShaped(name, x, hook(g) ?? g); // a hook may remove itself
    playback.set(x, g);
    if (!targets || targets.has(x)) receive(x as Tensor, targets ? playback.handOut(g) : g, playback.isAlone(g));
    if (x.isLeaf) playback.drop(x);
  };
  const pass = (): void => {
    roots.forEach((root, k) => {
      playback.add(root, seeds[k] ?? playback.ones(root));
    });
    for (const root of new Set(roots)) if (!readers.has(root)) complete(root);
    for (const node of nodes) {
      const grads = node.outputs.map((y) => playback.get(y));
      if (grads.some((g) => g)) {
        checkUnchanged(name, node);
        const thunks = vjpOf(node, grads, createGraph, wants, playback);
        node.inputs.forEach((x, i) => {
          if (!wants(x)) return;
          const g = checked(node, i, thunks[i]!());
          watcher?.gradient(node, i, g);
          playback.add(x, g);
        });
      }
      for (const y of node.outputs) playback.drop(y);
      for (const x of new Set(node.inputs.filter(wants))) {
        readers.set(x, readers.get(x)! - 1);
        if (readers.get(x) === 0) complete(x);
      }
      playback.sweep();
    }
  };
  withWatcher(undefined, () => playback.run(() => withRecording(createGraph, pass)));
  return all;
}

/** The vjp's thunks; zeros stand in for outputs that nothing depended on. */
function vjpOf(
  node: Node,
  grads: readonly (Tensor | undefined)[],
  createGraph: boolean,
  wants: (x: AnyTensor) => boolean,
  playback: Playback,
): readonly (() => Tensor)[] {
  const { op, inputs, outputs, attributes } = node;
  if (createGraph && op.definition) return throughDefinition(node, grads, wants);
  const full = grads.map((g, k) => g ?? playback.zeros(outputs[k]!));
  return op.vjp!(
    full,
    inputs as readonly Tensor[],
    outputs as readonly Tensor[],
    attributes,
    grads.map((g) => g !== undefined),
  );
}

/** Differentiates an op's definition instead. Aliases keep the inputs apart, should one have been made from another. */
function throughDefinition(
  { op, inputs, attributes }: Node,
  grads: readonly (Tensor | undefined)[],
  wants: (x: AnyTensor) => boolean,
): (() => Tensor)[] {
  const aliases = inputs.map((x) => (x.requiresGrad ? alias(x) : x)) as Tensor[];
  const used = op.definition!(aliases, attributes).flatMap((y, k) =>
    grads[k] && y.requiresGrad ? [{ y, g: grads[k] }] : [],
  );
  const asked = aliases.filter((_, i) => wants(inputs[i]!));
  const results = grad(
    used.map(({ y }) => y),
    asked,
    { gradOutputs: used.map(({ g }) => g), createGraph: true, allowUnused: true },
  );
  return aliases.map((x) => () => results[asked.indexOf(x)] ?? mul(x, 0));
}

/** All nodes that the roots depend on. Throws: GradientError where one belongs to a closed graph. */
function nodesBehind(name: string, roots: readonly AnyTensor[]): Node[] {
  const nodes = new Set<Node>();
  for (const { node } of roots) if (node) nodes.add(node);
  for (const node of nodes) {
    if (node.graph.root.closed) {
      throw new GradientError(
        `${name}: the graph of this ${node.op.name} was closed by an earlier backward pass; pass { retainGraph: true } to that one, or detach() a state that is carried over`,
      );
    }
    for (const x of node.inputs) if (x.node) nodes.add(x.node); // a Set iterates over what is added meanwhile
  }
  return [...nodes];
}

/** The tensors through which a target is reached: no other gradient is computed. */
function leadingTo(targets: ReadonlySet<AnyTensor>, nodes: readonly Node[]): Set<AnyTensor> {
  const leading = new Set(targets);
  for (const node of [...nodes].sort((a, b) => a.id - b.id)) {
    if (node.inputs.some((x) => leading.has(x))) for (const y of node.outputs) leading.add(y);
  }
  return leading;
}

/** Closes the graphs and drops their links: a loss that is kept does not keep its graph. */
function close(nodes: readonly Node[]): void {
  for (const node of nodes) {
    if (!node.graph.root.closed) node.graph.root.close();
    node.inputs = [];
  }
}

function seedOf(name: string, root: Tensor, given: Tensor | undefined): Tensor | undefined {
  if (!root.requiresGrad) {
    throw new GradientError(
      `${name}: the tensor requires no gradient: nothing that it was made from does, or it was made inside of noGrad`,
    );
  }
  if (!given && root.size !== 1) {
    throw new GradientError(
      `${name}: expected a scalar, or its gradient as an option; the tensor is ${showShape(root.shape)}: reduce it with sum() or mean()`,
    );
  }
  if (given && !sameShape(given.shape, root.shape)) {
    throw new ShapeError(
      `${name}: a gradient has its tensor's shape: the tensor is ${showShape(root.shape)}, the gradient is ${showShape(given.shape)}`,
    );
  }
  if (given && given.dtype !== root.dtype) {
    throw new DTypeError(
      `${name}: a gradient has its tensor's dtype: the tensor is ${root.dtype}, the gradient is ${given.dtype}: use .cast('${root.dtype}')`,
    );
  }
  return given;
}

function checkUnchanged(name: string, node: Node): void {
  const { op, inputs, outputs, versions } = node;
  const changed = [...inputs, ...outputs].findIndex((x, i) => x.storage.version !== versions[i]);
  if (changed < 0) return;
  const which = changed < inputs.length ? `input ${changed}` : `output ${changed - inputs.length}`;
  throw new GradientError(
    `${name}: ${which} of ${op.name} was changed in place after the forward pass (by an optimizer or assign); call backward() before the update`,
  );
}

function sameShaped(name: string, x: AnyTensor, g: Tensor): Tensor {
  if (!sameShape(g.shape, x.shape)) {
    throw new GradientError(
      `${name}: a hook returned a gradient ${showShape(g.shape)}; expected the tensor's shape ${showShape(x.shape)}`,
    );
  }
  return g;
}

function checked({ op, inputs }: Node, i: number, g: Tensor): Tensor {
  if (!sameShape(g.shape, inputs[i]!.shape)) {
    throw new GradientError(
      `${op.name}: its vjp gave input ${i} a gradient ${showShape(g.shape)}; expected the input's shape ${showShape(inputs[i]!.shape)}`,
    );
  }
  return g;
}

function asList<T extends Tensor>(x: T | readonly T[]): readonly T[] {
  return x instanceof Tensor ? [x] : x;
}
