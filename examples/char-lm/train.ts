/**
 * Trains an LSTM language model on characters: `npx -y pnpm@12 start`, options with `--help`.
 *
 * The parts of the story: `prepare.ts` (text, model or checkpoint), `training.ts` (the loop), `finish.ts` (loss curve,
 * held-out loss, sample).
 */
import { saveCheckpoint } from './checkpoint-file.ts';
import { countNgrams, heldOutReport, writeChart, writeSample } from './finish.ts';
import { thousands } from './format.ts';
import { VALIDATION_LENGTH } from './held-out.ts';
import { TRAIN_HELP, trainOptions } from './options.ts';
import { prepareRun, type Run } from './prepare.ts';
import { startProgress } from './progress.ts';
import { checkpointIn } from './run-folder.ts';
import { runMain } from './run-main.ts';
import { listenForStop, type Stop } from './stop.ts';
import { train } from './training.ts';

export async function main(args: readonly string[]): Promise<void> {
  const command = trainOptions(args);
  if (command.options.help) {
    process.stdout.write(TRAIN_HELP);
    return;
  }
  const run = await prepareRun(command);
  const { folder, parts, training } = run;
  const { options } = training;
  note(describe(run));

  const stop = listenForStop();
  const ngrams = countNgrams(run);
  const validation = parts.validation.subarray(0, VALIDATION_LENGTH);
  if (training.step < options.steps) await trainOn(run, validation, stop);
  const chart = await writeChart(run, ngrams, validation);

  if (training.step < options.steps) return note(howToGoOn(run));
  note('Measuring the held-out text...');
  const report = await heldOutReport(run, ngrams, stop);
  if (report === undefined) return note('Stopped. The training is done, and its checkpoint saved.');
  process.stdout.write(`\n${report}\n`);
  if (options.sample > 0) process.stdout.write(`\n${await writeSample(run, stop)}\n`);
  note(`\nThe loss curve is ${chart}; the checkpoint ${checkpointIn(folder)}.`);
  note(
    `To see what surprises the model in a text: npx -y pnpm@12 exec node examples/char-lm/evaluate.ts FILE --run ${quoted(folder)}`,
  );
}

/** Trains, shows how it goes, and saves on the way and at the end. */
async function trainOn({ folder, parts, training }: Run, validation: Int32Array, stop: Stop): Promise<void> {
  const { options, step: before } = training;
  const checkpoint = checkpointIn(folder);
  const save = (): Promise<void> => saveCheckpoint(checkpoint, training);
  const progress = startProgress({ steps: options.steps, done: before, tokensPerStep: options.batch * options.time });
  try {
    await train(training, { train: parts.train, validation, progress, stop, save });
  } finally {
    progress.stop();
  }
  if (training.step > before) await save();
}

function describe({ folder, source, parts, training }: Run): string {
  const { vocabulary, model, options, step } = training;
  const parameters = [...model.parameters()].reduce((sum, p) => sum + p.size, 0);
  const characters = parts.train.length + parts.validation.length + parts.test.length;
  const steps = step < options.steps ? `steps ${step} to ${options.steps}` : `all ${step} steps are done`;
  return (
    `${source.name}: ${thousands(characters)} characters, ${vocabulary.size} different; device ${options.device}\n` +
    `LSTM ${options.layers} x ${options.hidden}, ${thousands(parameters)} parameters; ` +
    `${steps}; files in ${folder}`
  );
}

function howToGoOn({ folder, training: { step } }: Run): string {
  if (step === 0) return 'Stopped before the first step: there is nothing to go on from.';
  return `Stopped after step ${step}. The checkpoint is saved; to go on: npx -y pnpm@12 start --resume --out ${quoted(folder)}`;
}

/** A path as a shell takes it. */
function quoted(path: string): string {
  return /^[\w./:\\-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}

/** How it goes is told on stderr, results on stdout. */
function note(line: string): void {
  process.stderr.write(`${line}\n`);
}

if (import.meta.main) await runMain(() => main(process.argv.slice(2)));
