/** The training step that is measured: user code, as the README has it. B: batch, T: time, V: vocabulary. */
import { type IntTensor, noGrad, type Tensor, tensor } from '@tapegrad/core';
import * as nn from '@tapegrad/nn';
import { Adam } from '@tapegrad/optim';
import { fixedBatch, type Sizes, startingWeights } from './problem.ts';

const { CrossEntropyLoss, Embedding, Linear, LSTM, Module } = nn;

/** Makes a model with the starting weights of all contenders. Each call of the result trains a step: the loss before it. */
export function makeTraining(sizes: Sizes, fusedLoss = false): () => Promise<number> {
  const step = makeStep(sizes, fusedLoss);
  return async () => step().item();
}

/** The same without waiting for the loss. */
export function makeStep(sizes: Sizes, fusedLoss = false): () => Tensor {
  const batch = fixedBatch(sizes);
  const inputs = tensor(batch.inputs).reshape([sizes.time, sizes.batch]);
  const targets = tensor(batch.targets).reshape([sizes.time, sizes.batch]);
  const { model, lossOf } = fusedLoss ? modelWithLoss(sizes) : modelAndLoss(sizes);
  noGrad(() => loadStartingWeights(model, sizes)); // a block: what it makes on the way goes back at its end
  const optimizer = new Adam(model.parameters(), { lr: 1e-3 });

  return () => {
    optimizer.zeroGrad();
    const loss = lossOf(inputs, targets);
    loss.backward();
    optimizer.step();
    return loss;
  };
}

interface ModelAndLoss {
  readonly model: nn.Module;
  readonly lossOf: (inputs: IntTensor, targets: IntTensor) => Tensor;
}

function modelAndLoss(sizes: Sizes): ModelAndLoss {
  const model = new LanguageModel(sizes);
  const criterion = new CrossEntropyLoss({ classDim: -1 });
  return { model, lossOf: (inputs, targets) => criterion.forward(model.forward(inputs), targets) };
}

function modelWithLoss(sizes: Sizes): ModelAndLoss {
  const model = new LanguageModelWithLoss(sizes);
  return { model, lossOf: (inputs, targets) => model.forward(inputs, targets) };
}

class LanguageModel extends Module {
  readonly embedding: nn.Embedding;
  readonly lstm: nn.LSTM;
  readonly head: nn.Linear;

  constructor({ vocab, embedding, hidden }: Sizes) {
    super();
    this.embedding = new Embedding(vocab, embedding);
    this.lstm = new LSTM(embedding, hidden);
    this.head = new Linear(hidden, vocab);
  }

  override forward(tokens: IntTensor): Tensor {
    const [hidden] = this.lstm.forward(this.embedding.forward(tokens));
    return this.head.forward(hidden); // logits [T, B, V]
  }
}

/** The same, with a last layer that goes straight to the loss and never holds all logits. */
class LanguageModelWithLoss extends Module {
  readonly embedding: nn.Embedding;
  readonly lstm: nn.LSTM;
  readonly head: nn.LinearCrossEntropyLoss;

  constructor({ vocab, embedding, hidden }: Sizes) {
    super();
    this.embedding = new Embedding(vocab, embedding);
    this.lstm = new LSTM(embedding, hidden);
    this.head = new nn.LinearCrossEntropyLoss(hidden, vocab);
  }

  override forward(tokens: IntTensor, targets: IntTensor): Tensor {
    const [hidden] = this.lstm.forward(this.embedding.forward(tokens));
    return this.head.forward(hidden, targets);
  }
}

/** The weights are drawn as [in, out]; layers hold their transposes. */
function loadStartingWeights(model: nn.Module, sizes: Sizes): void {
  const { vocab, embedding, hidden } = sizes;
  const weights = startingWeights(sizes);
  const matrix = (values: Float32Array, rows: number): Tensor => tensor(values).reshape([rows, -1]);
  model.loadStateDict(
    new Map([
      ['embedding.weight', matrix(weights.embedding, vocab)],
      ['lstm.weight_ih_l0', matrix(weights.inputToGates, embedding).transpose(0, 1)],
      ['lstm.weight_hh_l0', matrix(weights.hiddenToGates, hidden).transpose(0, 1)],
      ['lstm.bias_ih_l0', tensor(weights.biases[0])],
      ['lstm.bias_hh_l0', tensor(weights.biases[1])],
      ['head.weight', matrix(weights.head, hidden).transpose(0, 1)],
      ['head.bias', tensor(weights.headBias)],
    ]),
  );
}
