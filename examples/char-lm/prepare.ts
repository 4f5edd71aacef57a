/** From a command line to a run that is ready: its text, its folder, and a training, new or from a checkpoint. */
import { manualSeed, setDevice } from '@tapegrad/core';
import { Vocabulary } from '@tapegrad/nn/data';
import { loadCheckpoint } from './checkpoint-file.ts';
import type { Command } from './cli.ts';
import { loadText } from './load-text.ts';
import type { TrainOptions } from './options.ts';
import { requireSameText, resumeOptions } from './resume.ts';
import { checkpointIn, claimRunFolder, latestRunFolder } from './run-folder.ts';
import { type Source, type Split, splitTokens } from './text.ts';
import { newTraining, type Training } from './training.ts';

export interface Run {
  readonly folder: string;
  readonly source: Source;
  /** The tokens of the text. */
  readonly parts: Split<Int32Array>;
  readonly training: Training;
}

/** Throws: `UserError`, `CheckpointError` or `DeviceError` for what the user has to mend. Then nothing was written. */
export async function prepareRun(command: Command<TrainOptions>): Promise<Run> {
  return command.options.resume ? continuedRun(command) : newRun(command);
}

async function newRun({ options, given }: Command<TrainOptions>): Promise<Run> {
  await setDevice(options.device);
  const source = await loadText(options.data);
  const vocabulary = Vocabulary.of('character', source.text);
  const parts = splitTokens(vocabulary.encode(source.text), options.time, source.name);
  manualSeed(options.seed);
  const training = newTraining(options, vocabulary, source.fingerprint);
  return { folder: await claimRunFolder(options.out, given.has('out')), source, parts, training };
}

async function continuedRun(command: Command<TrainOptions>): Promise<Run> {
  const { options: asked, given } = command;
  const folder = await latestRunFolder(asked.out, given.has('out'));
  const saved = await loadCheckpoint(checkpointIn(folder), given.has('device') ? asked.device : undefined);
  const options = resumeOptions(command, saved);
  const source = await loadText(options.data);
  requireSameText(saved, source);
  const parts = splitTokens(saved.vocabulary.encode(source.text), options.time, source.name);
  return { folder, source, parts, training: { ...saved, options } };
}
