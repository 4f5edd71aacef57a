import { readFile } from 'node:fs/promises';
import { decodeSafetensors, type StoredTensor } from '@tapegrad/nn';
import { describe, expect, test } from 'vitest';
import { saveCheckpoint } from '../../../examples/char-lm/checkpoint-file.ts';
import { checkpointIn } from '../../../examples/char-lm/run-folder.ts';
import { runOf, temporaryFolder, trainRun } from './support.ts';

const pathOf = temporaryFolder();

/** All that training depends on, as the file has it: parameters, moments, state, losses and the random stream. */
async function contentsOf(checkpoint: string): Promise<Record<string, StoredTensor | unknown>> {
  const { tensors, metadata } = decodeSafetensors(await readFile(checkpoint), checkpoint);
  tensors.delete('validation'); // a run that ends at step 12 looks once more there
  const { step, random, fingerprint } = JSON.parse(metadata.training!);
  return { ...Object.fromEntries(tensors), optimizer: metadata.optimizer, step, random, fingerprint };
}

describe.each([
  ['one layer', []],
  ['dropout', ['--dropout', '0.3']],
  ['two layers with dropout between them', ['--layers', '2', '--dropout', '0.3']],
])('with %s', (name, options) => {
  const folder = (run: string): string => pathOf(`${name} ${run}`);
  const args = (run: string, steps: number, ...more: string[]): string[] => [
    ...['--data', pathOf('text.txt'), '--out', folder(run), '--steps', String(steps), '--evaluate-every', '8'],
    ...[...options, ...more],
  ];

  test('12 steps and 8 resumed ones are bitwise 20 steps: losses, parameters, moments, state, random stream', async () => {
    await trainRun(await runOf(...args('whole', 20)));
    await trainRun(await runOf(...args('parts', 12)));
    const resumed = await runOf(...args('parts', 20, '--resume'));
    expect(resumed.training.step).toBe(12);
    await trainRun(resumed);
    expect(await contentsOf(checkpointIn(folder('parts')))).toEqual(await contentsOf(checkpointIn(folder('whole'))));
    expect(resumed.training.losses).toHaveLength(20);
    expect(resumed.training.validation.map(({ step }) => step)).toEqual([8, 12, 16, 20]);
  });

  test('a checkpoint on the way is the one of a run that ends there, and writing it changes nothing', async () => {
    const run = await runOf(...args('watched', 20, '--checkpoint-every', '6'));
    const saved: string[] = [];
    const save = async (): Promise<void> => {
      saved.push(folder(`at ${run.training.step}`));
      await saveCheckpoint(saved.at(-1)!, run.training);
    };
    await trainRun(run, { save });
    await trainRun(await runOf(...args('short', 12)));
    expect(saved).toEqual([6, 12, 18].map((step) => folder(`at ${step}`)));
    expect(await contentsOf(folder('at 12'))).toEqual(await contentsOf(checkpointIn(folder('short'))));
    expect(await contentsOf(checkpointIn(folder('watched')))).toEqual(await contentsOf(checkpointIn(folder('whole'))));
  });

  test('a run that is stopped, resumed, stopped and resumed again is bitwise the whole one', async () => {
    const stopAt = (step: number): Parameters<typeof trainRun>[1] => {
      const stop = { asked: false };
      const update = (done: number): void => {
        stop.asked = done === step;
      };
      return { stop, progress: { update, log: () => {}, stop: () => {} } };
    };
    await trainRun(await runOf(...args('stopped', 20)), stopAt(5));
    for (const step of [6, 20]) {
      const run = await runOf('--resume', '--out', folder('stopped')); // all options come from the checkpoint
      await trainRun(run, stopAt(step));
      expect(run.training.step).toBe(step);
    }
    expect(await contentsOf(checkpointIn(folder('stopped')))).toEqual(await contentsOf(checkpointIn(folder('whole'))));
  });
});
