import { describe, expect, test } from 'vitest';
import {
  EVALUATE_HELP,
  evaluateOptions,
  savedTrainOptions,
  TRAIN_HELP,
  trainOptions,
} from '../../../examples/char-lm/options.ts';
import { resumeOptions } from '../../../examples/char-lm/resume.ts';

const { options: defaults } = trainOptions([]);

describe('the command line of train.ts', () => {
  test('gives what was written, and defaults for the rest', () => {
    const { options, given } = trainOptions(['--steps', '20', '--lr=0.01', '--checkpoint-every', '5', '--resume']);
    expect(options).toEqual({ ...defaults, steps: 20, lr: 0.01, checkpointEvery: 5, resume: true });
    expect([...given]).toEqual(['steps', 'lr', 'checkpointEvery', 'resume']);
    expect(defaults).toMatchObject({ data: undefined, seed: 1, hidden: 128, device: 'wasm', resume: false });
  });

  test('may begin with the -- that some package managers hand on', () => {
    expect(trainOptions(['--', '--steps', '20']).options.steps).toBe(20);
  });

  test.each([
    [['--step', '3'], /there is no option --step\. Options are --data, --out, .*--help; see --help/],
    [['-s', '3'], /there is no option -s/],
    [['book.txt'], /'book\.txt' belongs to no option. To train on a file: --data book\.txt/],
    [['--steps'], '--steps has no value: expected --steps N. See --help.'],
    [['--steps', '--hidden', '3'], '--steps has no value: expected --steps N. See --help.'],
    [['--steps', 'many'], "--steps is 'many': expected a whole number of 1 or more."],
    [['--steps', '0'], "--steps is '0': expected a whole number of 1 or more."],
    [['--steps', '2.5'], "--steps is '2.5': expected a whole number of 1 or more."],
    [['--steps', ''], "--steps is '': expected a whole number of 1 or more."],
    [['--steps', '1e99'], "--steps is '1e99': expected a whole number of 1 or more."],
    [['--steps', '-3'], "--steps is '-3': expected a whole number of 1 or more."],
    [['--seed', '4294967296'], "--seed is '4294967296': expected a whole number from 0 to 4294967295."],
    [['--lr', '0'], "--lr is '0': expected a number greater than 0."],
    [['--lr', 'NaN'], "--lr is 'NaN': expected a number greater than 0."],
    [['--clip', 'Infinity'], "--clip is 'Infinity': expected a number greater than 0."],
    [['--dropout', '1'], "--dropout is '1': expected a number from 0 to 0.99."],
    [['--temperature', '0'], "--temperature is '0': expected a number from 0.01 to 100."],
    [['--device', 'gpu'], "--device is 'gpu': expected one of cpu, wasm, webgpu."],
    [['--data', ''], '--data is empty: expected --data FILE. See --help.'],
    [['--resume=yes'], "--resume is a switch and takes no value, but 'yes' is given."],
  ])('refuses %j', (args, message) => {
    expect(() => trainOptions(args)).toThrow(expect.objectContaining({ name: 'UserError' }));
    expect(() => trainOptions(args)).toThrow(message);
  });
});

describe('the command line of evaluate.ts', () => {
  test('has one file, and options on either side of it', () => {
    expect(evaluateOptions(['--worst', '3', 'a.txt', '--run', 'r'])).toMatchObject({
      file: 'a.txt',
      options: { worst: 3, run: 'r' },
    });
  });

  test('refuses no file and two files, except with --help', () => {
    expect(() => evaluateOptions([])).toThrow('0 files are given: expected one');
    expect(() => evaluateOptions(['a', 'b'])).toThrow('2 files are given: expected one');
    expect(evaluateOptions(['--help']).options.help).toBe(true);
  });
});

describe('the help', () => {
  test.each([
    ['train.ts', TRAIN_HELP, Object.keys(defaults)],
    ['evaluate.ts', EVALUATE_HELP, ['run', 'device', 'worst', 'help']],
  ])('of %s has a line for each option, and fits into 120 columns', (_, help, names) => {
    const options = help.split('\n').flatMap((line) => /^ {2}(--[a-z-]+)/.exec(line)?.[1] ?? []);
    expect(options).toEqual(names.map((name) => `--${name.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)}`));
    for (const line of help.split('\n')) expect(line.length).toBeLessThanOrEqual(120);
  });

  test('of train.ts names the switch of the launcher that starts it', () => {
    expect(TRAIN_HELP).toContain('with --no-wide-simd it runs without');
  });
});

describe('options from a checkpoint', () => {
  test('come back from JSON as they were', () => {
    const options = { ...defaults, data: 'a.txt', lr: 1e-7, dropout: 0.1 };
    expect(savedTrainOptions(JSON.parse(JSON.stringify(options)))).toEqual(options);
    expect(savedTrainOptions(JSON.parse(JSON.stringify(defaults)))).toEqual(defaults);
  });

  test.each([
    [{ hidden: '16' }, '--hidden is "16": expected a number.'],
    [{ hidden: undefined }, '--hidden is undefined: expected a number.'],
    [{ layers: 0 }, "--layers is '0': expected a whole number of 1 or more."],
    [{ lr: null }, '--lr is null: expected a number.'],
    [{ device: 'abacus' }, "--device is 'abacus': expected one of cpu, wasm, webgpu."],
    [{ resume: 1 }, '--resume is 1: expected a boolean.'],
    [{ data: ['a.txt'] }, '--data is ["a.txt"]: expected a string.'],
  ])('with %o are refused', (change, message) => {
    expect(() => savedTrainOptions({ ...defaults, ...change })).toThrow(message);
  });
});

describe('a resumed run', () => {
  const saved = { options: { ...defaults, hidden: 16, steps: 20 }, step: 12 };
  const resumed = (...args: string[]): typeof defaults => resumeOptions(trainOptions(['--resume', ...args]), saved);

  test('keeps the options of its checkpoint', () => {
    expect(resumed('--hidden', '16')).toEqual({ ...saved.options, resume: true });
  });

  test('may go on for longer, and show other things', () => {
    expect(resumed('--steps', '30', '--sample', '0')).toMatchObject({ hidden: 16, steps: 30, sample: 0 });
  });

  test('refuses what would make it another run', () => {
    expect(() => resumed('--hidden', '32')).toThrow(
      "--hidden 32 differs from the checkpoint's 16: a resumed run keeps it.",
    );
    expect(() => resumed('--lr', '0.1')).toThrow("--lr 0.1 differs from the checkpoint's 0.003");
  });

  test('refuses fewer steps than were done', () => {
    expect(() => resumed('--steps', '11')).toThrow('--steps 11 is less than the 12 that the checkpoint has done');
  });
});
