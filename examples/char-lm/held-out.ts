/** What a trained model makes of a text that it has not seen. B: streams side by side, T: characters a step. */
import { noGrad } from '@tapegrad/core';
import { crossEntropy } from '@tapegrad/nn';
import { contiguousBatches } from '@tapegrad/nn/data';
import type { LanguageModel, State } from './model.ts';
import type { Stop } from './stop.ts';
import { turn } from './turn.ts';

/** While training, validation reads this many characters: enough for a curve, and a tenth of the time that the whole part would take. */
export const VALIDATION_LENGTH = 16_384;

/** B and T. */
export interface BatchSize {
  readonly batch: number;
  readonly time: number;
}

/**
 * The mean surprisal of all tokens but the first, in nats per token. Each is predicted with the text before it in its
 * stream. Returns undefined where `stop` was asked for before the end.
 */
export async function heldOutLoss(
  model: LanguageModel,
  tokens: Int32Array,
  size: BatchSize,
  stop?: Stop,
): Promise<number | undefined> {
  let nats = 0;
  for await (const losses of surprisals(model, tokens, size)) {
    if (stop?.asked) return undefined;
    for (const loss of losses) nats += loss;
  }
  return nats / (tokens.length - 1);
}

/** -ln P of each token given those before it, in nats; NaN for the first. */
export async function tokenSurprisals(model: LanguageModel, tokens: Int32Array, time: number): Promise<Float64Array> {
  const nats = new Float64Array(tokens.length).fill(Number.NaN);
  let position = 1;
  for await (const losses of surprisals(model, tokens, { batch: 1, time })) {
    nats.set(losses.slice(0, tokens.length - position), position); // what is behind the last token is padding
    position += losses.length;
  }
  return nats;
}

/** The loss of each place of each batch, in nats, 0 where there is nothing to predict; the state is carried on. */
async function* surprisals(
  model: LanguageModel,
  tokens: Int32Array,
  { batch, time }: BatchSize,
): AsyncGenerator<Float32Array> {
  const training = model.training;
  model.eval();
  try {
    let state: State | undefined;
    const batches = contiguousBatches(tokens, { batchSize: batch, sequenceLength: time, last: 'pad' });
    for (const { inputs, targets } of batches.epoch(0)) {
      const places = noGrad(() => {
        const step = model.forward(inputs, state);
        state = step.state;
        return { losses: crossEntropy(step.logits, targets, { classDim: -1, reduction: 'none' }), state };
      });
      yield (await places.losses.data()) as Float32Array;
      await turn(); // lets Ctrl-C and the progress bar have their turn
    }
  } finally {
    model.train(training);
  }
}
