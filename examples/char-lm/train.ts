/**
 * Trains an LSTM language model on characters: `pnpm start`, options with `--help`.
 *
 * From top to bottom: prepare (text, n-grams, model or checkpoint), train (the loop), report (held-out loss, sample, chart).
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { defaultGenerator, manualSeed, setDevice } from '@tapegrad/core';
import { CrossEntropyLoss } from '@tapegrad/nn';
import { Adam, clipGradNorm } from '@tapegrad/optim';
import { contiguousBatches } from './batches.ts';
import { type LossPoint, lossChart } from './chart.ts';
import { type Checkpoint, loadCheckpoint, saveCheckpoint } from './checkpoint.ts';
import { thousands } from './format.ts';
import { asTokens, heldOutLoss } from './held-out.ts';
import { LanguageModel, type State } from './model.ts';
import { crossEntropies, trainNgram } from './ngram.ts';
import { TRAIN_HELP, type TrainOptions, trainOptions } from './options.ts';
import { startProgress } from './progress.ts';
import { ngramScores, scoreTable, verdict } from './report.ts';
import { resumeOptions } from './resume.ts';
import { checkpointIn, latestRunFolder, newRunFolder } from './run-folder.ts';
import { runMain } from './run-main.ts';
import { sampleText } from './sample.ts';
import { loadText, splitTokens } from './text.ts';
import { requireSameVocabulary, Vocabulary } from './vocabulary.ts';

/** Validation reads this many characters: enough for a curve, and a tenth of the time that the whole part would take. */
const VALIDATION_LENGTH = 16_384;

async function main(): Promise<void> {
  const command = trainOptions(process.argv.slice(2));
  if (command.options.help) {
    process.stdout.write(TRAIN_HELP);
    return;
  }

  // ---- prepare -------------------------------------------------------------------------------------------------------
  const { resume } = command.options;
  const out = await (resume ? latestRunFolder : newRunFolder)(command.options.out, command.given.has('out'));
  const saved = resume ? await loadCheckpoint(checkpointIn(out)) : undefined;
  const options: TrainOptions = saved ? resumeOptions(command, saved.options) : command.options;
  await setDevice(options.device);

  const source = await loadText(options.data);
  const vocabulary = Vocabulary.of(source.text);
  if (saved) requireSameVocabulary(Vocabulary.of(saved.characters), vocabulary, source.name);
  const parts = splitTokens(vocabulary.encode(source.text), options.time, source.name);
  const validation = parts.validation.subarray(0, VALIDATION_LENGTH);
  const ngrams = trainNgram(parts.train, vocabulary.size, 5);

  manualSeed(options.seed);
  const size = { vocabularySize: vocabulary.size, ...pick(options, 'embedding', 'hidden', 'layers', 'dropout') };
  const model = new LanguageModel(size);
  const optimizer = new Adam(model.parameters(), { lr: options.lr });
  const criterion = new CrossEntropyLoss({ classDim: -1 });
  let state: State | undefined;
  if (saved) {
    model.loadStateDict(saved.model);
    optimizer.loadStateDict(saved.optimizer);
    state = saved.state;
    defaultGenerator.state = saved.random;
  }
  const curve = { train: [...(saved?.train ?? [])], validation: [...(saved?.validation ?? [])] };
  const firstStep = saved?.step ?? 0;
  await mkdir(out, { recursive: true });

  const parameters = [...model.parameters()].reduce((sum, p) => sum + p.size, 0);
  print(
    `${source.name}: ${thousands(source.text.length)} characters, ${vocabulary.size} different; device ${options.device}`,
  );
  print(
    `LSTM ${options.layers} x ${options.hidden}, ${thousands(parameters)} parameters; steps ${firstStep} to ${options.steps}; files in ${out}`,
  );

  // ---- train ---------------------------------------------------------------------------------------------------------
  const batches = contiguousBatches(parts.train, options);
  const shape = [options.batch, options.time];
  const stop = stopOnSignal();
  const progress = startProgress({
    steps: options.steps,
    done: firstStep,
    tokensPerStep: options.batch * options.time,
  });
  const save = async (step: number): Promise<void> => {
    const checkpoint: Checkpoint = {
      ...{ step, options, size, characters: vocabulary.characters.join(''), random: defaultGenerator.state, ...curve },
      ...{ model: model.stateDict(), optimizer: optimizer.stateDict(), state: state! },
    };
    await saveCheckpoint(checkpointIn(out), checkpoint);
  };

  let step = firstStep;
  try {
    while (step < options.steps && !stop.asked) {
      const { inputs, targets } = batches.at(step);
      optimizer.zeroGrad();
      const result = model.forward(asTokens(inputs, shape), state);
      const loss = criterion.forward(result.logits, asTokens(targets, shape));
      loss.backward();
      clipGradNorm(model.parameters(), options.clip);
      optimizer.step();
      state = [result.state[0].detach(), result.state[1].detach()]; // the text goes on, the gradient does not
      step++;

      const nats = await loss.item();
      curve.train.push({ step, loss: nats });
      progress.update(step, nats);
      await new Promise(setImmediate); // lets Ctrl-C have its turn
      if (!stop.asked && isDue(step, options.evaluateEvery, options.steps)) {
        const heldOut = await heldOutLoss(model, validation, options, () => stop.asked);
        if (heldOut !== undefined) {
          curve.validation.push({ step, loss: heldOut });
          progress.log(`step ${step}: validation ${heldOut.toFixed(3)} nats per character`);
        }
      }
      if (isDue(step, options.checkpointEvery, options.steps)) await save(step);
    }
  } finally {
    progress.stop();
  }
  if (step > firstStep) await save(step);

  // ---- report --------------------------------------------------------------------------------------------------------
  const chart = join(out, 'loss.svg');
  await writeFile(
    chart,
    chartOf(
      curve,
      options,
      `${source.name}, LSTM ${options.layers} x ${options.hidden}`,
      ngramScores(crossEntropies(ngrams, validation)),
    ),
  );
  if (stop.asked) {
    print(
      `Stopped after step ${step}. The checkpoint is saved: pnpm start --resume${command.given.has('out') ? ` --out ${out}` : ''} goes on.`,
    );
    return;
  }
  print('Measuring the held-out text...');
  const heldOut = await heldOutLoss(model, parts.test, options, () => stop.asked);
  if (heldOut === undefined) {
    print('Stopped. The checkpoint is saved.');
    return;
  }
  const score = { name: 'LSTM', nats: heldOut };
  const references = ngramScores(crossEntropies(ngrams, parts.test));
  process.stdout.write(
    `\nThe last tenth of ${source.name}, which nobody learnt from:\n\n${scoreTable(score, references)}\n\n${verdict(score, references)}\n`,
  );
  if (options.sample > 0) {
    const prompt = vocabulary.decode(parts.test.subarray(0, 50));
    const text = await sampleText(model, vocabulary, {
      length: options.sample,
      temperature: options.temperature,
      seed: options.seed,
      prompt,
    });
    await writeFile(join(out, 'sample.txt'), `${prompt}${text}\n`);
    process.stdout.write(
      `\nA sample at temperature ${options.temperature}, after "${prompt.slice(-30).replaceAll('\n', ' ')}":\n\n${text}\n`,
    );
  }
  print(`\nThe loss curve is ${chart}; the checkpoint ${checkpointIn(out)}.`);
  print(`Evaluate a text of yours: pnpm exec node examples/char-lm/evaluate.ts FILE`);
}

/** Every so many steps, and never at the end, where it is done anyway. */
function isDue(step: number, every: number, last: number): boolean {
  return every > 0 && step % every === 0 && step < last;
}

function chartOf(
  curve: { train: LossPoint[]; validation: LossPoint[] },
  options: TrainOptions,
  title: string,
  scores: { name: string; nats: number }[],
): string {
  return lossChart({
    title,
    subtitle: `Adam, lr ${options.lr}, ${options.batch} x ${options.time} characters a step, seed ${options.seed}`,
    ...curve,
    references: scores.map(({ name, nats }) => ({ label: name, nats })),
  });
}

/** The first Ctrl-C (or SIGTERM) asks the loop to save and stop; the second one ends the process as usual. */
function stopOnSignal(): { readonly asked: boolean } {
  const stop = { asked: false };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      stop.asked = true;
    });
  }
  return stop;
}

function pick<T, K extends keyof T>(from: T, ...names: K[]): Pick<T, K> {
  return Object.fromEntries(names.map((name) => [name, from[name]])) as Pick<T, K>;
}

/** Progress goes to stderr, results to stdout. */
function print(line: string): void {
  process.stderr.write(`${line}\n`);
}

await runMain(main);
