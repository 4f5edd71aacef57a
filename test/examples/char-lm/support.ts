/** What the tests of the language model share: a small text, a small model, a folder that goes away. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { saveCheckpoint } from '../../../examples/char-lm/checkpoint-file.ts';
import { trainOptions } from '../../../examples/char-lm/options.ts';
import { prepareRun, type Run } from '../../../examples/char-lm/prepare.ts';
import { checkpointIn } from '../../../examples/char-lm/run-folder.ts';
import { type Surroundings, train } from '../../../examples/char-lm/training.ts';

/** A path in a folder that lives as long as the tests of a file. */
export type PathOf = (name: string) => string;

export function temporaryFolder(): PathOf {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'char-lm-'));
    await writeFile(join(folder, 'text.txt'), TEXT);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
  return (name) => join(folder, name);
}

/** Options of a model that trains in a moment. */
export const TINY = '--hidden 16 --embedding 8 --time 8 --batch 4 --sample 20'.split(' ');

/** Sentences of whale hunters, the same in each run: letters that follow each other by rules, so there is something to learn. */
export const TEXT = sentences(500);

/** A run as the command line says, ready to go. */
export function runOf(...args: string[]): Promise<Run> {
  return prepareRun(trainOptions([...TINY, ...args]));
}

/** Trains silently to the last step of the run's options, and saves as the program does. */
export async function trainRun({ folder, parts, training }: Run, around: Partial<Surroundings> = {}): Promise<void> {
  const save = (): Promise<void> => saveCheckpoint(checkpointIn(folder), training);
  const progress = { update: () => {}, log: () => {}, stop: () => {} };
  await train(training, { ...parts, progress, stop: { asked: false }, save, ...around });
  await save();
}

function sentences(count: number): string {
  const words = 'the whale sea ship captain white old boat water men of and a to in he his that it with'.split(' ');
  let seed = 7;
  const next = (): number => {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    return Math.floor(seed / 65536);
  };
  return Array.from({ length: count }, (_, i) => words[next() % words.length] + (i % 11 === 10 ? '.\n' : ' ')).join('');
}
