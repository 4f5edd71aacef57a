import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { defaultGenerator, manualSeed } from '@tapegrad/core';
import { CheckpointError, decodeSafetensors, encodeSafetensors, type Safetensors } from '@tapegrad/nn';
import { beforeAll, describe, expect, test } from 'vitest';
import { loadCheckpoint, saveCheckpoint } from '../../../examples/char-lm/checkpoint-file.ts';
import type { Run } from '../../../examples/char-lm/prepare.ts';
import { runOf, temporaryFolder, trainRun } from './support.ts';

const pathOf = temporaryFolder();

let run: Run;
let bytes: Uint8Array;

beforeAll(async () => {
  run = await runOf('--data', pathOf('text.txt'), '--out', pathOf('run'), '--steps', '3');
  await trainRun(run);
  bytes = await readFile(pathOf('run/checkpoint.safetensors'));
});

describe('a checkpoint', () => {
  test('gives back what was saved, the random stream too', async () => {
    const { offset } = defaultGenerator.state;
    manualSeed(99);
    const loaded = await loadCheckpoint(pathOf('run/checkpoint.safetensors'));
    expect(defaultGenerator.state).toEqual({ seed: 1, offset });
    expect(loaded).toMatchObject({
      ...{ step: 3, options: run.training.options, fingerprint: run.source.fingerprint },
      ...{ losses: run.training.losses, validation: run.training.validation },
    });
    expect(loaded.vocabulary.pieces).toEqual(run.training.vocabulary.pieces);
    expect(await loaded.state[1].data()).toEqual(await run.training.state[1].data());
  });

  test('is bitwise the same file when it is loaded and saved again', async () => {
    await saveCheckpoint(pathOf('again'), await loadCheckpoint(pathOf('run/checkpoint.safetensors')));
    expect(Buffer.compare(await readFile(pathOf('again')), bytes)).toBe(0);
  });

  test('keeps losses that are not finite', async () => {
    const losses = [Number.NaN, Number.POSITIVE_INFINITY, 1].map((loss, i) => ({ step: i + 1, loss }));
    await saveCheckpoint(pathOf('odd'), { ...run.training, losses });
    expect((await loadCheckpoint(pathOf('odd'))).losses).toEqual(losses);
  });

  test('that cannot be written says where', async () => {
    await mkdir(pathOf('folder'));
    await expect(saveCheckpoint(pathOf('folder'), run.training)).rejects.toMatchObject({
      name: 'CheckpointError',
      message: expect.stringMatching(/folder: it cannot be written: .*Choose another path/),
    });
    expect((await readdir(pathOf('.'))).filter((name) => name.endsWith('.part'))).toEqual([]);
  });

  test('that does not exist says what to do', async () => {
    await expect(loadCheckpoint(pathOf('nowhere'))).rejects.toThrow(
      /cannot read the checkpoint .*nowhere: there is no such file or folder\. Train first/,
    );
  });
});

describe('a file that is no checkpoint of this program', () => {
  test.each([0, 5, 200, 0.5, 0.999])('cut off after %d of its bytes is refused', async (length) => {
    await writeFile(pathOf('cut'), bytes.subarray(0, length < 1 ? bytes.length * length : length));
    await expect(loadCheckpoint(pathOf('cut'))).rejects.toThrow(CheckpointError);
    await expect(loadCheckpoint(pathOf('cut'))).rejects.toThrow(/cut: .*; expected .* The file is cut off, damaged/);
  });

  test.each([
    [
      'of another program',
      {},
      /is not a checkpoint of this program: its format should be 'tapegrad char-lm 1', it has none/,
    ],
    ['of another version', { format: 'tapegrad char-lm 2' }, /, it is 'tapegrad char-lm 2'\./],
  ])('%s is refused', async (_, metadata, message) => {
    const weight = { dtype: 'f32', shape: [2], data: Float32Array.of(1, 2) } as const;
    await writeFile(pathOf('other'), encodeSafetensors(new Map([['weight', weight]]), { metadata }));
    await expect(loadCheckpoint(pathOf('other'))).rejects.toMatchObject({
      name: 'UserError',
      message: expect.stringMatching(message),
    });
  });
});

type Change = (file: Safetensors) => void;

/** Changes the record of the training; a function may return something that is no record at all. */
const record =
  (change: (record: Record<string, unknown>) => unknown): Change =>
  ({ metadata }) => {
    const training = JSON.parse(metadata.training!);
    metadata.training = JSON.stringify(change(training) ?? training);
  };
const field =
  (name: string, value: unknown): Change =>
  (file) =>
    record((all) => ({ ...all, [name]: value }))(file);
const option =
  (name: string, value: unknown): Change =>
  (file) =>
    record((all) => ({ ...all, options: { ...(all.options as object), [name]: value } }))(file);
const optimizer =
  (text: (json: string) => string): Change =>
  ({ metadata }) => {
    metadata.optimizer = text(metadata.optimizer!);
  };
const lacking =
  (name: string): Change =>
  ({ tensors }) => {
    if (!tensors.delete(name)) throw new Error(`${name} was never there`);
  };
const reshaped =
  (name: string): Change =>
  ({ tensors }) => {
    const x = tensors.get(name)!;
    tensors.set(name, { ...x, shape: [1, ...x.shape] });
  };

test.each<[string, Change, RegExp]>([
  ['no record', ({ metadata }) => delete metadata.training, /it has no record of the training/],
  ['a record that is no JSON', ({ metadata }) => void (metadata.training = '{'), /the record .* is not JSON: "\{"/],
  ['a list as its record', record(() => []), /the record of the training is \[\] and not an object/],
  ['null as its record', ({ metadata }) => void (metadata.training = 'null'), /is null and not an object/],
  ['no step', field('step', undefined), /step is missing and not a whole number/],
  ['a text as its step', field('step', '3'), /step is "3" and not a whole number/],
  ['a fraction as its step', field('step', 2.5), /step is 2\.5 and not a whole number/],
  ['another step than its losses', field('step', 4), /the tensor 'losses' is \[3,2\], where its options say \[4,2\]/],
  ['no options', field('options', null), /options is null and not an object/],
  ['a huge list as options', field('options', Array(1e5).fill(1)), /options is \[1,1,.*\.\.\. and not an object/],
  ['an option missing', option('hidden', undefined), /--hidden is undefined: expected a number/],
  ['an option of the wrong type', option('layers', { valueOf: 3 }), /--layers is \{"valueOf":3\}: expected a number/],
  ['an option out of its range', option('batch', -1), /--batch is '-1': expected a whole number of 1 or more/],
  [
    'a model larger than its file',
    option('hidden', 2 ** 40),
    /'model\.lstm\.weight_hh_l0' is \[64,16\], where .*4398046511104/,
  ],
  ['more layers than its file', option('layers', 1e9), /there is no tensor 'model\.lstm\.weight_hh_l999999999'/],
  [
    'a batch larger than its state',
    option('batch', 1e9),
    /'state\.hidden' is \[1,4,16\], where .* \[1,1000000000,16\]/,
  ],
  ['no characters', field('characters', ''), /characters is "" and not a text/],
  [
    'other characters',
    field('characters', 'ab'),
    /'model\.embedding\.weight' is \[\d+,8\], where its options say \[2,8\]/,
  ],
  ['numbers as characters', field('characters', [1, 2]), /characters is \[1,2\] and not a text/],
  ['no fingerprint', field('fingerprint', 7), /fingerprint is 7 and not a text/],
  ['no random state', field('random', 7), /random is 7 and not an object/],
  ['a negative seed', field('random', { seed: -1, offset: 0 }), /random\.seed is -1 and not a whole number/],
  ['no parameter', lacking('model.head.bias'), /the model lacks head\.bias/],
  [
    'a parameter too many',
    ({ tensors }) => void tensors.set('model.x', tensors.get('model.head.bias')!),
    /has in excess x/,
  ],
  ['a misshapen parameter', reshaped('model.head.bias'), /the model has in a wrong shape head\.bias/],
  ['no recurrent state', lacking('state.cell'), /there is no tensor 'state\.cell'/],
  ['no losses', lacking('losses'), /there is no tensor 'losses'/],
  ['a misshapen curve', reshaped('validation'), /the tensor 'validation' is \[1,1,2\]/],
  ['no moment', lacking('optimizer.state.0.exp_avg'), /the tensor 'state\.0\.exp_avg' is missing/],
  ['a misshapen moment', reshaped('optimizer.state.0.exp_avg'), /state\[0\]\.exp_avg: shapes differ/],
  ['no optimizer', ({ metadata }) => delete metadata.optimizer, /unflattenState: the JSON cannot be read/],
  [
    'an optimizer of another kind',
    optimizer(() => '{"state":{},"param_groups":[]}'),
    /tensor 'state\.0\.exp_avg' is not named/,
  ],
  [
    'options of another optimizer',
    optimizer((json) => json.replace('"betas"', '"gammas"')),
    /param_groups\[0\] has no 'betas'/,
  ],
])('a checkpoint with %s is refused in one line that names the file', async (_, change, message) => {
  const file = decodeSafetensors(bytes, 'checkpoint');
  change(file);
  await writeFile(pathOf('hostile'), encodeSafetensors(file.tensors, file));
  const error: Error = await loadCheckpoint(pathOf('hostile')).then(
    () => undefined!,
    (error) => error,
  );
  expect(error).toBeInstanceOf(CheckpointError);
  expect(error.message).toMatch(message);
  expect(error.message).toContain(`${pathOf('hostile')}: `);
  expect(error.message).not.toContain('\n');
  expect(error.message.length).toBeLessThan(500);
});
