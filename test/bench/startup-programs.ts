/** The programs whose start is measured: they print times of the clock, in milliseconds. */
import { MODELS } from './problem.ts';

const CLOCK = 'const now = () => performance.timeOrigin + performance.now();';

/** Node alone. */
export const EMPTY = `${CLOCK}
console.log(JSON.stringify({ stepped: now() }));
`;

const { vocab, embedding, hidden, batch, time } = MODELS.small;

/** What a user writes: the loop of the README, once. */
export const TRAIN = `
import { randint } from '@tapegrad/core';
import { CrossEntropyLoss, Embedding, Linear, LSTM, Module } from '@tapegrad/nn';
import { Adam } from '@tapegrad/optim';

${CLOCK}
const imported = now();

class LanguageModel extends Module {
  embedding = new Embedding(${vocab}, ${embedding});
  lstm = new LSTM(${embedding}, ${hidden});
  head = new Linear(${hidden}, ${vocab});

  forward(tokens) {
    const [hidden] = this.lstm.forward(this.embedding.forward(tokens));
    return this.head.forward(hidden);
  }
}

const model = new LanguageModel();
const optimizer = new Adam(model.parameters(), { lr: 1e-3 });
const criterion = new CrossEntropyLoss({ classDim: -1 });
const [inputs, targets] = [0, 1].map(() => randint(0, ${vocab}, [${time}, ${batch}]));
const made = now();

optimizer.zeroGrad();
const loss = criterion.forward(model.forward(inputs), targets);
loss.backward();
optimizer.step();
await loss.item();
console.log(JSON.stringify({ imported, made, stepped: now() }));
`;
