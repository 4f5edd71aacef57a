/** Whole trainings of a language model: losses, norms of gradients, and the parameters at the end. V: vocabulary. */

import type { IntTensor, Tensor } from '@tapegrad/core';
import { CrossEntropyLoss, Embedding, Linear, Module } from '@tapegrad/nn';
import { clipGradNorm } from '@tapegrad/optim';
import type { Checker } from '../compare.ts';
import type { Arguments, Case, StoredTensors } from '../folder.ts';
import { tensorOf } from '../inputs.ts';
import type { Place } from '../row.ts';
import { table } from '../table/index.ts';
import { makeOptimizer } from './optimizer.ts';

/** As the manifest writes it. */
interface Args {
  readonly vocab: number;
  readonly emb: number;
  readonly hidden: number;
  readonly layers: number;
  readonly optimizer: string;
  readonly optimizer_args: Arguments;
  /** Largest norm of the gradients. */
  readonly clip?: number;
  readonly label_smoothing?: number;
  /** T_max of a cosine schedule. */
  readonly cosine?: number;
}

/** In f32, and on the cpu in f64 too: the same run has both answers. */
export async function runTraining(c: Case, { device }: Place, check: Checker): Promise<void> {
  await train(c, { device, dtype: 'f32' }, '', check);
  if (device === 'cpu') await train(c, { device, dtype: 'f64' }, '_f64', check);
}

class LanguageModel extends Module {
  readonly embed: Embedding;
  readonly out: Linear;
  readonly #recurrent: Recurrent;

  constructor({ vocab, emb, hidden }: Args, name: string, recurrent: Recurrent, place: Place) {
    super();
    this.embed = new Embedding(vocab, emb, place);
    this.#recurrent = this.registerModule(name, recurrent);
    this.out = new Linear(hidden, vocab, place);
  }

  /** [B, T] to [B, T, V]. */
  override forward(tokens: IntTensor): Tensor {
    return this.out.forward(this.#recurrent.forward(this.embed.forward(tokens))[0]);
  }
}

type Recurrent = Module & { forward(x: Tensor): [output: Tensor, state: unknown] };

async function train(c: Case, place: Place, suffix: string, check: Checker): Promise<void> {
  const args = c.args as unknown as Args;
  const model = await modelOf(c, args, place);
  const optimizer = await makeOptimizer(
    `optim.${args.optimizer}`,
    args.optimizer_args,
    new Map(model.namedParameters()),
    place,
  );
  const scheduler =
    args.cosine === undefined
      ? undefined
      : ((await table.call(
          'lr_scheduler.CosineAnnealingLR',
          { positional: [optimizer], keywords: new Map([['T_max', args.cosine]]) },
          place,
        )) as { step(): void });
  const criterion = new CrossEntropyLoss({ classDim: -1, labelSmoothing: args.label_smoothing ?? 0 });
  const tokens = tensorOf(c.in.get('tokens')!, place) as unknown as IntTensor; // [steps, B, T + 1]
  const expected = (kind: StoredTensors, name: string) => kind.get(name + suffix)!;

  const losses: number[] = [];
  const norms: number[] = [];
  for (let step = 0; step < c.steps!; step++) {
    const batch = tokens.select(0, step);
    optimizer.zeroGrad();
    const logits = model.forward(batch.slice(1, 0, -1));
    const loss = criterion.forward(logits, batch.slice(1, 1));
    loss.backward();
    if (step === 0) {
      await check.tensor(`first/logits${suffix}`, logits, expected(c.kind('first'), 'logits'));
      for (const [name, param] of model.namedParameters())
        await check.tensor(`first/grad.${name}${suffix}`, param.grad!, expected(c.kind('first'), `grad.${name}`));
    }
    norms.push(await clipGradNorm(model.parameters(), args.clip ?? Infinity).item());
    optimizer.step();
    losses.push(await loss.item());
    scheduler?.step();
  }

  const trace = (data: number[]) => ({ dtype: place.dtype, shape: [data.length], data });
  check.numbers(`out/losses${suffix}`, trace(losses), expected(c.out, 'losses'), 'f32 losses of a training');
  check.numbers(`out/grad_norms${suffix}`, trace(norms), expected(c.out, 'grad_norms'));
  for (const [name, param] of model.namedParameters())
    await check.tensor(`final/${name}${suffix}`, param, expected(c.kind('final'), name));
}

/** The recurrent layer's kind is its name in the state dict: `lstm.weight_ih_l0`. */
async function modelOf(c: Case, args: Args, place: Place): Promise<LanguageModel> {
  const init = c.kind('init');
  const name = [...init.keys()].find((key) => key.endsWith('.weight_ih_l0'))!.split('.')[0]!;
  const options = { num_layers: args.layers, batch_first: true };
  const recurrent = (await table.call(
    `nn.${name.toUpperCase()}`,
    { positional: [args.emb, args.hidden], keywords: new Map<string, unknown>(Object.entries(options)) },
    place,
  )) as Recurrent;
  const model = new LanguageModel(args, name, recurrent, place);
  model.loadStateDict(new Map([...init].map(([key, stored]) => [key, tensorOf(stored, place)])));
  return model;
}
