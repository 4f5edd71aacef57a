/**
 * A program: the body of an elementwise kernel, with its inputs and outputs.
 *
 * Every device runs the same programs. A slot may have several *lanes*: an LSTM's gates [B, 4H] are one buffer of four
 * lanes [B, H]. An output may go *into* an input's buffer (an optimizer's in-place step).
 */

import { add, mul, neg } from './rules.ts';
import { CONSTANT, constant, INPUT, input, type Kind, leaf, nodesOf, Scalar, UNIFORM } from './scalar.ts';
import { gradients } from './vjp.ts';

/** An input of a program. */
export interface Slot {
  /** How many equal slices of the last dimension it holds side by side. */
  readonly lanes: number;
  /** What its elements are. */
  readonly kind: Kind;
}

/** An output of a program. */
export interface Output {
  /** One expression a lane. */
  readonly lanes: readonly Scalar[];
  /** What its elements are. */
  readonly kind: Kind;
  /** The input slot whose buffer this output overwrites, element by element. */
  readonly into?: number | undefined;
}

/** The body of an elementwise kernel. Make one with `program()`. */
export interface Program {
  /** For messages, and the name of the recorded operation. */
  readonly name: string;
  /** Equal for programs that compute the same: caches of compiled kernels go by it. */
  readonly key: string;
  /** What it reads, in the order of the operands. */
  readonly inputs: readonly Slot[];
  /** What it computes. */
  readonly outputs: readonly Output[];
  /** Every node of the outputs, arguments before users, equal ones merged. */
  readonly nodes: readonly Scalar[];
  /** Uses a function that only floats have. */
  readonly floatOnly: boolean;
}

/** How a program's inputs and outputs lie in memory. */
export interface ProgramOptions {
  /** A slot each: a number of lanes, a kind, or both. Default: one number lane for each parameter of the body. */
  readonly slots?: readonly (number | Kind | Slot)[];
  /** For each output, the input slot that it overwrites. Default: none. */
  readonly into?: readonly (number | undefined)[];
}

/**
 * Defines a program. The body receives one scalar per lane, slots in order, and returns one scalar (or an array of
 * lanes) per output. Numbers that change from call to call are `uniform(0)`, `uniform(1)`...
 *
 * ```ts
 * import { scalar } from '@tapegrad/core';
 *
 * const { add, mul, program, uniform } = scalar;
 * const momentum = program('momentum', (v, g) => [add(mul(uniform(0), v!), g!)], { into: [0] }); // v := m v + g
 * console.log(momentum.inputs.length, momentum.outputs[0]!.into); // 2 0
 * ```
 */
export function program(
  name: string,
  body: (...inputs: Scalar[]) => readonly (Scalar | readonly Scalar[])[],
  { slots, into }: ProgramOptions = {},
): Program {
  const inputs = (slots ?? Array.from({ length: body.length }, () => 1)).map(asSlot);
  const leaves = inputs.flatMap(({ lanes, kind }, slot) =>
    Array.from({ length: lanes }, (_, lane) => input(slot, lane, kind)),
  );
  const results = body(...leaves).map((result) => (result instanceof Scalar ? [result] : result));
  return finish(name, inputs, results, into);
}

/**
 * Where an input of a derived program comes from: an input, an output or a cotangent of the program it derives from.
 */
export interface Source {
  /** Whose it is. */
  readonly from: 'input' | 'output' | 'cotangent';
  /** Which one of them. */
  readonly index: number;
}

/** A derived program, and what to call it with. */
export interface Derived {
  /** Gives the gradients. */
  readonly program: Program;
  /** Where each of its inputs comes from. */
  readonly sources: readonly Source[];
}

/**
 * The vector-Jacobian product as a program: from inputs, outputs and the cotangents that are `given`, the gradients of
 * the slots `wrt`. What the forward program put out (also its extra, saved outputs) is read, never computed again.
 *
 * ```ts
 * import { scalar } from '@tapegrad/core';
 *
 * const forward = scalar.program('tanh', (x) => [scalar.tanh(x!)]);
 * const { sources } = scalar.vjpProgram(forward, [0], [true]); // g (1 - y^2) reads g and y, not x
 * console.log(sources.map(({ from, index }) => `${from} ${index}`)); // [ 'output 0', 'cotangent 0' ]
 * ```
 */
export function vjpProgram(forward: Program, wrt: readonly number[], given: readonly boolean[]): Derived {
  const cotangents = forward.outputs.flatMap((output, k) =>
    given[k] ? output.lanes.map((_, lane) => new Scalar(COTANGENT, [], output.kind, k, lane)) : [],
  );
  const outputs = forward.outputs.flatMap((output, k) => (given[k] ? output.lanes : []));
  const grads = gradients(outputs, cotangents);
  const bySlot = new Map([...grads].map(([leaf, g]) => [`${leaf.value}.${leaf.lane}`, g]));
  const results = wrt.map((slot) =>
    Array.from({ length: forward.inputs[slot]!.lanes }, (_, lane) => bySlot.get(`${slot}.${lane}`) ?? constant(0)),
  );

  // Give every leaf that is still needed a slot of the new program, reading outputs in place of recomputing them.
  const saved = new Map<Scalar, Scalar>();
  forward.outputs.forEach((output, k) => {
    output.lanes.forEach((node, lane) => {
      if (node.args.length > 0) saved.set(node, new Scalar(SAVED, [], node.kind, k, lane));
    });
  });
  const cut = rewrite(results.flat(), (node) => saved.get(node));
  const slots: Slot[] = [];
  const sources: Source[] = [];
  const slotOf = (from: Source['from'], index: number): number => {
    const found = sources.findIndex((s) => s.from === from && s.index === index);
    if (found >= 0) return found;
    const { lanes, kind } = from === 'input' ? forward.inputs[index]! : forward.outputs[index]!;
    slots.push({ lanes: typeof lanes === 'number' ? lanes : lanes.length, kind });
    return sources.push({ from, index }) - 1;
  };
  const placed = rewrite(cut, (node) => {
    const from = node.rule === SAVED ? 'output' : node.rule === COTANGENT ? 'cotangent' : 'input';
    return node.rule === INPUT || from !== 'input' ? input(slotOf(from, node.value), node.lane, node.kind) : undefined;
  });
  let next = 0;
  const lanes = results.map((result) => placed.slice(next, (next += result.length)));
  return { program: finish(`${forward.name}.vjp`, slots, lanes), sources };
}

/** The same program with some input slots turned into uniforms, for operands that are plain numbers. */
export function withUniforms(forward: Program, isUniform: readonly boolean[]): Program {
  let slots = 0;
  let uniforms = 0;
  const leaves = isUniform.map((yes, slot) => {
    const { kind } = forward.inputs[slot]!;
    return yes ? new Scalar(UNIFORM, [], kind, uniforms++) : input(slots++, 0, kind);
  });
  const results = forward.outputs.map((output) =>
    rewrite(output.lanes, (node) => (node.rule === INPUT ? leaves[node.value] : undefined)),
  );
  return finish(
    forward.name,
    forward.inputs.filter((_, slot) => !isUniform[slot]),
    results,
  );
}

const SAVED = leaf('saved');
const COTANGENT = leaf('cotangent');

function asSlot(slot: number | Kind | Slot): Slot {
  if (typeof slot === 'number') return { lanes: slot, kind: 'number' };
  return typeof slot === 'string' ? { lanes: 1, kind: slot } : slot;
}

function finish(
  name: string,
  inputs: readonly Slot[],
  results: readonly (readonly Scalar[])[],
  into?: ProgramOptions['into'],
): Program {
  const merged = rewrite(results.flat(), () => undefined);
  let next = 0;
  const outputs = results.map((result, k): Output => {
    const lanes = merged.slice(next, (next += result.length));
    return { lanes, kind: lanes[0]!.kind, into: into?.[k] };
  });
  const nodes = nodesOf(merged);
  const position = new Map(nodes.map((node, i) => [node, i]));
  const lines = nodes.map((node) => `${describe(node)}(${node.args.map((arg) => position.get(arg)).join()})`);
  const ends = outputs.map(
    (output) => `${output.lanes.map((node) => position.get(node)).join('|')}>${output.into ?? ''}`,
  );
  const heads = inputs.map((slot) => `${slot.kind}*${slot.lanes}`);
  const key = [heads.join(), lines.join(';'), ends.join()].join('#');
  return { name, key, inputs, outputs, nodes, floatOnly: nodes.some((node) => node.rule.float) };
}

/**
 * Rebuilds expressions bottom-up: replaces nodes, merges equal ones, folds the identities that derivation leaves
 * behind.
 */
function rewrite(roots: readonly Scalar[], replace: (node: Scalar) => Scalar | undefined): Scalar[] {
  const known = new Map<string, Scalar>();
  const result = new Map<Scalar, Scalar>();
  const merge = (node: Scalar): Scalar => {
    const key = `${describe(node)}(${node.args.map((arg) => arg.id).join()})`;
    const twin = known.get(key);
    if (!twin) known.set(key, node);
    return twin ?? node;
  };
  // A replaced node's own arguments are not visited: what only they needed is gone.
  const visit = [...roots];
  const needed = new Set<Scalar>();
  for (let node = visit.pop(); node; node = visit.pop()) {
    if (needed.has(node)) continue;
    needed.add(node);
    if (!replace(node)) visit.push(...node.args);
  }
  for (const node of [...needed].sort((a, b) => a.id - b.id)) {
    const replaced = replace(node);
    const args = node.args.map((arg) => result.get(arg)!);
    const rebuilt =
      replaced ??
      fold(node, args) ??
      (args.every((arg, i) => arg === node.args[i])
        ? node
        : new Scalar(node.rule, args, node.kind, node.value, node.lane));
    result.set(node, merge(rebuilt));
  }
  return roots.map((root) => result.get(root)!);
}

const { rule: ADD } = add(constant(0), constant(0));
const { rule: MUL } = mul(constant(0), constant(0));
const { rule: NEG } = neg(constant(0));

/** x + 0 = x, 1 * x = x, -(-x) = x: true for NaN and infinities too (0 * x = 0 is not). */
function fold(node: Scalar, args: readonly Scalar[]): Scalar | undefined {
  const is = (arg: Scalar | undefined, value: number): boolean => arg?.rule === CONSTANT && Object.is(arg.value, value);
  const [a, b] = args;
  if (node.rule === ADD) return is(a, 0) ? b : is(b, 0) ? a : undefined;
  if (node.rule === MUL) return is(a, 1) ? b : is(b, 1) ? a : undefined;
  if (node.rule === NEG && a?.rule === NEG) return a.args[0];
  return undefined;
}

function describe(node: Scalar): string {
  const { rule, kind, value, lane } = node;
  return node.args.length > 0 ? rule.name : `${rule.name}:${kind}:${Object.is(value, -0) ? '-0' : value}:${lane}`;
}
