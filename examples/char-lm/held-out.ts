/** What a trained model makes of a text that it has not seen. B: streams side by side, T: characters a step. */
import { type IntTensor, noGrad, tensor } from '@tapegrad/core';
import { crossEntropy } from '@tapegrad/nn';
import { type BatchSize, heldOutBatches, IGNORED } from './batches.ts';
import type { LanguageModel, State } from './model.ts';
import type { Stop } from './stop.ts';
import { turn } from './turn.ts';

/** While training, validation reads this many characters: enough for a curve, and a tenth of the time that the whole part would take. */
export const VALIDATION_LENGTH = 16_384;

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
  for await (const { losses, targets } of surprisals(model, tokens, size)) {
    if (stop?.asked) return undefined;
    losses.forEach((loss, i) => {
      if (targets[i] !== IGNORED) nats += loss;
    });
  }
  return nats / (tokens.length - 1);
}

/** -ln P of each token given those before it, in nats; NaN for the first. */
export async function tokenSurprisals(model: LanguageModel, tokens: Int32Array, time: number): Promise<Float64Array> {
  const nats = new Float64Array(tokens.length).fill(Number.NaN);
  let position = 1;
  for await (const { losses, targets } of surprisals(model, tokens, { batch: 1, time })) {
    targets.forEach((target, i) => {
      if (target !== IGNORED) nats[position++] = losses[i];
    });
  }
  return nats;
}

/** The loss of each place of each batch, in nats; the state is carried from batch to batch. */
async function* surprisals(
  model: LanguageModel,
  tokens: Int32Array,
  size: BatchSize,
): AsyncGenerator<{
  losses: ArrayLike<number> & Iterable<number> & { forEach: Float32Array['forEach'] };
  targets: Int32Array;
}> {
  const training = model.training;
  model.eval();
  try {
    let state: State | undefined;
    for (const { inputs, targets } of heldOutBatches(tokens, size)) {
      const shape = [size.batch, size.time];
      const places = noGrad(() => {
        const step = model.forward(asTokens(inputs, shape), state);
        state = step.state;
        const losses = crossEntropy(step.logits, asTokens(targets, shape), { classDim: -1, reduction: 'none' });
        return { losses, state };
      });
      yield { losses: (await places.losses.data()) as Float32Array, targets };
      await turn(); // lets Ctrl-C and the progress bar have their turn
    }
  } finally {
    model.train(training);
  }
}

/** Host tokens as an i32 tensor. */
export function asTokens(tokens: Int32Array, shape: readonly number[]): IntTensor {
  return tensor(tokens).reshape(shape);
}
