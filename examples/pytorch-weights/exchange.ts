/**
 * Weights between tapegrad and PyTorch: one side trains a language model and writes down its weights and some logits,
 * the other side loads the weights and must come to the same logits. exchange.py is the other side.
 *
 *   node examples/pytorch-weights/exchange.ts write here        python examples/pytorch-weights/exchange.py check here
 *   python examples/pytorch-weights/exchange.py write there     node examples/pytorch-weights/exchange.ts check there
 *
 * Files: NAME.safetensors has the weights, NAME.logits.safetensors has tokens and what the model says of them.
 *
 * Capital letters are dimensions. V: vocabulary, B: batch, T: time.
 */
import { readFileSync } from 'node:fs';
import { type IntTensor, manualSeed, noGrad, randint, stack, type Tensor, tensor } from '@tapegrad/core';
import { CrossEntropyLoss, Embedding, Linear, LSTM, Module, openSafetensors, saveSafetensors } from '@tapegrad/nn';
import { Adam } from '@tapegrad/optim';
import { runMain } from '../char-lm/run-main.ts';
import { UserError } from '../char-lm/user-error.ts';

// ---- the model: the names of its fields are the keys in the file, here and in PyTorch ------------------------------

interface Size {
  readonly vocabulary: number;
  readonly embedding: number;
  readonly hidden: number;
  readonly layers: number;
}

export class LanguageModel extends Module {
  readonly embedding: Embedding;
  readonly lstm: LSTM;
  readonly head: Linear;

  constructor({ vocabulary, embedding, hidden, layers }: Size) {
    super();
    this.embedding = new Embedding(vocabulary, embedding);
    this.lstm = new LSTM(embedding, hidden, { numLayers: layers, batchFirst: true });
    this.head = new Linear(hidden, vocabulary);
  }

  /** Tokens [B, T] to logits [B, T, V]. */
  override forward(tokens: IntTensor): Tensor {
    const [hidden] = this.lstm.forward(this.embedding.forward(tokens));
    return this.head.forward(hidden);
  }
}

// ---- write: train on this very file, byte by byte -------------------------------------------------------------------

const [BATCH, TIME] = [16, 32];

/** Trains a model and writes its weights, tokens and logits. Returns the loss of the last step, in nats per byte. */
export async function write(name: string, steps = 300): Promise<number> {
  manualSeed(1);
  const text = tensor(Int32Array.from(readFileSync(import.meta.filename)));
  const model = new LanguageModel({ vocabulary: 256, embedding: 32, hidden: 64, layers: 2 });
  const optimizer = new Adam(model.parameters(), { lr: 1e-2 });
  const criterion = new CrossEntropyLoss({ classDim: -1 });
  let last = Number.NaN;
  for (let step = 0; step < steps; step++) {
    const starts = randint(0, text.size - TIME - 1, [BATCH]).toArraySync() as number[];
    const windows = stack(starts.map((start) => text.narrow(0, start, TIME + 1))) as IntTensor;
    optimizer.zeroGrad();
    const loss = criterion.forward(model.forward(windows.narrow(1, 0, TIME)), windows.narrow(1, 1, TIME));
    loss.backward();
    optimizer.step();
    last = await loss.item();
  }
  const tokens = text.narrow(0, 0, 4 * TIME).reshape([4, TIME]) as IntTensor;
  const logits = noGrad(() => model.forward(tokens));
  await model.save(`${name}.safetensors`, { metadata: { format: 'pt' } }); // "pt": in PyTorch's layout
  await saveSafetensors(
    `${name}.logits.safetensors`,
    new Map<string, IntTensor | Tensor>([
      ['tokens', tokens],
      ['logits', logits],
    ]),
  );
  return last;
}

// ---- check: a model of the file's sizes, with the file's weights ----------------------------------------------------

export interface Comparison {
  /** Parameters that were loaded. */
  readonly parameters: number;
  /** The largest difference between a logit here and in the file. */
  readonly difference: number;
  /** The largest logit, to compare the difference with. */
  readonly largest: number;
}

/** Loads the weights and compares the logits. Throws: CheckpointError, StateDictError. */
export async function check(name: string): Promise<Comparison> {
  const model = new LanguageModel(await sizeOf(`${name}.safetensors`));
  await model.load(`${name}.safetensors`);
  const file = await openSafetensors(`${name}.logits.safetensors`);
  const tokens = (await file.read('tokens')) as IntTensor;
  const expected = (await file.read('logits')) as Tensor;
  await file.close();
  const logits = noGrad(() => model.forward(tokens));
  return {
    parameters: model.parameters().reduce((sum, x) => sum + x.size, 0),
    difference: await logits.sub(expected).abs().amax().item(),
    largest: await expected.abs().amax().item(),
  };
}

async function sizeOf(path: string): Promise<Size> {
  const file = await openSafetensors(path); // reads the names and shapes only
  await file.close();
  const [vocabulary = 0, embedding = 0] = file.tensors.get('embedding.weight')?.shape ?? [];
  const [, hidden = 0] = file.tensors.get('lstm.weight_hh_l0')?.shape ?? [];
  const layers = [...file.tensors.keys()].filter((key) => /^lstm\.weight_hh_l\d+$/.test(key)).length;
  if (layers === 0) throw new UserError(`${path} holds no language model of this example: it has no lstm.weight_hh_l0`);
  return { vocabulary, embedding, hidden, layers };
}

// ---- the command line -----------------------------------------------------------------------------------------------

/** f32 has 24 bits, and the two sides add in different orders. */
const TOLERANCE = 1e-5;

async function main(): Promise<void> {
  const [command, name] = process.argv.slice(2);
  if (name === undefined || (command !== 'write' && command !== 'check'))
    throw new UserError('expected: node exchange.ts write NAME, or: node exchange.ts check NAME');
  if (command === 'write') {
    const loss = await write(name);
    console.log(`wrote ${name}.safetensors and ${name}.logits.safetensors; last loss ${loss.toFixed(3)} nats per byte`);
    return;
  }
  const { parameters, difference, largest } = await check(name);
  const agrees = difference <= TOLERANCE * Math.max(1, largest);
  const verdict = agrees ? 'the same' : `DIFFERENT (expected ${TOLERANCE} of the largest at most)`;
  console.log(
    `${parameters} parameters; logits up to ${largest.toFixed(2)} differ by ${difference.toExponential(1)} at most: ${verdict}`,
  );
  if (!agrees) process.exitCode = 1;
}

if (import.meta.main) await runMain(main);
