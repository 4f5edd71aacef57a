/** What a resumed run may change, and what must be as it was. */
import { Vocabulary } from '@tapegrad/nn/data';
import { type Command, flag } from './cli.ts';
import type { TrainOptions } from './options.ts';
import type { Source } from './text.ts';
import type { Training } from './training.ts';
import { UserError } from './user-error.ts';
import { difference } from './vocabulary.ts';

/** What says how long to go on, where and what to show; everything else belongs to the run that is continued. */
const FREE: ReadonlySet<keyof TrainOptions> = new Set([
  ...(['data', 'out', 'resume', 'steps', 'device'] as const), // the text of --data is compared itself
  ...(['evaluateEvery', 'checkpointEvery', 'sample', 'temperature', 'help'] as const),
]);

/**
 * The options of a resumed run: those of the checkpoint, and of the command line what is free to change.
 *
 * Throws: `UserError` that names an option whose value differs from the checkpoint's, or `--steps` that are fewer than
 * were done.
 */
export function resumeOptions(
  { options, given }: Command<TrainOptions>,
  { options: saved, step }: Pick<Training, 'options' | 'step'>,
): TrainOptions {
  for (const name of given) {
    if (FREE.has(name) || options[name] === saved[name]) continue;
    throw new UserError(
      `${flag(name)} ${options[name]} differs from the checkpoint's ${saved[name]}: a resumed run keeps it. ` +
        `Leave ${flag(name)} out, or start a new run in another --out.`,
    );
  }
  const free = Object.fromEntries([...given].filter((name) => FREE.has(name)).map((name) => [name, options[name]]));
  const merged: TrainOptions = { ...saved, ...free };
  if (merged.steps < step) {
    throw new UserError(
      `--steps ${merged.steps} is less than the ${step} that the checkpoint has done: give ${step} or more, or leave it out.`,
    );
  }
  return merged;
}

/**
 * Asserts that a text is the one that a checkpoint was trained on, as a run that goes on with another one would not be
 * the same run.
 *
 * Throws: `UserError` that says how it differs.
 */
export function requireSameText({ vocabulary, fingerprint }: Training, { name, text, ...given }: Source): void {
  const characters = Vocabulary.of('character', text);
  const differs = difference(vocabulary, characters);
  if (differs !== null) {
    throw new UserError(
      `the vocabulary of ${name} (${characters.size} characters) is not the checkpoint's (${vocabulary.size}): it ${differs}. ${ADVICE}`,
    );
  }
  if (given.fingerprint !== fingerprint) {
    throw new UserError(
      `${name} is not the text that the checkpoint was trained on: it has the same characters, in another order or number. ${ADVICE}`,
    );
  }
}

const ADVICE = 'Give the text as it was, with --data FILE where it has moved, or start a new run in another --out.';
