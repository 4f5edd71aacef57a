/**
 * One loss, four ways: the cross-entropy of a language model in the style of PyTorch and of Keras, each with the
 * library's function and by hand.
 *
 *   node examples/simple-language-model.ts
 *
 * The tokens are random, so there is nothing to learn, and a model that knows nothing gives each of the 10,000 tokens
 * about the same probability. All four must come to about ln 10000 = 9.21 nats. A loss at the start that is far from
 * the logarithm of the number of classes is the first sign of a mistake in any model; this is what right looks like.
 *
 * Capital letters are dimensions. V: vocabulary, B: batch, T: time, H: hidden.
 */
import { grad, type IntTensor, manualSeed, randint, type Tensor } from '@tapegrad/core';
import { CrossEntropyLoss, crossEntropyFromProbabilities, Embedding, init, Linear, LSTM, Module } from '@tapegrad/nn';
import { runMain } from './char-lm/run-main.ts';

// ---- the model, the same for both styles ---------------------------------------------------------------------------

export interface Size {
  readonly vocabulary: number;
  readonly embedding: number;
  readonly hidden: number;
  readonly batch: number;
  readonly time: number;
}

const SIZE: Size = { vocabulary: 10_000, embedding: 128, hidden: 256, batch: 32, time: 50 };

export class LanguageModel extends Module {
  readonly embedding: Embedding;
  readonly lstm: LSTM;
  readonly head: Linear;

  constructor({ vocabulary, embedding, hidden }: Size) {
    super();
    this.embedding = new Embedding(vocabulary, embedding);
    this.lstm = new LSTM(embedding, hidden, { batchFirst: true });
    this.head = new Linear(hidden, vocabulary);
  }

  /** Tokens [B, T] to logits [B, T, V]. */
  override forward(tokens: IntTensor): Tensor {
    const [hidden] = this.lstm.forward(this.embedding.forward(tokens));
    return this.head.forward(hidden);
  }
}

// ---- two styles: how parameters start, and where the classes stand -------------------------------------------------

/** A way to start the model and to write its loss: logits [B, T, V], targets [B, T]. */
interface Style {
  readonly name: string;
  /** Gives the parameters their first values. The layers come with PyTorch's. */
  readonly start: (model: LanguageModel) => void;
  readonly builtIn: (logits: Tensor, targets: IntTensor) => Tensor;
  readonly byHand: (logits: Tensor, targets: IntTensor) => Tensor;
}

/** PyTorch: classes in dimension 1, [B, V, T], and logits go into the loss. */
const pytorch: Style = {
  name: 'PyTorch-style',
  start: () => {},
  builtIn: (logits, targets) => new CrossEntropyLoss().forward(logits.transpose(1, 2), targets),
  byHand(logits, targets) {
    const probabilities = logits.transpose(1, 2).softmax(1); // [B, V, T]
    return meanSurprise(probabilities.gather(1, targets.unsqueeze(1))); // [B, 1, T]
  },
};

/** Keras: classes last, [B, T, V], and the model ends in a softmax, so that probabilities go into the loss. */
export const keras: Style = {
  name: 'Keras-style',
  start({ embedding, lstm, head }) {
    init.uniform(embedding.weight, { a: -0.05, b: 0.05 });
    init.xavierUniform(lstm.getParameter('weight_ih_l0')); // Glorot's
    init.orthogonal(lstm.getParameter('weight_hh_l0'));
    init.zeros(lstm.getParameter('bias_hh_l0')); // Keras has one bias where PyTorch has two
    const bias = init.zeros(lstm.getParameter('bias_ih_l0'));
    init.ones(bias.detach().chunk(4)[1]!); // of the gates i, f, g, o the second: at first, nothing is forgotten
    init.xavierUniform(head.weight);
    init.zeros(head.bias!);
  },
  builtIn: (logits, targets) => crossEntropyFromProbabilities(logits.softmax(-1), targets, { classDim: -1 }),
  byHand(logits, targets) {
    const probabilities = logits.softmax(-1); // [B, T, V]
    return meanSurprise(probabilities.gather(-1, targets.unsqueeze(-1))); // [B, T, 1]
  },
};

/** The loss as the textbook writes it: -mean log p. The small number keeps log from -Infinity where p became 0. */
function meanSurprise(chosen: Tensor): Tensor {
  return chosen.add(1e-10).log().mean().neg();
}

// ---- the same number, and the same gradients -----------------------------------------------------------------------

export interface Comparison {
  readonly name: string;
  /** nats per token */
  readonly builtIn: number;
  readonly byHand: number;
  /** The largest difference between the two gradients, over all elements of all parameters. */
  readonly gradientDifference: number;
  /** The largest gradient, to compare the difference with. */
  readonly largestGradient: number;
}

/** Both losses of one style on one forward pass, and their gradients for every parameter. */
function compare(style: Style, size: Size, log: (line: string) => void): Comparison {
  manualSeed(1);
  const model = new LanguageModel(size);
  style.start(model);
  const tokens = randint(0, size.vocabulary, [size.batch, size.time]);
  const targets = randint(0, size.vocabulary, [size.batch, size.time]);

  log(`${style.name}: forward, ${size.batch * size.time} tokens and ${size.vocabulary} logits for each`);
  const logits = model.forward(tokens);
  const builtIn = style.builtIn(logits, targets);
  const byHand = style.byHand(logits, targets);

  log(`${style.name}: backward from the built-in loss, then from the loss by hand`);
  const parameters = model.parameters();
  const expected = grad(builtIn, parameters, { retainGraph: true }); // both losses share the graph of the logits
  const found = grad(byHand, parameters);

  return {
    name: style.name,
    builtIn: builtIn.itemSync(), // from here on, waits for the device
    byHand: byHand.itemSync(),
    gradientDifference: Math.max(...found.map((g, k) => largest(g.sub(expected[k]!)))),
    largestGradient: Math.max(...expected.map(largest)),
  };
}

function largest(x: Tensor): number {
  return x.abs().amax().itemSync();
}

/** Compares both styles. `log` hears what is being done. */
export function compareStyles(size: Size = SIZE, log: (line: string) => void = () => {}): Comparison[] {
  return [pytorch, keras].map((style) => compare(style, size, log));
}

/** The four result lines. */
export function resultLines(comparisons: readonly Comparison[]): string[] {
  return comparisons.flatMap(({ name, builtIn, byHand, gradientDifference, largestGradient }) => {
    const gradients = `gradients up to ${largestGradient.toExponential(1)} differ by ${gradientDifference.toExponential(1)} at most`;
    return [
      `${name.padEnd(13)}  built-in  ${builtIn.toFixed(4)} nats`,
      `${name.padEnd(13)}  by hand   ${byHand.toFixed(4)} nats   ${gradients}`,
    ];
  });
}

/** What contradicts the claims: losses agree to 4 decimals and are ln V +- 0.02, gradients agree to 1e-4 of the largest. */
export function contradictions(comparisons: readonly Comparison[], vocabulary: number): string[] {
  const right = Math.log(vocabulary);
  return comparisons.flatMap(({ name, builtIn, byHand, gradientDifference, largestGradient }) => {
    const claims: [boolean, string][] = [
      [Math.abs(builtIn - byHand) < 5e-5, `the losses differ: ${builtIn} built-in, ${byHand} by hand`],
      [Math.abs(builtIn - right) <= 0.02, `the loss is ${builtIn}, expected ${right} +- 0.02`],
      [gradientDifference <= 1e-4 * largestGradient, `the gradients differ by ${gradientDifference}`],
    ];
    return claims.filter(([holds]) => !holds).map(([, problem]) => `${name}: ${problem}`);
  });
}

function main(): void {
  const comparisons = compareStyles(SIZE, (line) => process.stderr.write(`${line}\n`));
  for (const line of resultLines(comparisons)) console.log(line);
  for (const problem of contradictions(comparisons, SIZE.vocabulary)) {
    process.stderr.write(`error: ${problem}\n`);
    process.exitCode = 1;
  }
}

if (import.meta.main) await runMain(main);
