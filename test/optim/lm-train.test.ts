/** Whole trainings of a language model: every loss, and the parameters at the end, as PyTorch has them. V: vocabulary. */

import { type IntTensor, setDevice, type Tensor, tensor } from '@tapegrad/core';
import { CrossEntropyLoss, Embedding, Linear, LSTM, Module } from '@tapegrad/nn';
import { Adam, AdamW, clipGradNorm, type Optimizer, SGD } from '@tapegrad/optim';
import { describe, expect, test } from 'vitest';
import { type GoldenTensors, loadGroup } from '../golden/load.ts';
import { expectClose, stored } from './close.ts';

await setDevice('cpu'); // which has f64

/** As the manifest writes it. */
type Args = { readonly [name in 'vocab' | 'emb' | 'hidden' | 'layers']: number } & {
  readonly optimizer: keyof typeof OPTIMIZERS;
  readonly optimizer_args: { readonly lr: number; readonly momentum?: number; readonly weight_decay?: number };
  readonly clip?: number;
  readonly label_smoothing?: number;
  readonly cosine?: number;
};

const OPTIMIZERS = {
  SGD: (model: Module, { lr, momentum }: Args['optimizer_args']) => new SGD(model.parameters(), { lr, momentum }),
  Adam: (model: Module, { lr }: Args['optimizer_args']) => new Adam(model.parameters(), { lr }),
  AdamW: (model: Module, { lr, weight_decay }: Args['optimizer_args']) =>
    new AdamW(model.parameters(), { lr, weightDecay: weight_decay }),
};

class LanguageModel extends Module {
  readonly embed: Embedding;
  readonly lstm: LSTM;
  readonly out: Linear;

  constructor({ vocab, emb, hidden, layers }: Args) {
    super();
    this.embed = new Embedding(vocab, emb);
    this.lstm = new LSTM(emb, hidden, { numLayers: layers, batchFirst: true });
    this.out = new Linear(hidden, vocab);
  }

  override forward(tokens: IntTensor): Tensor {
    return this.out.forward(this.lstm.forward(this.embed.forward(tokens))[0]);
  }
}

describe.each(loadGroup('lm_train').cases.map((c) => [c.name, c] as const))('%s', (_, golden) => {
  test.each([
    ['f32', ''],
    ['f64', '_f64'],
  ] as const)('in %s', async (dtype, tag) => {
    const args = golden.args as unknown as Args;
    const model = new LanguageModel(args);
    model.loadStateDict(new Map([...golden.kind('init')].map(([key, x]) => [key, stored(x)])));
    await model.to({ dtype });
    const optimizer: Pick<Optimizer, 'zeroGrad' | 'step' | 'paramGroups'> = OPTIMIZERS[args.optimizer](
      model,
      args.optimizer_args,
    );
    const criterion = new CrossEntropyLoss({ classDim: -1, labelSmoothing: args.label_smoothing ?? 0 });
    const tokens = stored(golden.in.get('tokens')!) as unknown as IntTensor;
    const expected = (kind: GoldenTensors, name: string): Tensor => stored(kind.get(name + tag)!) as Tensor;

    const losses: number[] = [];
    const norms: number[] = [];
    for (let step = 0; step < golden.steps!; step++) {
      const batch = tokens.select(0, step);
      optimizer.zeroGrad();
      const logits = model.forward(batch.slice(1, 0, -1));
      const loss = criterion.forward(logits, batch.slice(1, 1));
      loss.backward();
      if (step === 0) {
        await expectClose(logits.detach(), expected(golden.kind('first'), 'logits'), 'logits');
        for (const [name, param] of model.namedParameters()) {
          await expectClose(param.grad!, expected(golden.kind('first'), `grad.${name}`), `grad.${name}`);
        }
      }
      norms.push(await clipGradNorm(model.parameters(), args.clip ?? Infinity).item());
      optimizer.step();
      losses.push(await loss.item());
      if (args.cosine !== undefined) {
        const { lr } = args.optimizer_args;
        for (const group of optimizer.paramGroups)
          group.lr = (lr * (1 + Math.cos((Math.PI * (step + 1)) / args.cosine))) / 2;
      }
    }

    if (dtype === 'f64') await expectClose(tensor(losses, { dtype }), expected(golden.out, 'losses'), 'losses');
    else {
      const wanted = golden.out.get('losses')!.data;
      expect(Math.max(...losses.map((x, step) => Math.abs(x - wanted[step]!)))).toBeLessThan(1e-4);
    }
    await expectClose(tensor(norms, { dtype }), expected(golden.out, 'grad_norms').cast(dtype), 'grad_norms');
    for (const [name, param] of model.namedParameters()) {
      await expectClose(param, expected(golden.kind('final'), name), name);
    }
  });
});
