/**
 * The tape: what was computed from what, so that `backward.ts` can play it back.
 *
 * Every operation goes through `apply`: compute, then, if an input requires a gradient, link a node. Node ids grow with
 * time, so newest first is a reverse topological order, and playing back needs neither recursion nor marks.
 */

import { showDevice } from './device/registry.ts';
import { isFloat } from './dtype.ts';
import { DeviceError } from './errors.ts';
import { Graph } from './graph.ts';
import { openUsers, Storage } from './memory.ts';
import { showShape } from './shape.ts';
import type { AnyTensor, Tensor } from './tensor.ts';

/** One differentiable operation. A is the type of its attributes: what is not a tensor. */
export interface Op<A = undefined> {
  readonly name: string;
  /** Computes the outputs. Nothing is recorded meanwhile, so plain ops may be used. */
  forward(inputs: readonly AnyTensor[], attributes: A): readonly AnyTensor[];
  /**
   * Vector-Jacobian product: a thunk per input, called only where the gradient is needed. `grads[k]` is dL/doutputs[k]
   * (zeros where nothing depended on the output; `given[k]` tells). Written in ops, so that it can be differentiated
   * itself.
   */
  readonly vjp?: (
    grads: readonly Tensor[],
    inputs: readonly Tensor[],
    outputs: readonly Tensor[],
    attributes: A,
    given: readonly boolean[],
  ) => readonly (() => Tensor)[];
  /**
   * The same computation in plain ops, for an op whose `vjp` is not written in ops: it is differentiated in place of
   * the vjp when the gradient must itself be differentiable.
   */
  readonly definition?: (inputs: readonly Tensor[], attributes: A) => readonly Tensor[];
}

// biome-ignore lint/suspicious/noExplicitAny: attributes are of the op's own type, which only that op reads
export type AnyOp = Op<any>;

/** One line of the tape: `outputs = op(inputs, attributes)`. */
export class Node {
  /** Nodes made so far: those with an id of at least an earlier count are younger than it. */
  static count = 0;
  readonly id: number = Node.count++;
  readonly op: AnyOp;
  readonly attributes: unknown;
  readonly graph: Graph;
  /** Versions of the inputs and of the outputs, as the vjp expects to find them. */
  readonly versions: readonly number[];
  inputs: readonly AnyTensor[];
  outputs: readonly AnyTensor[];

  constructor(
    op: AnyOp,
    inputs: readonly AnyTensor[],
    outputs: readonly AnyTensor[],
    attributes: unknown,
    graph: Graph,
  ) {
    this.op = op;
    this.inputs = inputs;
    this.outputs = outputs;
    this.attributes = attributes;
    this.graph = graph;
    const versions = new Array<number>(inputs.length + outputs.length);
    for (let k = 0; k < inputs.length; k++) versions[k] = inputs[k]!.storage.version;
    for (let k = 0; k < outputs.length; k++) versions[inputs.length + k] = outputs[k]!.storage.version;
    this.versions = versions;
  }
}

let recording = true;

/**
 * Whether operations are being recorded now: not inside of `noGrad`.
 *
 * ```ts
 * import { isRecording, noGrad } from '@tapegrad/core';
 *
 * console.log(isRecording(), noGrad(() => isRecording())); // true false
 * ```
 */
export function isRecording(): boolean {
  return recording;
}

/** Runs `fn` with recording switched on or off. */
export function withRecording<R>(on: boolean, fn: () => R): R {
  const outer = recording;
  recording = on;
  try {
    return fn();
  } finally {
    recording = outer;
  }
}

/** Sees each operand of each operation, and says what is read in its place: how `checkpoint` knows what a function reads. */
export type Reader = (x: AnyTensor) => AnyTensor;

let reader: Reader | undefined;

/** What reads now. */
export function readingNow(): Reader | undefined {
  return reader;
}

/** Runs `fn` while `read` sees what is read. */
export function withReader<R>(read: Reader, fn: () => R): R {
  const outer = reader;
  reader = read;
  try {
    return fn();
  } finally {
    reader = outer;
  }
}

/** Sees what operations make, record and send back: how `detectAnomaly` knows where a NaN came from. */
export interface Watcher {
  made(op: string, inputs: readonly AnyTensor[], outputs: readonly AnyTensor[]): void;
  recorded(node: Node): void;
  /** The gradient of the node's k-th input. */
  gradient(node: Node, k: number, g: Tensor): void;
}

let watcher: Watcher | undefined;

/** Who watches now. */
export function watchingNow(): Watcher | undefined {
  return watcher;
}

/** Runs `fn` while `by` watches. */
export function withWatcher<R>(by: Watcher | undefined, fn: () => R): R {
  const outer = watcher;
  watcher = by;
  try {
    return fn();
  } finally {
    watcher = outer;
  }
}

/** Runs an operation: the only door between ops and tape. Throws: DeviceError where the inputs are on two devices. */
export function apply<A>(op: Op<A>, operands: readonly AnyTensor[], attributes: A): readonly AnyTensor[] {
  const inputs = reader ? operands.map(reader) : operands;
  for (const x of inputs) if (x.device !== inputs[0]!.device) throw twoDevices(op.name, inputs);
  const firstNew = Storage.count;
  const outer = recording;
  recording = false;
  let outputs: readonly AnyTensor[];
  try {
    outputs = op.forward(inputs, attributes);
  } finally {
    recording = outer;
  }
  for (const { storage } of outputs) storage.madeBy ||= op.name;
  watcher?.made(op.name, inputs, outputs);
  if (outer && op.vjp && inputs.some((x) => x.requiresGrad)) record(op, inputs, outputs, attributes, firstNew);
  return outputs;
}

function twoDevices(op: string, inputs: readonly AnyTensor[]): DeviceError {
  const places = inputs.map(({ device, dtype, shape }) => `${showDevice(device)} (${dtype} ${showShape(shape)})`);
  return new DeviceError(
    `${op}: operands are on two devices: ${places.join(', ')}; move one with await x.to(device), or make it with { device }`,
  );
}

/** Links a node, and hands the storages from `firstNew` on to its graph. */
export function record(
  op: AnyOp,
  inputs: readonly AnyTensor[],
  outputs: readonly AnyTensor[],
  attributes: unknown,
  firstNew: number,
): void {
  const results = outputs.filter((y) => isFloat(y.dtype)); // nothing flows back through an index or a mask
  if (results.length === 0) return;
  let graph: Graph | undefined;
  for (const { node } of inputs) {
    const part = node?.graph.root;
    if (part && !part.closed) graph = graph ? graph.join(part) : part;
  }
  graph ??= new Graph();
  const node = new Node(op, inputs, outputs, attributes, graph);
  watcher?.recorded(node);
  for (const x of inputs) if (!x.node && x.storage.owner) x.storage.users = [...openUsers(x.storage), graph];
  for (const x of inputs) {
    if (!x.requiresGrad || x.node) continue;
    graph.leaves.push(x);
    for (const expired of x.expiring?.splice(0) ?? []) expired.expire();
  }
  for (const y of results) {
    y.requiresGrad = true;
    y.node = node;
  }
  for (const { storage } of outputs) if (storage.id >= firstNew) graph.own(storage);
}
