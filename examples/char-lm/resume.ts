/** Which options a resumed run may change. */
import type { Command } from './cli.ts';
import type { TrainOptions } from './options.ts';
import { UserError } from './user-error.ts';

/** What says how long to go on and what to show; everything else belongs to the run that is continued. */
const FREE: ReadonlySet<keyof TrainOptions> = new Set([
  'resume',
  'out',
  'steps',
  'device',
  'evaluateEvery',
  'checkpointEvery',
  'sample',
  'temperature',
  'help',
]);

/**
 * The options of a resumed run: those of the checkpoint, and of the command line what is free to change.
 *
 * Throws: `UserError` that names an option whose value differs from the checkpoint's.
 */
export function resumeOptions({ options, given }: Command<TrainOptions>, saved: TrainOptions): TrainOptions {
  for (const name of given) {
    if (FREE.has(name) || options[name] === saved[name]) continue;
    const option = `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    throw new UserError(
      `${option} ${String(options[name])} differs from the checkpoint's ${String(saved[name] ?? 'default')}: a resumed run keeps it. ` +
        `Leave ${option} out, or start a new run in another --out.`,
    );
  }
  const free = Object.fromEntries([...given].filter((name) => FREE.has(name)).map((name) => [name, options[name]]));
  return { ...saved, ...free, resume: true };
}
