import { defaultGenerator } from '@tapegrad/core';
import { Vocabulary } from '@tapegrad/nn/data';
import { beforeAll, expect, test } from 'vitest';
import { heldOutLoss, tokenSurprisals } from '../../../examples/char-lm/held-out.ts';
import { LanguageModel } from '../../../examples/char-lm/model.ts';
import { crossEntropies, trainNgram } from '../../../examples/char-lm/ngram.ts';
import type { Run } from '../../../examples/char-lm/prepare.ts';
import { sampleText } from '../../../examples/char-lm/sample.ts';
import { runOf, temporaryFolder, trainRun } from './support.ts';

const pathOf = temporaryFolder();

function start(name: string, ...args: string[]): Promise<Run> {
  return runOf('--data', pathOf('text.txt'), '--out', pathOf(name), '--lr', '0.02', ...args);
}

/** A run that is trained once, for those tests that need one. */
let learnt: Run;
beforeAll(async () => {
  learnt = await start('learnt', '--steps', '150');
  await trainRun(learnt);
});

test('a seed gives the same losses each time, and another seed gives others', async () => {
  const losses: number[][] = [];
  for (const [name, seed] of [
    ['a', '5'],
    ['b', '5'],
    ['c', '6'],
  ] as const) {
    const run = await start(name, '--steps', '5', '--dropout', '0.2', '--seed', seed);
    await trainRun(run);
    losses.push(run.training.losses.map(({ loss }) => loss));
  }
  expect(losses[1]).toEqual(losses[0]);
  expect(losses[2]).not.toEqual(losses[0]);
});

test('the model begins as uncertain as a die with V sides, and soon beats the unigram on held-out text', async () => {
  const { parts, training } = learnt;
  const V = training.vocabulary.size;
  expect(training.losses[0]!.loss).toBeCloseTo(Math.log(V), 0);
  const [, unigram] = crossEntropies(trainNgram(parts.train, V, 1), parts.test);
  const heldOut = await heldOutLoss(training.model, parts.test, training.options);
  expect(heldOut).toBeLessThan(unigram! - 0.3);
  expect(heldOut).toBeCloseTo(
    training.losses.slice(-20).reduce((sum, { loss }) => sum + loss / 20, 0),
    0,
  );
});

test('a training that diverges stops with an error, before it saves what it spoilt', async () => {
  const run = await start('diverges', '--steps', '20', '--evaluate-every', '0');
  run.training.optimizer.paramGroups[0]!.lr = Number.POSITIVE_INFINITY;
  await expect(trainRun(run)).rejects.toThrow(
    /the loss is (NaN|Infinity) at step [23]: the training diverged\. .* smaller --lr/,
  );
  expect(run.training.losses.every(({ loss }) => Number.isFinite(loss))).toBe(true);
});

test('the held-out loss is the mean surprisal of the same tokens, whatever the width of the windows', async () => {
  const { training, parts } = await start('surprisals');
  const tokens = parts.test.subarray(0, 60);
  const surprisals = await tokenSurprisals(training.model, tokens, 7);
  expect(surprisals[0]).toBeNaN();
  const mean = surprisals.slice(1).reduce((sum, nats) => sum + nats / 59, 0);
  for (const time of [5, 59, 100])
    expect(await heldOutLoss(training.model, tokens, { batch: 1, time })).toBeCloseTo(mean, 6);
});

test('evaluation switches dropout off, and on again for the training that follows', async () => {
  const { training, parts } = await start('modes', '--dropout', '0.5');
  const loss = await heldOutLoss(training.model, parts.test, { batch: 2, time: 8 });
  expect(await heldOutLoss(training.model, parts.test, { batch: 2, time: 8 })).toBe(loss);
  expect(training.model.training).toBe(true);
  expect(await heldOutLoss(training.model, parts.test, { batch: 2, time: 8 }, { asked: true })).toBeUndefined();
});

test('a sample is a function of model, prompt, temperature and seed', async () => {
  const { model, vocabulary } = learnt.training;
  const sample = (change: object): Promise<string> =>
    sampleText(model, vocabulary, { length: 30, temperature: 1, seed: 3, prompt: 'the ', ...change });
  const text = await sample({});
  expect(text).toHaveLength(30);
  expect(await sample({})).toBe(text);
  expect(await sample({ seed: 4 })).not.toBe(text);
  expect(await sample({ prompt: 'a sh' })).not.toBe(text);
  expect(await sample({ temperature: 0.5 })).not.toBe(text);
  expect(await sample({ stop: { asked: true } })).toBe('');
  expect(model.training).toBe(true);
  // Nearly cold, the seed decides nothing: all is what the model holds most likely.
  expect(await sample({ temperature: 0.01, seed: 4 })).toBe(await sample({ temperature: 0.01 }));
});

test('a sample on the way does not change the training', async () => {
  const run = await start('disturbed', '--steps', '6', '--dropout', '0.2', '--checkpoint-every', '2');
  const { model, vocabulary } = run.training;
  await trainRun(run, {
    save: async () => {
      const before = defaultGenerator.state;
      await sampleText(model, vocabulary, { length: 5, temperature: 1, seed: 1, prompt: 'a' });
      expect(defaultGenerator.state).toEqual(before);
    },
  });
  const alone = await start('undisturbed', '--steps', '6', '--dropout', '0.2');
  await trainRun(alone);
  expect(run.training.losses).toEqual(alone.training.losses);
});

test('a text of one character only can be learnt, and has nothing to learn', async () => {
  const vocabulary = Vocabulary.of('character', 'aaaa');
  const model = new LanguageModel({ vocabularySize: 1, embedding: 2, hidden: 2, layers: 1, dropout: 0 });
  expect(await heldOutLoss(model, vocabulary.encode('aaaa'), { batch: 1, time: 2 })).toBe(0);
});
