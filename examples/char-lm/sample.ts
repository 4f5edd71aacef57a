/** Text that a model writes. */
import { Generator } from '@tapegrad/core';
import { generate } from '@tapegrad/nn';
import type { Vocabulary } from '@tapegrad/nn/data';
import type { LanguageModel } from './model.ts';
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

/** Draws one character after the other from the model's distribution. */
export async function sampleText(
  model: LanguageModel,
  vocabulary: Vocabulary,
  { length, temperature, seed, prompt, stop }: SampleOptions,
): Promise<string> {
  const options = { maxNewTokens: length, temperature, generator: new Generator(seed) };
  const written: number[] = [];
  for await (const token of generate(model, vocabulary.encode(prompt), options)) {
    if (stop?.asked) break;
    written.push(token);
    await turn(); // lets Ctrl-C have its turn
  }
  return vocabulary.decode(written);
}
