/** tapegrad: the plain loop. */

import '@tapegrad/core/webgpu';
import { setDevice, type Tensor, tensor } from '@tapegrad/core';
import { CrossEntropyLoss, Linear, ReLU, Sequential } from '@tapegrad/nn';
import { Adam } from '@tapegrad/optim';
import { makeStep } from '../training.ts';
import type { Contender } from './job.ts';
import { BATCH, CLASSES, HIDDEN, INPUTS, mlpBatch, mlpWeights } from './mlp.ts';

export const tapegrad: Contender = {
  async start(sizes) {
    await setDevice('webgpu');
    const step = sizes ? makeStep(sizes) : mlpStep();
    return () => step().item();
  },
};

function mlpStep(): () => Tensor {
  const weights = mlpWeights();
  const batch = mlpBatch();
  const [inputs, targets] = [tensor(batch.inputs).reshape([BATCH, INPUTS]), tensor(batch.targets)];
  const model = new Sequential(new Linear(INPUTS, HIDDEN), new ReLU(), new Linear(HIDDEN, CLASSES));
  model.loadStateDict(
    new Map([
      ['0.weight', tensor(weights.hidden).reshape([INPUTS, HIDDEN]).transpose(0, 1)],
      ['0.bias', tensor(weights.hiddenBias)],
      ['2.weight', tensor(weights.output).reshape([HIDDEN, CLASSES]).transpose(0, 1)],
      ['2.bias', tensor(weights.outputBias)],
    ]),
  );
  const optimizer = new Adam(model.parameters(), { lr: 1e-3 });
  const criterion = new CrossEntropyLoss();
  return () => {
    optimizer.zeroGrad();
    const loss = criterion.forward(model.forward(inputs), targets);
    loss.backward();
    optimizer.step();
    return loss;
  };
}
