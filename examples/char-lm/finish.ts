/** What a run leaves behind: the loss curve, the held-out loss beside n-grams, a sample. */
import { basename } from 'node:path';
import { heldOutLoss } from './held-out.ts';
import { crossEntropies, type NgramModel, trainNgram } from './ngram.ts';
import type { Run } from './prepare.ts';
import { ngramScores, scoreTable, verdict } from './report.ts';
import { CHART, SAMPLE, writeIn } from './run-folder.ts';
import { sampleText } from './sample.ts';
import type { Stop } from './stop.ts';

/** The yardstick: n-grams of the text that the model learns, up to 5. */
export function countNgrams({ parts, training }: Run): NgramModel {
  return trainNgram(parts.train, training.vocabulary.size, 5);
}

/** Draws the losses so far beside those of n-grams on the same validation text; returns the path. Throws: `UserError`. */
export async function writeChart(
  { folder, source, training }: Run,
  ngrams: NgramModel,
  validation: Int32Array,
): Promise<string> {
  const { layers, hidden, lr, batch, time, seed } = training.options;
  const { lossChart } = await import('./chart.ts'); // what it draws with takes longer to load than all the rest
  const svg = lossChart({
    title: `${basename(source.name)}, LSTM ${layers} x ${hidden}`,
    subtitle: `Adam, lr ${lr}, ${batch} x ${time} characters a step, seed ${seed}`,
    train: training.losses,
    validation: training.validation,
    references: ngramScores(crossEntropies(ngrams, validation)).map(({ name, nats }) => ({ label: name, nats })),
  });
  return writeIn(folder, CHART, svg);
}

/** The loss on the last tenth of the text beside those of n-grams, in a table; undefined where a stop was asked for. */
export async function heldOutReport(
  { source, parts, training }: Run,
  ngrams: NgramModel,
  stop: Stop,
): Promise<string | undefined> {
  const nats = await heldOutLoss(training.model, parts.test, training.options, stop);
  if (nats === undefined) return undefined;
  const score = { name: 'LSTM', nats };
  const references = ngramScores(crossEntropies(ngrams, parts.test));
  return `The last tenth of ${source.name}, which nobody learnt from:\n\n${scoreTable(score, references)}\n\n${verdict(score, references)}`;
}

/** Writes a continuation of the held-out text's beginning, to a file too. Throws: `UserError`. */
export async function writeSample({ folder, parts, training }: Run, stop: Stop): Promise<string> {
  const { model, vocabulary, options } = training;
  const { sample: length, temperature, seed } = options;
  const prompt = vocabulary.decode(parts.test.subarray(0, 50));
  const text = await sampleText(model, vocabulary, { length, temperature, seed, prompt, stop });
  await writeIn(folder, SAMPLE, `${prompt}${text}\n`);
  return `A sample at temperature ${temperature}, after "${prompt.slice(-30).replaceAll('\n', ' ')}":\n\n${text}`;
}
