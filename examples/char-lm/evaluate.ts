/** Shows how much each character of a text surprises a trained model: `npx -y pnpm@12 exec node examples/char-lm/evaluate.ts FILE`. */
import { loadCheckpoint } from './checkpoint-file.ts';
import { thousands } from './format.ts';
import { tokenSurprisals } from './held-out.ts';
import { loadText } from './load-text.ts';
import { EVALUATE_HELP, evaluateOptions } from './options.ts';
import { checkpointIn, latestRunFolder } from './run-folder.ts';
import { runMain } from './run-main.ts';
import { colourBySurprisal, legend, summary, wantsColours, worstTokens } from './surprisal.ts';
import { UserError } from './user-error.ts';

/** Characters that take more than a few seconds. */
const LONG = 20_000;

export async function main(args: readonly string[]): Promise<void> {
  const { options, file, given } = evaluateOptions(args);
  if (options.help || file === undefined) {
    process.stdout.write(EVALUATE_HELP);
    return;
  }
  const folder = await latestRunFolder(options.run, given.has('run'));
  const { model, vocabulary } = await loadCheckpoint(checkpointIn(folder), options.device);

  const { text } = await loadText(file);
  const tokens = vocabulary.encode(text);
  if (tokens.length < 2)
    throw new UserError(
      `${file} has ${tokens.length} character: at least 2 are needed, one to read and one to predict.`,
    );
  if (tokens.length > LONG) process.stderr.write(`Reading ${thousands(tokens.length)} characters one by one...\n`);
  const nats = await tokenSurprisals(model, tokens, Math.min(256, tokens.length - 1));
  const bits = nats.map((n) => n / Math.LN2);

  const characters = [...text];
  if (wantsColours(process.stdout)) process.stdout.write(`${legend()}\n\n${colourBySurprisal(characters, bits)}\n`);
  process.stdout.write(`${summary(characters, bits)}\n`);
  if (options.worst > 0)
    process.stdout.write(`\nThe most surprising characters:\n\n${worstTokens(characters, bits, options.worst)}\n`);
}

if (import.meta.main) await runMain(() => main(process.argv.slice(2)));
