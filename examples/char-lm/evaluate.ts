/** Shows how much each character of a text surprises a trained model: `node examples/char-lm/evaluate.ts FILE`. */
import { setDevice } from '@tapegrad/core';
import { loadCheckpoint } from './checkpoint.ts';
import { tokenSurprisals } from './held-out.ts';
import { LanguageModel } from './model.ts';
import { EVALUATE_HELP, evaluateOptions } from './options.ts';
import { checkpointIn, latestRunFolder } from './run-folder.ts';
import { runMain } from './run-main.ts';
import { colourBySurprisal, legend, summary, wantsColours, worstTokens } from './surprisal.ts';
import { loadText } from './text.ts';
import { UserError } from './user-error.ts';
import { Vocabulary } from './vocabulary.ts';

async function main(): Promise<void> {
  const { options, file, given } = evaluateOptions(process.argv.slice(2));
  if (options.help || file === undefined) {
    process.stdout.write(EVALUATE_HELP);
    return;
  }
  await setDevice(options.device);
  const path = checkpointIn(await latestRunFolder(options.run, given.has('run')));
  const { size, characters: alphabet, model: parameters } = await loadCheckpoint(path);
  const vocabulary = Vocabulary.of(alphabet);
  const model = new LanguageModel(size);
  model.loadStateDict(parameters);

  const { text } = await loadText(file);
  const tokens = vocabulary.encode(text);
  if (tokens.length < 2)
    throw new UserError(
      `${file} has ${tokens.length} character: at least 2 are needed, one to read and one to predict.`,
    );
  const nats = await tokenSurprisals(model, tokens, Math.min(256, tokens.length - 1));
  const bits = nats.map((n) => n / Math.LN2);

  const characters = [...text];
  if (wantsColours(process.stdout)) process.stdout.write(`${legend()}\n\n${colourBySurprisal(characters, bits)}\n`);
  process.stdout.write(`${summary(characters, bits)}\n`);
  if (options.worst > 0)
    process.stdout.write(`\nThe most surprising characters:\n\n${worstTokens(characters, bits, options.worst)}\n`);
}

await runMain(main);
