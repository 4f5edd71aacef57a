/** Text that a model writes. */
import { Generator, multinomial, noGrad } from '@tapegrad/core';
import { asTokens } from './held-out.ts';
import type { LanguageModel, State } from './model.ts';
import type { Vocabulary } from './vocabulary.ts';

export interface SampleOptions {
  /** How many characters to write. */
  readonly length: number;
  /** Divides the logits: below 1 the likely becomes likelier, above 1 all become more alike. */
  readonly temperature: number;
  /** Of a generator of its own, so that a sample does not change the training that follows. */
  readonly seed: number;
  /** What to continue; it is not part of the result. */
  readonly prompt: string;
}

/** Draws one character after the other from the model's distribution, and feeds it back. */
export async function sampleText(
  model: LanguageModel,
  vocabulary: Vocabulary,
  { length, temperature, seed, prompt }: SampleOptions,
): Promise<string> {
  const generator = new Generator(seed);
  const training = model.training;
  model.eval();
  let tokens = vocabulary.encode(prompt);
  let state: State | undefined;
  const written: number[] = [];
  while (written.length < length) {
    const next = noGrad(() => {
      const step = model.forward(asTokens(tokens, [1, tokens.length]), state);
      state = step.state;
      const last = step.logits.select(1, tokens.length - 1).div(temperature);
      return { token: multinomial(last.softmax(-1), 1, { generator }), state };
    });
    const token = await next.token.item();
    written.push(token);
    tokens = Int32Array.of(token);
  }
  model.train(training);
  return vocabulary.decode(written);
}
