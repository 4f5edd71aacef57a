/** A training from its plan to its end, with the code of char-lm, and what is told of it on the way. */
import { deviceInfo, manualSeed, setDevice } from '@tapegrad/core';
import { encodeStateDict } from '@tapegrad/nn';
import { Vocabulary } from '@tapegrad/nn/data';
import { checkpointOf, decodeCheckpoint } from '../char-lm/checkpoint.ts';
import type { LossPoint, Reference } from '../char-lm/curve.ts';
import { thousands } from '../char-lm/format.ts';
import { VALIDATION_LENGTH } from '../char-lm/held-out.ts';
import { crossEntropies, trainNgram } from '../char-lm/ngram.ts';
import { defaultTrainOptions, type TrainOptions } from '../char-lm/options.ts';
import { ngramScores } from '../char-lm/report.ts';
import { sampleText } from '../char-lm/sample.ts';
import type { Stop } from '../char-lm/stop.ts';
import { mobyDick, type Source, type Split, splitTokens, textOf } from '../char-lm/text.ts';
import { newTraining, type Training, train } from '../char-lm/training.ts';
import { UserError } from '../char-lm/user-error.ts';
import type { News, Plan } from './messages.ts';
import { stepTimer } from './step-timer.ts';

/** Steps between two losses on the validation text, checkpoints and samples. */
const EVERY = 50;
/** Of a sample, in characters. */
const [PROMPT, SAMPLE] = [40, 240];
/** The page hears of steps a few times a second, however fast they are. */
const MILLISECONDS = 200;

export async function trainAsPlanned(plan: Plan, stop: Stop, tell: (news: News) => void): Promise<void> {
  tell({ kind: 'phase', doing: 'Reading the text' });
  const source = plan.file
    ? await textOf(plan.file.name, new Uint8Array(await plan.file.arrayBuffer()))
    : await mobyDick();
  const training = await prepare(plan, source);
  const parts = splitTokens(training.vocabulary.encode(source.text), training.options.time, source.name);
  const validation = parts.validation.subarray(0, VALIDATION_LENGTH);
  if (!plan.from) tell({ kind: 'phase', doing: 'Counting n-grams' });
  const references = plan.from?.references ?? countNgrams(parts, validation, training.vocabulary.size);
  tell({ kind: 'ready', summary: describe(source, training), references, ...progressOf(training) });

  const { options } = training;
  const timer = stepTimer(options.batch * options.time);
  let untold: LossPoint[] = [];
  let told = performance.now();
  const tellSteps = (): void => {
    if (untold.length > 0) tell({ kind: 'steps', losses: untold, tokensPerSecond: timer.tokensPerSecond() });
    untold = [];
    told = performance.now();
  };
  const save = async (): Promise<void> => {
    tellSteps();
    const { tensors, metadata } = checkpointOf(training);
    const file = new Blob([(await encodeStateDict(tensors, { metadata })) as Uint8Array<ArrayBuffer>]);
    tell({ kind: 'checkpoint', checkpoint: { step: training.step, file, references } });
    if (!stop.asked) await writeSample(training, parts, stop, tell);
    timer.pause();
  };
  const progress = {
    update(step: number, loss: number): void {
      timer.step();
      untold.push({ step, loss });
      if (performance.now() - told >= MILLISECONDS) tellSteps();
    },
    /** It is called after a loss on the validation text. */
    log(): void {
      tell({ kind: 'validation', point: training.validation.at(-1)! });
      timer.pause();
    },
    stop(): void {},
  };
  await train(training, { train: parts.train, validation, progress, stop, save });
  if (training.step > (plan.from?.step ?? 0)) await save();
  tell({ kind: 'end', step: training.step, steps: options.steps });
}

/** A new training, or the one of the checkpoint, on the plan's device. */
async function prepare({ from, device, steps, hidden }: Plan, source: Source): Promise<Training> {
  const every = { steps, evaluateEvery: EVERY, checkpointEvery: EVERY };
  if (!from) {
    const options: TrainOptions = { ...defaultTrainOptions(), ...every, device, hidden };
    await setDevice(device);
    manualSeed(options.seed);
    return newTraining(options, Vocabulary.of('character', source.text), source.fingerprint);
  }
  const saved = await decodeCheckpoint('the checkpoint', new Uint8Array(await from.file.arrayBuffer()), device);
  if (saved.fingerprint !== source.fingerprint)
    throw new UserError(`${source.name} has changed since the training began: start a new one.`);
  if (saved.step >= steps)
    throw new UserError(`All ${steps} steps are done: ask for more than ${saved.step} to go on.`);
  return { ...saved, options: { ...saved.options, ...every, device } };
}

function countNgrams({ train }: Split<Int32Array>, validation: Int32Array, vocabularySize: number): Reference[] {
  const entropies = crossEntropies(trainNgram(train, vocabularySize, 5), validation);
  return ngramScores(entropies).map(({ name, nats }) => ({ label: name, nats }));
}

async function writeSample(
  { model, vocabulary, options, step }: Training,
  { validation }: Split<Int32Array>,
  stop: Stop,
  tell: (news: News) => void,
): Promise<void> {
  const prompt = vocabulary.decode(validation.subarray(0, PROMPT));
  const { temperature, seed } = options;
  const text = await sampleText(model, vocabulary, { length: SAMPLE, temperature, seed, prompt, stop });
  if (!stop.asked) tell({ kind: 'sample', step, prompt, text });
}

function progressOf({ step, options, losses, validation }: Training) {
  return { step, steps: options.steps, losses, validation };
}

function describe({ name, text }: Source, { vocabulary, model, options }: Training): string {
  const parameters = [...model.parameters()].reduce((sum, p) => sum + p.size, 0);
  const { threads } = deviceInfo().details;
  return (
    `${name}: ${thousands(text.length)} characters, ${vocabulary.size} different. LSTM of ${options.hidden} units, ` +
    `${thousands(parameters)} parameters, on ${options.device}${Number(threads) > 1 ? ` with ${threads} threads` : ''}.`
  );
}
