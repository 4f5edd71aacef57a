/** Training: all that a checkpoint must hold to go on, and the loop that moves it forward. */
import { zeros } from '@tapegrad/core';
import { CrossEntropyLoss } from '@tapegrad/nn';
import { contiguousBatches, type Vocabulary } from '@tapegrad/nn/data';
import { Adam, clipGradNorm } from '@tapegrad/optim';
import type { LossPoint } from './curve.ts';
import { heldOutLoss } from './held-out.ts';
import { LanguageModel, type State } from './model.ts';
import type { TrainOptions } from './options.ts';
import type { Progress } from './progress.ts';
import type { Stop } from './stop.ts';
import { turn } from './turn.ts';
import { UserError } from './user-error.ts';

/** A training between two steps. The random stream belongs to it too: it is that of the default generator. */
export interface Training {
  readonly options: TrainOptions;
  readonly vocabulary: Vocabulary;
  /** Of the text that is learnt. */
  readonly fingerprint: string;
  readonly model: LanguageModel;
  readonly optimizer: Adam;
  /** Optimizer steps done. */
  step: number;
  /** Where the model is in its text, after them. */
  state: State;
  /** The loss of each step's batch. */
  readonly losses: LossPoint[];
  /** The loss on the validation text, now and then. */
  readonly validation: LossPoint[];
}

/** A training before its first step, on the current device, with weights from the default generator. */
export function newTraining(options: TrainOptions, vocabulary: Vocabulary, fingerprint: string): Training {
  const model = new LanguageModel({ ...options, vocabularySize: vocabulary.size });
  const optimizer = new Adam(model.parameters(), { lr: options.lr });
  const shape = [options.layers, options.batch, options.hidden];
  const state: State = [zeros(shape), zeros(shape)];
  return { options, vocabulary, fingerprint, model, optimizer, step: 0, state, losses: [], validation: [] };
}

/** What goes on around the steps. */
export interface Surroundings {
  /** The text to learn, and the one to watch, as tokens. */
  readonly train: Int32Array;
  readonly validation: Int32Array;
  readonly progress: Progress;
  readonly stop: Stop;
  /** Called after every `checkpointEvery` steps, but not after the last. */
  readonly save: () => Promise<void>;
}

/**
 * Does the steps that are left, or as many as there are until a stop is asked for.
 *
 * Throws: `UserError` where the loss is no longer a number; the training is then spoilt, and must not be saved.
 */
export async function train(training: Training, { progress, stop, save, ...text }: Surroundings): Promise<void> {
  const { options, model, optimizer } = training;
  const sizes = { batchSize: options.batch, sequenceLength: options.time };
  const batches = contiguousBatches(text.train, { ...sizes, last: 'wrap' }); // so the state is never reset
  const criterion = new CrossEntropyLoss({ classDim: -1 });

  while (training.step < options.steps && !stop.asked) {
    const { inputs, targets } = batches.at(training.step);
    optimizer.zeroGrad();
    const { logits, state } = model.forward(inputs, training.state);
    const loss = criterion.forward(logits, targets);
    loss.backward();
    clipGradNorm(model.parameters(), options.clip);
    optimizer.step();
    training.state = [state[0].detach(), state[1].detach()]; // the text goes on, the gradient does not
    const step = ++training.step;

    const nats = await loss.item();
    if (!Number.isFinite(nats)) throw diverged(step, nats);
    training.losses.push({ step, loss: nats });
    progress.update(step, nats);
    await turn(); // lets Ctrl-C have its turn
    const last = step === options.steps;
    if (!stop.asked && (last || isDue(step, options.evaluateEvery))) {
      const heldOut = await heldOutLoss(model, text.validation, options, stop);
      if (heldOut !== undefined) {
        training.validation.push({ step, loss: heldOut });
        progress.log(`step ${step}: validation ${heldOut.toFixed(3)} nats per character`);
      }
    }
    if (!last && isDue(step, options.checkpointEvery)) await save();
  }
}

/** After every so many steps; never, where that is 0. */
function isDue(step: number, every: number): boolean {
  return every > 0 && step % every === 0;
}

function diverged(step: number, nats: number): UserError {
  return new UserError(
    `the loss is ${nats} at step ${step}: the training diverged. Start a new run with a smaller --lr or --clip; ` +
      'nothing was saved since the last checkpoint.',
  );
}
