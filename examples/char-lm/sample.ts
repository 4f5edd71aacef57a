/** Text that a model writes. */
import { Generator, multinomial, noGrad, tensor } from '@tapegrad/core';
import type { Vocabulary } from '@tapegrad/nn/data';
import type { LanguageModel, State } from './model.ts';
import type { Stop } from './stop.ts';
import { turn } from './turn.ts';

export interface SampleOptions {
  /** How many characters to write. */
  readonly length: number;
  /** Divides the logits: below 1 the likely becomes likelier, above 1 all become more alike. */
  readonly temperature: number;
  /** Of a generator of its own, so that a sample does not change the training that follows. */
  readonly seed: number;
  /** What to continue, one character or more; it is not part of the result. */
  readonly prompt: string;
  /** Ends the text where it was asked for. */
  readonly stop?: Stop;
}

/** Draws one character after the other from the model's distribution, and feeds it back. */
export async function sampleText(
  model: LanguageModel,
  vocabulary: Vocabulary,
  { length, temperature, seed, prompt, stop }: SampleOptions,
): Promise<string> {
  const generator = new Generator(seed);
  const training = model.training;
  model.eval();
  try {
    let tokens = vocabulary.encode(prompt);
    let state: State | undefined;
    const written: number[] = [];
    while (written.length < length && !stop?.asked) {
      const next = noGrad(() => {
        const step = model.forward(tensor(tokens).reshape([1, tokens.length]), state);
        const logits = step.logits.select(1, tokens.length - 1).div(temperature);
        return { token: multinomial(logits.softmax(-1), 1, { generator }), state: step.state };
      });
      state = next.state;
      tokens = Int32Array.of(await next.token.item());
      written.push(tokens[0]!);
      await turn(); // lets Ctrl-C have its turn
    }
    return vocabulary.decode(written);
  } finally {
    model.train(training);
  }
}
