import { type ChildProcess, spawn } from 'node:child_process';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { decodeSafetensors } from '@tapegrad/nn';
import { expect, test } from 'vitest';
import { loadCheckpoint } from '../../../examples/char-lm/checkpoint-file.ts';
import { checkpointIn } from '../../../examples/char-lm/run-folder.ts';
import { runOf, TINY, temporaryFolder, trainRun } from './support.ts';

const pathOf = temporaryFolder();
const ROOT = join(import.meta.dirname, '../../..');

interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts a program as `pnpm start` does; `ended` is what became of it. */
function start(program: string, ...args: string[]): { child: ChildProcess; ended: Promise<Ended> } {
  const command = ['--require', './scripts/preflight.cjs', `examples/char-lm/${program}`, ...args];
  const child = spawn(process.execPath, command, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text) => {
      output[name] += text;
    });
  }
  const ended = new Promise<Ended>((resolve) => {
    child.on('close', (code, signal) => resolve({ code, signal, ...output }));
  });
  return { child, ended };
}

const train = (folder: string, ...args: string[]): ReturnType<typeof start> =>
  start('train.ts', ...TINY, '--data', pathOf('text.txt'), '--out', folder, ...args);

/** Waits until a running program has written its checkpoint, and has then replaced it `times` times. */
async function checkpointOf(folder: string, ended: Promise<Ended>, times = 0): Promise<void> {
  let failed: Ended | undefined;
  ended.then((how) => {
    failed = how;
  });
  for (let n = -1, last = 0; n < times; await pause(2)) {
    if (failed) throw new Error(`it ended too early: ${failed.stderr}`);
    const { mtimeMs } = await stat(checkpointIn(folder)).catch(() => ({ mtimeMs: 0 }));
    if (mtimeMs !== last) n++;
    last = mtimeMs;
  }
}

test('a run tells how it goes on stderr, results on stdout, and leaves three files that evaluate.ts can use', async () => {
  const folder = pathOf('a run');
  const run = await train(folder, '--steps', '3').ended;
  expect(run).toMatchObject({ code: 0, signal: null });
  expect(run.stderr).toMatch(
    /2,\d+ characters, \d+ different; device wasm\nLSTM 1 x 16, [\d,]+ parameters; steps 0 to 3;/,
  );
  expect(run.stderr).toContain(`evaluate.ts FILE --run '${folder}'\n`);
  expect(run.stdout).toMatch(/^\nThe last tenth of .*:\n\n.*nats\/char[^>]*> LSTM[\s\S]* is behind the unigram/);
  expect(run.stdout).toMatch(/A sample at temperature 0\.8, after ".{30}":\n\n[\s\S]{20}\n$/);
  expect(await readFile(join(folder, 'loss.svg'), 'utf8')).toContain('text.txt, LSTM 1 x 16</text>');
  expect((await readFile(join(folder, 'sample.txt'), 'utf8')).length).toBe(50 + 20 + 1);

  const { code, stdout } = await start('evaluate.ts', pathOf('text.txt'), '--run', folder, '--worst', '2').ended;
  expect(code).toBe(0);
  expect(stdout).toMatch(
    /^2,\d+ characters: \d\.\d{4} bits\/char[\s\S]*\n\nThe most surprising characters:\n\n.*\n.*\n$/,
  );
});

// Windows has no signals: what it calls SIGINT there ends a process at once.
test.skipIf(process.platform === 'win32')(
  'Ctrl-C saves, says how to go on and ends with code 0; the resumed run equals one that was never stopped',
  async () => {
    const { child, ended } = train(
      pathOf('stopped'),
      '--steps',
      '100000',
      '--checkpoint-every',
      '5',
      '--dropout',
      '0.1',
    );
    await checkpointOf(pathOf('stopped'), ended);
    child.kill('SIGINT');
    const { code, stdout, stderr } = await ended;
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    const [, step] =
      /Stopped after step (\d+)\. The checkpoint is saved; to go on: .* --resume --out \S+stopped\n$/.exec(stderr)!;

    const steps = Number(step) + 5;
    const resumed = await runOf('--resume', '--out', pathOf('stopped'), '--steps', String(steps));
    expect(resumed.training.step).toBe(Number(step));
    await trainRun(resumed);
    const whole = await runOf(
      '--data',
      pathOf('text.txt'),
      '--out',
      pathOf('whole'),
      '--steps',
      `${steps}`,
      '--dropout',
      '0.1',
    );
    await trainRun(whole);
    expect(resumed.training.losses).toEqual(whole.training.losses);
    const [a, b] = await Promise.all(
      ['stopped', 'whole'].map(
        async (name) => decodeSafetensors(await readFile(checkpointIn(pathOf(name))), name).tensors,
      ),
    );
    for (const tensors of [a!, b!]) tensors.delete('validation');
    expect(a).toEqual(b);
  },
);

test.each([0, 3, 11])('a kill while checkpoints are written leaves a whole one, %d ms after a new one', async (ms) => {
  const folder = pathOf(`killed ${ms}`);
  const { child, ended } = train(folder, '--steps', '100000', '--checkpoint-every', '1', '--evaluate-every', '0');
  await checkpointOf(folder, ended, 3);
  await pause(ms);
  child.kill('SIGKILL');
  expect(await ended).toMatchObject({ signal: 'SIGKILL' });
  const { step } = await loadCheckpoint(checkpointIn(folder));
  const resumed = await runOf('--resume', '--out', folder, '--steps', String(step + 1));
  await trainRun(resumed);
  expect(resumed.training.losses).toHaveLength(step + 1);
});

test.each([
  ['train.ts', ['--data', 'nowhere.txt']],
  ['evaluate.ts', []],
])('%s ends with code 1 and one line at a mistake', async (program, args) => {
  const { code, stdout, stderr } = await start(program, ...args).ended;
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(/^error: [^\n]+\n$/);
});

test('a closed pipe ends a program without a stack: results that nobody reads are dropped, what was learnt is saved', async () => {
  const { child, ended } = train(pathOf('piped'), '--steps', '5');
  child.stdout!.destroy();
  const { code, stderr } = await ended;
  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.not.stringMatching(/EPIPE|Error| {4}at /) });
  expect((await loadCheckpoint(checkpointIn(pathOf('piped')))).step).toBe(5);
});

test('a training whose progress nobody reads any more saves and stops', async () => {
  const { child, ended } = train(pathOf('unwatched'), '--steps', '100000', '--evaluate-every', '5');
  child.stderr!.once('data', () => child.stderr!.destroy());
  expect(await ended).toMatchObject({ code: 0, stdout: '' });
  expect((await loadCheckpoint(checkpointIn(pathOf('unwatched')))).step).toBeGreaterThan(0);
});
