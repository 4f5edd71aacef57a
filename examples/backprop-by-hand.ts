/**
 * Backpropagation with nothing hidden: a network made of single numbers learns XOR.
 *
 * Read it from top to bottom, in ten minutes, then run it:
 *
 *   node examples/backprop-by-hand.ts
 *
 * There are no tensors until section 5, where they check what the numbers found.
 */
import { cat, ones, scalar, tensor } from '@tapegrad/core';
import { runMain } from './char-lm/run-main.ts';

const { add, constant, evaluate, gradients, input, mul, nodesOf, sub, tanh } = scalar;
type Scalar = scalar.Scalar;

// ---- 1. A neuron is an expression ----------------------------------------------------------------------------------
//
// `input(k)` is a number that nobody has chosen yet. `mul` and `tanh` compute nothing: they make a node that remembers
// what to compute and from which other nodes. Three numbers, and the neuron that is made of them:

const [w, x, b] = [input(0), input(1), input(2)];
const y: Scalar = tanh(add(mul(w, x), b));

// Every function knows one derivative, its own. For tanh it is a line in packages/core/src/scalar/rules.ts:
//
//   d tanh(x) = (1 - tanh(x)^2) dx
//
// The chain rule joins such lines. `gradients` starts at the end with dy/dy = 1 and walks back through the nodes. Each
// node multiplies what it receives by its own derivative and hands that to its arguments; a node that several others
// read adds up what they send. This is all of backpropagation. What comes out are expressions again: one for each
// input, made by the same `mul` and `sub` that we used above.

const dy: ReadonlyMap<Scalar, Scalar> = gradients([y], [constant(1)]);

/** The neuron and its three derivatives, as text. In the derivatives, y stands for the neuron itself. */
export function neuronAsText(): string[] {
  const inputs: [Scalar, string][] = [
    [w, 'w'],
    [x, 'x'],
    [b, 'b'],
  ];
  const names = new Map([...inputs, [y, 'y'] as const]);
  return [
    `y = ${asText(y, new Map(inputs))}`,
    ...inputs.map(([node, name]) => `dy/d${name} = ${asText(dy.get(node)!, names)}`),
  ];
}

/** Writes an expression down. A node that has a name is written as its name. */
function asText(node: Scalar, names: ReadonlyMap<Scalar, string>, around = 0): string {
  const name = names.get(node);
  if (name !== undefined) return name;
  const [left, right] = node.args;
  if (!left) return String(node.value);
  const operator = OPERATORS[node.rule.name];
  if (!operator || !right) return `${node.rule.name}(${asText(left, names)})`;
  const [sign, strength] = operator;
  const text = `${asText(left, names, strength)} ${sign} ${asText(right, names, strength + 1)}`;
  return strength < around ? `(${text})` : text;
}

/** How an operation is written, and how strongly it binds. */
const OPERATORS: Record<string, [string, number]> = { add: ['+', 1], sub: ['-', 1], mul: ['*', 2] };

// ---- 2. A network is neurons that read neurons ---------------------------------------------------------------------
//
// Two inputs, four tanh neurons, and one output that is a plain weighted sum. The inputs of the whole expression are
// the example's two bits, its answer, and after them the weights: each call of `weight` adds one.

const bits: readonly Scalar[] = [input(0), input(1)];
const answer = input(2);
const weights: Scalar[] = [];

function weight(): Scalar {
  const node = input(3 + weights.length);
  weights.push(node);
  return node;
}

/** b + w1 x1 + w2 x2 + ...: the bias b is the weight of an input that is always 1. */
function weightedSum(xs: readonly Scalar[]): Scalar {
  return [constant(1), ...xs].map((x) => mul(weight(), x)).reduce((sum, term) => add(sum, term));
}

const hidden = Array.from({ length: 4 }, () => tanh(weightedSum(bits)));
const output = weightedSum(hidden);

/** How wrong the network is on one example: the square of its error. */
const error = sub(output, answer);
const loss = mul(error, error);

// The network has 17 weights now, and one walk back from the loss derives all their gradients. They share nodes with
// each other and with the loss: the loss alone has 60 nodes, the loss with its 17 gradients 101. This is why training is
// affordable: asking for every gradient at once costs about as much again as the loss, however many weights there are.

const slopes = gradients([loss], [constant(1)]);
const lossAndSlopes: readonly Scalar[] = [loss, ...weights.map((weight) => slopes.get(weight)!)];

/** The number of nodes of the loss, and of the loss with all gradients. */
export const nodeCounts: readonly [number, number] = [nodesOf([loss]).length, nodesOf(lossAndSlopes).length];

// ---- 3. Training: numbers in, a step downhill ----------------------------------------------------------------------
//
// Only now do numbers appear. `evaluate` fills in the inputs and computes the outputs in one sweep. The loss of the
// network is the mean over the four examples, so each gradient is the mean of theirs.

/** [bit, bit, answer]: 1 where exactly one of the bits is 1. No single neuron can do this. */
export const XOR: readonly (readonly [number, number, number])[] = [
  [0, 0, 0],
  [0, 1, 1],
  [1, 0, 1],
  [1, 1, 0],
];

/** The mean loss, and its gradient for each weight. */
export function lossAndGradient(values: readonly number[]): { loss: number; gradient: number[] } {
  const results = XOR.map((example) => evaluate(lossAndSlopes, [...example, ...values]));
  const [mean, ...gradient] = lossAndSlopes.map((_, k) => results.reduce((sum, row) => sum + row[k]! / XOR.length, 0));
  return { loss: mean!, gradient };
}

/** Any numbers do that differ: neurons with equal weights would receive equal gradients, and stay equal forever. */
export const start: readonly number[] = weights.map((_, k) => Math.sin(3 * k + 1));

/** Gradient descent: every weight takes a small step against its gradient. Tells `report` the loss before each step. */
export function train(steps: number, rate: number, report: (step: number, loss: number) => void = () => {}): number[] {
  let values = [...start];
  for (let step = 0; step < steps; step++) {
    const { loss, gradient } = lossAndGradient(values);
    report(step, loss);
    values = values.map((value, k) => value - rate * gradient[k]!);
  }
  report(steps, lossAndGradient(values).loss);
  return values;
}

/** What the network answers. */
export function predict(a: number, b: number, values: readonly number[]): number {
  return evaluate([output], [a, b, 0, ...values])[0]!;
}

// ---- 4. Is it true? Ask the loss itself ----------------------------------------------------------------------------
//
// A gradient claims how fast the loss rises when a weight rises. So raise one a little, lower it a little, and look:
//
//   dL/dw ~ (L(w + h) - L(w - h)) / 2h
//
// It costs two whole evaluations per weight and is only about right, which is why nobody trains this way. But it knows
// nothing of the chain rule, so it can judge it. `gradcheck` in @tapegrad/core/testing does this to every operation.

export function finiteDifference(values: readonly number[], k: number, h = 1e-5): number {
  const lossAt = (shift: number): number => lossAndGradient(values.with(k, values[k]! + shift)).loss;
  return (lossAt(h) - lossAt(-h)) / (2 * h);
}

// ---- 5. The same network on the tape -------------------------------------------------------------------------------
//
// A tensor framework is this file with arrays in place of numbers. The four examples become the rows of a matrix, and
// the weights of all hidden neurons the rows of another. The tape records the operations, and `backward` walks it from
// the newest to the oldest by the rule of section 1. It must find the same 17 numbers.

export function gradientOnTheTape(values: readonly number[]): number[] {
  const precise = { dtype: 'f64', device: 'cpu' } as const;
  const w = tensor(values, { ...precise, requiresGrad: true });
  const table = tensor(XOR, precise); // [4 examples, 2 bits and the answer]
  const one = ones([4, 1], precise);
  const inputs = cat([one, table.slice(1, 0, 2)], 1); // [4 examples, 1 and 2 bits]
  const answers = table.select(1, 2); // [4 examples]

  const hidden = inputs.matmul(w.slice(0, 0, 12).reshape([4, 3]).T).tanh(); // [4 examples, 4 neurons]
  const outputs = cat([one, hidden], 1).matmul(w.slice(0, 12)); // [4 examples]
  outputs.sub(answers).square().mean().backward();
  return [...w.grad!.dataSync()];
}

// ---- what it prints ------------------------------------------------------------------------------------------------

function main(): void {
  console.log(`A neuron, and its gradients as the chain rule wrote them down:\n`);
  for (const line of neuronAsText()) console.log(`  ${line}`);

  const [alone, together] = nodeCounts;
  console.log(`\nThe loss of the network is ${alone} nodes; with the gradients of its 17 weights, ${together}.`);
  console.log('Three ways to the gradient of weight 0, before training:\n');
  console.log(`  derived             ${lossAndGradient(start).gradient[0]}`);
  console.log(`  finite difference   ${finiteDifference(start, 0)}`);
  console.log(`  tensors on a tape   ${gradientOnTheTape(start)[0]}`);

  console.log('\nGradient descent:\n');
  const values = train(250, 0.3, (step, loss) => {
    if (step % 50 === 0) console.log(`  step ${String(step).padStart(3)}   loss ${loss.toFixed(6)}`);
  });

  console.log('\nWhat it learned:\n\n  a b   xor   network');
  for (const [a, b, answer] of XOR) console.log(`  ${a} ${b}    ${answer}    ${predict(a, b, values).toFixed(4)}`);
}

if (import.meta.main) await runMain(main);
