/**
 * Gradient checks: derivatives from the tape against central differences, in f64 on the cpu device.
 *
 * Equation: (f(x + eps u) - f(x - eps u)) / (2 eps) = J u, whose truncation error is of order eps^2.
 */

import { grad } from '../backward.ts';
import { drawLike, fromValues } from '../create.ts';
import { withDevice } from '../device/registry.ts';
import { isFloat } from '../dtype.ts';
import { ArgumentError, GradientError } from '../errors.ts';
import { assign } from '../mutate.ts';
import { defaultGenerator, Generator } from '../random.ts';
import { noGrad } from '../scope.ts';
import { showShape, unravel } from '../shape.ts';
import { type AnyTensor, Tensor } from '../tensor.ts';

/** A module as far as a check is concerned; those of @tapegrad/nn are. */
export interface CheckedModule {
  /** What is checked. */
  forward(...inputs: never[]): unknown;
  /** Checked along with the inputs, where they require gradients. */
  namedParameters(): Iterable<readonly [string, Tensor]>;
  /** Taken to f64 meanwhile, and not checked. */
  namedBuffers?(): Iterable<readonly [string, AnyTensor]>;
}

/** A function of tensors, or a module, whose parameters are checked with its inputs. */
export type Checkable = ((...inputs: Tensor[]) => unknown) | CheckedModule;

/** How a gradient check compares. */
export interface GradcheckOptions {
  /** `fast` (the default) checks along one random direction per input; `full` checks every entry. */
  readonly mode?: 'fast' | 'full' | undefined;
  /** Step of the central difference. Default: 1e-6. */
  readonly eps?: number | undefined;
  /** Absolute tolerance: |analytic - numeric| <= atol + rtol |numeric|. Default: 1e-6. */
  readonly atol?: number | undefined;
  /** Relative tolerance. Default: 1e-5. */
  readonly rtol?: number | undefined;
  /** Seed of directions and cotangents. Default: 0. */
  readonly seed?: number | undefined;
}

/** What a gradient check that passed has seen. */
export interface GradcheckReport {
  /** How many derivatives were compared. */
  readonly checked: number;
  /** The one that differs most. */
  readonly worst: {
    /** `input 0`, a parameter's name, or `cotangent 0`. */
    readonly of: string;
    /** The entry's index; undefined for a direction. */
    readonly entry: readonly number[] | undefined;
    /** The derivative from the tape. */
    readonly analytic: number;
    /** The derivative from finite differences. */
    readonly numeric: number;
    /** |analytic - numeric| */
    readonly difference: number;
  };
}

/**
 * Compares the gradient of `f` with finite differences at the given inputs. Inputs and parameters are taken to f64 on the
 * cpu device, which is the default device meanwhile; random numbers (dropout) are the same in each evaluation. Integer and
 * bool inputs are passed on unchecked.
 *
 * Equation: J u = (f(x + eps u) - f(x - eps u)) / (2 eps), weighted with random numbers where f has several outputs
 *
 * Throws: GradientError that names where they differ most (an entry, or a random direction), both values and the
 * tolerance; ArgumentError where there is no float input or output.
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.autograd.gradcheck.gradcheck.html
 *
 * ```ts
 * import { tensor } from '@tapegrad/core';
 * import { gradcheck } from '@tapegrad/core/testing';
 *
 * const report = gradcheck((x, w) => x.matmul(w).tanh(), [tensor([[0.5, -1]]), tensor([[1], [2]])]);
 * console.log(report.checked); // 2
 * ```
 */
export function gradcheck(f: Checkable, inputs: readonly AnyTensor[], options: GradcheckOptions = {}): GradcheckReport {
  return onDoubles(f, inputs, (run, leaves, args) => check('gradcheck', () => run(args), leaves, options));
}

/**
 * The same for the gradient of `f` as a function: checks second derivatives, along with those by the cotangents.
 *
 * Throws: GradientError, ArgumentError as `gradcheck`.
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.autograd.gradcheck.gradgradcheck.html
 *
 * ```ts
 * import { tensor } from '@tapegrad/core';
 * import { gradgradcheck } from '@tapegrad/core/testing';
 *
 * const report = gradgradcheck((x) => x.tanh(), [tensor([0.5, -1])], { mode: 'full' });
 * console.log(report.checked, report.worst.difference < 1e-6); // 4 true
 * ```
 */
export function gradgradcheck(
  f: Checkable,
  inputs: readonly AnyTensor[],
  options: GradcheckOptions = {},
): GradcheckReport {
  return onDoubles(f, inputs, (run, leaves, args) => {
    const random = new Generator((options.seed ?? 0) + 1);
    const cotangents = noGrad(() => run(args).map((y) => randomLike(y, random)));
    for (const v of cotangents) v.requiresGrad = true;
    const gradient = (): Tensor[] => {
      const outputs = run(args);
      const live = outputs.flatMap((y, k) => (y.requiresGrad ? [k] : [])); // a constant has no gradient to differentiate
      const gradOutputs = live.map((k) => cotangents[k]!);
      const on = live.map((k) => outputs[k]!);
      const targets = leaves.map(({ leaf }) => leaf);
      return grad(on, targets, { gradOutputs, createGraph: true, allowUnused: true }).filter((g) => g !== null);
    };
    return check(
      'gradgradcheck',
      gradient,
      [...leaves, ...cotangents.map((leaf, k) => ({ name: `cotangent ${k}`, leaf }))],
      options,
    );
  });
}

interface Leaf {
  readonly name: string;
  readonly leaf: Tensor;
}

/** Evaluates at x + eps u and x - eps u and compares; moves the leaves' values in place and puts them back. */
function check(
  name: string,
  evaluate: () => Tensor[],
  leaves: readonly Leaf[],
  options: GradcheckOptions,
): GradcheckReport {
  const { mode = 'fast', eps = 1e-6, atol = 1e-6, rtol = 1e-5, seed = 0 } = options;
  if (leaves.length === 0) throw new ArgumentError(`${name}: there is no float input or parameter to check`);
  const random = new Generator(seed);
  const start = defaultGenerator.state;
  const run = (): Tensor[] => {
    defaultGenerator.state = start; // the same dropout masks each time
    return evaluate();
  };
  const outputs = run();
  const weights = outputs.map((y) => randomLike(y, random));
  const live = outputs.flatMap((y, k) => (y.requiresGrad ? [k] : []));
  const targets = leaves.map(({ leaf }) => leaf);
  const grads =
    live.length === 0
      ? targets.map(() => null)
      : grad(
          live.map((k) => outputs[k]!),
          targets,
          { gradOutputs: live.map((k) => weights[k]!), allowUnused: true },
        );
  const weigh = weights.map((w) => w.dataSync());
  const loss = (): number => weightedSum(run, weigh);

  let checked = 0;
  let worst: GradcheckReport['worst'] & { excess: number } = {
    of: '',
    entry: undefined,
    analytic: 0,
    numeric: 0,
    difference: 0,
    excess: -Infinity,
  };
  const compare = (of: Leaf, direction: Float64Array, analytic: number, entry?: readonly number[]): void => {
    const numeric = slope(of.leaf, direction, eps, loss);
    const difference = numeric === analytic ? 0 : Math.abs(numeric - analytic);
    const excess = Number.isNaN(difference) ? Infinity : difference - (atol + rtol * Math.abs(numeric));
    checked++;
    if (excess > worst.excess) worst = { of: of.name, entry, analytic, numeric, difference, excess };
  };
  const everyEntry = (of: Leaf, g: ArrayLike<number> | undefined): void => {
    for (let i = 0; i < of.leaf.size; i++) compare(of, unit(of.leaf.size, i), g?.[i] ?? 0, unravel(i, of.leaf.shape));
  };
  leaves.forEach((of, k) => {
    const g = grads[k]?.dataSync();
    if (of.leaf.size === 0) return;
    if (mode === 'full') {
      everyEntry(of, g);
      return;
    }
    const direction = normalised(randomLike(of.leaf, random).dataSync());
    compare(of, direction, g ? dot(g, direction) : 0);
    if (worst.excess > 0 && !worst.entry) {
      const direct = worst;
      worst = { ...worst, excess: 0 };
      everyEntry(of, g); // name the entry that is wrong
      if (!worst.entry) worst = direct;
    }
  });
  defaultGenerator.state = start;
  const { excess, ...entry } = worst;
  if (excess > 0) throw new GradientError(`${name}: ${explain(entry, atol, rtol)}`);
  return { checked, worst: entry };
}

function explain(
  { of, entry, analytic, numeric, difference }: GradcheckReport['worst'],
  atol: number,
  rtol: number,
): string {
  const where = entry ? `entry ${showShape(entry)} of ${of}` : `a random direction of ${of}`;
  return (
    `the derivative along ${where} is ${analytic} on the tape, ${numeric} by finite differences: ` +
    `they differ by ${difference.toExponential(2)}, more than atol ${atol} + rtol ${rtol} * |${numeric.toPrecision(3)}|. ` +
    `Either the vjp is wrong, or the point lies on a kink (relu at 0, max of equal values): then move the input.`
  );
}

/**
 * Runs `use` on the cpu device, with f64 copies of the inputs as leaves; a module's parameters are f64 there meanwhile, and
 * restored afterwards.
 */
function onDoubles<R>(
  f: Checkable,
  inputs: readonly AnyTensor[],
  use: (run: (args: readonly AnyTensor[]) => Tensor[], leaves: Leaf[], args: AnyTensor[]) => R,
): R {
  const leaves: Leaf[] = [];
  const args = inputs.map((x, k) => {
    const leaf = onCpu(x);
    if (!isFloat(x.dtype)) return leaf;
    leaf.requiresGrad = true;
    leaves.push({ name: `input ${k}`, leaf });
    return leaf;
  });
  const isModule = typeof f !== 'function';
  const owned = isModule ? [...f.namedParameters(), ...(f.namedBuffers?.() ?? [])] : [];
  const restore = owned.map(([, x]) => {
    const before = new Tensor(x.storage, x.shape, x.strides, x.offset);
    return () => x.become(before);
  });
  try {
    for (const [name, x] of owned) {
      x.become(noGrad(() => onCpu(x)));
      if (x.requiresGrad) leaves.push({ name, leaf: x as Tensor });
    }
    const call = (isModule ? f.forward.bind(f) : f) as (...args: readonly AnyTensor[]) => unknown;
    return withDevice('cpu', () => use((a) => outputsOf(call(...a)), leaves, args));
  } finally {
    for (const put of restore) put();
  }
}

function outputsOf(result: unknown): Tensor[] {
  const flat = result instanceof Tensor ? [result] : Array.isArray(result) ? result.flat(Infinity) : [];
  const floats = flat.filter((y): y is Tensor => y instanceof Tensor && isFloat(y.dtype));
  if (floats.length === 0)
    throw new ArgumentError('gradcheck: expected the function to return a float tensor, or an array of them');
  return floats;
}

/** A copy on cpu: floats as f64. */
function onCpu(x: AnyTensor): Tensor {
  return fromValues(x.dataSync(), x.shape, { dtype: isFloat(x.dtype) ? 'f64' : x.dtype, device: 'cpu' }) as Tensor;
}

function randomLike(x: Tensor, random: Generator): Tensor {
  return drawLike(x, { kind: 'normal' }, random);
}

function weightedSum(run: () => Tensor[], weights: readonly ArrayLike<number>[]): number {
  return run().reduce((sum, y, k) => sum + dot(y.dataSync(), weights[k]!), 0);
}

/** (loss(x + eps u) - loss(x - eps u)) / (2 eps) */
function slope(leaf: Tensor, direction: Float64Array, eps: number, loss: () => number): number {
  const at = leaf.dataSync();
  const move = (step: number): void =>
    assign(
      leaf,
      fromValues(
        Float64Array.from(at, (v, i) => v + step * direction[i]!),
        leaf.shape,
        { dtype: 'f64', device: 'cpu' },
      ),
    );
  move(eps);
  const above = loss();
  move(-eps);
  const below = loss();
  move(0);
  return (above - below) / (2 * eps);
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

function normalised(v: ArrayLike<number>): Float64Array {
  const length = Math.sqrt(dot(v, v)) || 1;
  return Float64Array.from(v, (x) => x / length);
}

function unit(n: number, i: number): Float64Array {
  const v = new Float64Array(n);
  v[i] = 1;
  return v;
}
