import { readdir, stat, writeFile } from 'node:fs/promises';
import { DeviceError } from '@tapegrad/core';
import { CheckpointError } from '@tapegrad/nn';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { main as evaluate } from '../../../examples/char-lm/evaluate.ts';
import { claimRunFolder, latestRunFolder } from '../../../examples/char-lm/run-folder.ts';
import { runMain } from '../../../examples/char-lm/run-main.ts';
import { main as train } from '../../../examples/char-lm/train.ts';
import { UserError } from '../../../examples/char-lm/user-error.ts';
import { runOf, TEXT, TINY, temporaryFolder, trainRun } from './support.ts';

const pathOf = temporaryFolder();

/** In the arguments below, `@name` is a path in the temporary folder. */
const paths = (args: string): string[] =>
  args.split(' ').map((arg) => (arg.startsWith('@') ? pathOf(arg.slice(1)) : arg));

/** Every file with its time and bytes: what must not change. */
async function everything(): Promise<string[]> {
  const names = (await readdir(pathOf(''), { recursive: true })).sort();
  return Promise.all(
    names.map(async (name) => {
      const { mtimeMs, size } = await stat(pathOf(name));
      return `${name} ${mtimeMs} ${size}`;
    }),
  );
}

beforeAll(async () => {
  // A machine without a GPU, wherever this runs.
  Object.defineProperty(globalThis.navigator, 'gpu', { value: { requestAdapter: async () => null } });
  for (const stream of [process.stdout, process.stderr]) stream.setMaxListeners(100); // each program adds one
  await writeFile(pathOf('run.txt'), TEXT);
  const run = await runOf('--data', pathOf('run.txt'), '--out', pathOf('run'), '--steps', '2');
  await trainRun(run);
  await writeFile(pathOf('run.txt'), TEXT.replaceAll('whale', 'walrus')); // the file changed on disk
  const moved = await runOf('--data', pathOf('text.txt'), '--out', pathOf('moved'), '--steps', '2');
  await trainRun(moved);
  await writeFile(pathOf('reversed.txt'), [...TEXT].reverse().join(''));
  await writeFile(pathOf('empty.txt'), '');
  await writeFile(pathOf('latin.txt'), Buffer.from([0xe9, 0x20]));
  await writeFile(pathOf('short.txt'), 'Call me.');
  await writeFile(pathOf('café.txt'), 'the café');
  await writeFile(pathOf('one.txt'), 'a');
  await writeFile(pathOf('sample.txt'), 'of the user');
});

describe('train.ts says in one line what is wrong, and touches no file, with', () => {
  test.each([
    [
      'a data file that is not there',
      '--data @nowhere.txt --out @new',
      /cannot read .*nowhere\.txt: there is no such file/,
    ],
    ['an empty data file', '--data @empty.txt --out @new', /empty\.txt is empty/],
    ['a data file that is not UTF-8', '--data @latin.txt --out @new', /latin\.txt is not UTF-8/],
    [
      'a text shorter than a sequence',
      '--data @short.txt --out @new',
      /short\.txt has 8 characters, and sequences of 8 need/,
    ],
    ['an unknown option', '--data @text.txt --out @new --epochs 3', /there is no option --epochs/],
    [
      'a device that is not there',
      '--data @text.txt --out @new --device webgpu',
      /device 'webgpu' is not available here: WebGPU finds no adapter\. It needs/,
    ],
    ['a model that fits into no memory', '--data @text.txt --out @new --embedding 1000000000000', /not enough memory/],
    ['a folder that is a file', '--data @text.txt --out @text.txt', /cannot write to .*text\.txt: it is a file/],
    [
      'a folder inside of a file',
      '--data @text.txt --out @text.txt/run',
      /cannot write to .*a part of the path is a file/,
    ],
    [
      'a folder that holds a run',
      '--data @text.txt --out @run',
      /run holds the checkpoint of an earlier run\. Continue it/,
    ],
    ['a folder with a file of the user', '--data @text.txt --out @', /sample\.txt would be overwritten/],
    [
      'nothing to resume',
      '--resume --out @new',
      /cannot read the checkpoint .*new.checkpoint\.safetensors: there is no such/,
    ],
    [
      'another size than the checkpoint',
      '--resume --out @moved --hidden 17',
      /--hidden 17 differs from the checkpoint's 16/,
    ],
    ['fewer steps than were done', '--resume --out @moved --steps 1', /--steps 1 is less than the 2/],
    [
      'a text that changed on disk',
      '--resume --out @run',
      /vocabulary of .*run\.txt .*: it adds 'u' \(U\+0075\)\. Give the text as it was/,
    ],
    [
      'another text of the same characters',
      '--resume --out @run --data @reversed.txt',
      /reversed\.txt is not the text that/,
    ],
  ])('%s', async (_, args, message) => {
    const before = await everything();
    const words = args.startsWith('--resume') ? paths(args) : [...TINY, ...paths(args)];
    await expect(said(() => train(words))).resolves.toMatch(message);
    expect(await everything()).toEqual(before);
  });

  test('and resumes where the text has only moved', async () => {
    const run = await runOf('--resume', '--out', pathOf('run'), '--data', pathOf('text.txt'), '--steps', '3');
    await trainRun(run);
    expect(run.training).toMatchObject({ step: 3, options: { data: pathOf('text.txt') } });
  });
});

describe('evaluate.ts says in one line what is wrong, with', () => {
  test.each([
    ['no file', '--run @run', /0 files are given/],
    ['a run that is not there', '@text.txt --run @new', /cannot read the checkpoint .*new.*Train first/],
    ['a file that is not there', '@nowhere.txt --run @run', /cannot read .*nowhere\.txt/],
    ['a character that the model never saw', '@café.txt --run @run', /unknown character 'é' .* \(line 1, column 8\)/],
    ['a text of one character', '@one.txt --run @run', /one\.txt has 1 character: at least 2 are needed/],
  ])('%s', async (_, args, message) => {
    await expect(said(() => evaluate(paths(args)))).resolves.toMatch(message);
  });
});

/** What a program says of a mistake; fails where that is not one line or no mistake. */
async function said(program: () => Promise<void>): Promise<string> {
  const written: string[] = [];
  const write = vi.spyOn(process.stderr, 'write').mockImplementation((text) => written.push(String(text)) > 0);
  try {
    await runMain(program);
    expect(process.exitCode).toBe(1);
  } finally {
    write.mockRestore();
    process.exitCode = undefined;
  }
  expect(written).toHaveLength(1);
  expect(written[0]).toMatch(/^error: [^\n]+\n$/);
  return written[0]!;
}

describe('the frame of a program', () => {
  test.each([
    ['UserError', new UserError('no')],
    ['CheckpointError', new CheckpointError('file', 'this', 'that', 'Go.')],
    ['DeviceError', new DeviceError('none')],
  ])('takes a %s for a mistake of the user', async (_, error) => {
    await expect(said(() => Promise.reject(error))).resolves.toBe(`error: ${error.message}\n`);
  });

  test('lets every other error through, with its stack', async () => {
    await expect(runMain(() => Promise.reject(new RangeError('token 7 is outside')))).rejects.toThrow('token 7');
    await expect(runMain(() => Promise.reject(new Error('a bug')))).rejects.toThrow('a bug');
  });
});

describe('the folder of a run', () => {
  test('is the first free one where none is asked for, also for two runs at once', async () => {
    const folders = await Promise.all([1, 2, 3].map(() => claimRunFolder(pathOf('runs/lm'), false)));
    expect(folders.sort()).toEqual([pathOf('runs/lm'), pathOf('runs/lm-2'), pathOf('runs/lm-3')]);
  });

  test('to go on with is the newest that has a checkpoint', async () => {
    await claimRunFolder(pathOf('some/lm'), false);
    await writeFile(pathOf('some/lm/checkpoint.safetensors'), '');
    expect(await latestRunFolder(pathOf('some/lm'), false)).toBe(pathOf('some/lm'));
    for (const n of [2, 9, 10, 11]) await claimRunFolder(pathOf(`some/lm-${n}`), true);
    for (const n of [2, 10]) await writeFile(pathOf(`some/lm-${n}/checkpoint.safetensors`), '');
    expect(await latestRunFolder(pathOf('some/lm'), false)).toBe(pathOf('some/lm-10'));
    expect(await latestRunFolder(pathOf('some/lm'), true)).toBe(pathOf('some/lm'));
  });
});
