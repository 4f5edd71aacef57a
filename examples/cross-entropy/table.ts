/**
 * What one should know of cross-entropy, checked in numbers.
 *
 * H(p, q) is what it costs, on average, to expect q while p is true. Three facts follow, and the table shows each:
 * it is not symmetric, the cost that cannot be avoided is H(p), and the unit decides nothing.
 */
import { grad, oneHot, type Tensor, tensor } from '@tapegrad/core';
import { CrossEntropyLoss } from '@tapegrad/nn';

// ---- two distributions ---------------------------------------------------------------------------------------------

/** H(p) = -sum p log p, in nats: the cost where the expectation is true. */
export function entropy(p: Tensor): Tensor {
  return crossEntropy(p, p);
}

/** H(p, q) = -sum p log q, in nats. */
export function crossEntropy(p: Tensor, q: Tensor): Tensor {
  return p.mul(q.log()).sum().neg();
}

/** KL(p||q) = sum p log(p / q), in nats: what expecting q costs more than the truth would. Never negative. */
export function divergence(p: Tensor, q: Tensor): Tensor {
  return p.mul(p.div(q).log()).sum();
}

/** H(p, q) in bits: the same with logarithms to base 2. */
export function crossEntropyInBits(p: Tensor, q: Tensor): Tensor {
  return p.mul(q.log2()).sum().neg();
}

/** The facts about a true distribution p and a model's q, as lines of text. */
export function distributions(p: Tensor, q: Tensor): string[] {
  const [nats, bits] = [crossEntropy(p, q), crossEntropyInBits(p, q)];
  const rows: [string, Tensor, string][] = [
    ['H(p)', entropy(p), 'the least that any model can reach'],
    ['KL(p||q)', divergence(p, q), 'what q pays on top'],
    ['H(p) + KL(p||q)', entropy(p).add(divergence(p, q)), 'the same as the next line'],
    ['H(p, q)', nats, 'the loss of a model q where p is true'],
    ['H(q, p)', crossEntropy(q, p), 'the roles exchanged: another number'],
    ['KL(q||p)', divergence(q, p), 'so is the divergence'],
  ];
  return [
    `p = ${list(p, 2)} is true, and the model expects q = ${list(q, 2)}:`,
    '',
    `  ${''.padEnd(17)}  nats    bits`,
    ...rows.map(([name, value, note]) => `  ${name.padEnd(17)}${show(value)}  ${show(value.div(Math.LN2))}   ${note}`),
    '',
    `  e^nats = e^${show(nats)} = ${show(nats.exp())}, and 2^bits = 2^${show(bits)} = ${show(tensor(2).pow(bits))}:`,
    '  the perplexity. The model is as unsure as one that guesses among so many equally likely classes.',
  ];
}

// ---- label smoothing -----------------------------------------------------------------------------------------------

/** A smoothing where class 0 is true: the target that it aims at, the loss, and the gradient of the logits. */
export interface Smoothed {
  readonly target: Tensor;
  readonly loss: Tensor;
  readonly gradient: Tensor;
}

/**
 * Smoothing takes a share e from the true class and spreads it over all C classes: the target is (1 - e) + e/C there,
 * and e/C elsewhere. `CrossEntropyLoss` does so by itself; that its gradient is softmax(logits) - target shows it.
 */
export function smoothed(logits: Tensor, e: number): Smoothed {
  const truth = tensor(Int32Array.of(0));
  const classes = logits.size;
  const target = oneHot(truth, classes)
    .cast('f32')
    .mul(1 - e)
    .add(e / classes); // [1, C]
  const x = logits.detach().reshape([1, classes]);
  x.requiresGrad = true;
  const loss = new CrossEntropyLoss({ labelSmoothing: e }).forward(x, truth);
  return { target, loss, gradient: grad(loss, x) };
}

/** A line for each smoothing of a prediction whose true class is 0. */
export function labelSmoothing(logits: Tensor, smoothings: readonly number[]): string[] {
  return [
    `logits ${list(logits, 0)}, so softmax ${list(logits.softmax(0), 3)}; class 0 is true:`,
    '',
    '  smoothing  loss    target               gradient of the logits = softmax - target',
    ...smoothings.map((e) => {
      const { target, loss, gradient } = smoothed(logits, e);
      return `  ${e.toFixed(2)}       ${show(loss)}  ${list(target, 3)}  ${list(gradient, 3, 6)}`;
    }),
  ];
}

// ---- the page ------------------------------------------------------------------------------------------------------

/** Everything that `index.ts` prints. */
export function table(): string {
  const p = tensor([0.5, 0.25, 0.25]);
  const q = tensor([0.7, 0.2, 0.1]);
  return [
    'Cross-entropy of two distributions',
    '',
    ...distributions(p, q),
    '',
    'Label smoothing: a model that is not sure is pulled to the true class, a little less with smoothing',
    '',
    ...labelSmoothing(tensor([1, 0, 0]), [0, 0.1, 0.2]),
    '',
    'Label smoothing: a model that is sure is left alone without it, and pulled back with it',
    '',
    ...labelSmoothing(tensor([8, 0, 0]), [0, 0.1, 0.2]),
    '',
  ].join('\n');
}

/** Both wait for the device. */
function show(x: Tensor): string {
  return x.itemSync().toFixed(4);
}

function list(x: Tensor, digits: number, width = 0): string {
  const text = (value: number): string => value.toFixed(digits).replace(/^-(0\.0*)$/, '$1'); // -0.000 is 0.000
  return `[${[...x.dataSync()].map((value) => text(value).padStart(width)).join(' ')}]`;
}
