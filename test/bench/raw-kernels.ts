/**
 * Times the training step of the prototypes, which is kernels and nothing else: what remains of a step without tape, layers
 * and memory management. The last line of the output is one line of JSON.
 *
 * Their program takes a number of steps and prints the time of every fifth, as it goes, so it runs until it is stopped.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { choice, type Rows, real, text } from '../../examples/char-lm/cli.ts';
import { UserError } from '../../examples/char-lm/user-error.ts';
import { ROOT } from './built.ts';
import { median, peakRssMbOf, rounded, type StepLine } from './measure.ts';
import { HELP, PLACE, runBench } from './options.ts';
import { MODEL_NAMES, MODELS, type ModelName } from './problem.ts';

interface RawOptions {
  readonly prototypes: string;
  readonly model: ModelName;
  readonly threads: number;
  readonly seconds: number;
  readonly help: boolean;
}

const TITLE = `node test/bench/raw-kernels.ts [options]: milliseconds per training step of the prototype's kernels.
With --experimental-wasm-revectorize, they run with wide SIMD.`;

const OPTIONS: Rows<RawOptions> = {
  prototypes: text<string>('../shared/prototypes', 'FOLDER', 'that has wasm/train.mjs'),
  model: choice<ModelName>('large', MODEL_NAMES, 'reference model; the vocabulary must be a multiple of 4'),
  threads: PLACE.threads,
  seconds: real(10, 'to measure, after 2 steps of warm-up; 3 times at least', 0, 3600),
  help: HELP,
};

await runBench(TITLE, OPTIONS, async ({ prototypes, model, threads, seconds }) => {
  const script = join(resolve(ROOT, prototypes), 'wasm/train.mjs');
  if (!existsSync(script)) throw new UserError(`--prototypes is '${prototypes}': there is no ${script}.`);
  if (MODELS[model].vocab % 4 !== 0)
    throw new UserError(`--model is '${model}', of ${MODELS[model].vocab} classes: expected a multiple of 4.`);

  const { ms, peakRssMb, lastLoss } = await run(script, model, threads, seconds);
  const { batch, time } = MODELS[model];
  const line: StepLine = {
    peer: 'raw-kernels',
    version: '0',
    model,
    threads,
    steps: ms.length,
    ms_median: rounded(median(ms)),
    ms_best: rounded(Math.min(...ms)),
    tokens_per_second: rounded((batch * time * 1e3) / median(ms), 1),
    peak_rss_mb: rounded(peakRssMb, 1),
    loss_first: null, // of weights and a batch of their own
    loss_last: lastLoss,
  };
  process.stdout.write(`${JSON.stringify(line)}\n`);
});

/** Lets the program train for some time, and collects the times that it prints. Throws: Error with what it said. */
async function run(
  script: string,
  model: ModelName,
  threads: number,
  seconds: number,
): Promise<{ ms: number[]; peakRssMb: number; lastLoss: number }> {
  const args = [...process.execArgv, script, String(threads), String(Number.MAX_SAFE_INTEGER)];
  const child = spawn(process.execPath, args, { env: { ...process.env, ...settings(model) } });
  let stderr = '';
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const [ms, limits]: [number[], { end?: number }] = [[], {}];
  let [peakRssMb, lastLoss] = [Number.NaN, Number.NaN];
  for await (const text of createInterface({ input: child.stdout })) {
    const [, step, loss, time] = /^\s*step (\d+) loss ([\d.]+) ([\d.]+) ms/.exec(text) ?? [];
    if (step === undefined) continue;
    limits.end ??= performance.now() + seconds * 1e3;
    if (Number(step) <= 2) continue;
    ms.push(Number(time));
    lastLoss = Number(loss);
    peakRssMb = peakRssMbOf(child.pid!) ?? Number.NaN;
    if (ms.length >= 3 && performance.now() > limits.end) break;
  }
  child.kill();
  if (ms.length === 0) throw new Error(`${script} printed no times: ${stderr}`);
  return { ms, peakRssMb, lastLoss };
}

/** Its sizes, the chunk of rows whose logits exist at a time, and the tile of its products, come from the environment. */
function settings(model: ModelName): Record<string, string> {
  const { batch: B, time: T, embedding: E, hidden: H, vocab: V } = MODELS[model];
  const wide = process.execArgv.includes('--experimental-wasm-revectorize');
  const numbers = { B, T, E, H, V, CH: V > 1000 ? 200 : B * T, ...(wide ? { MR: 5, NR: 16, KU: 2 } : {}) };
  return Object.fromEntries(Object.entries(numbers).map(([name, n]) => [name, String(n)]));
}
