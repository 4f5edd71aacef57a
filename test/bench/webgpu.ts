/** `pnpm bench:webgpu`: tapegrad, TensorFlow.js and jax-js on one WebGPU adapter, in headless Chromium; writes docs/benchmarks.md. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { integer, type Rows, real, text } from '../../examples/char-lm/cli.ts';
import { UserError } from '../../examples/char-lm/user-error.ts';
import { say } from './alternate.ts';
import { ROOT } from './built.ts';
import { describeMachine, watchMachine } from './machine.ts';
import { median } from './measure.ts';
import { HELP, runBench } from './options.ts';
import { openPage } from './page.ts';
import type { Job, Measured } from './webgpu-page/job.ts';
import { CONTENDERS, type Round, webGpuReport } from './webgpu-report.ts';

interface WebGpuOptions {
  readonly peers: string;
  readonly rounds: number;
  readonly seconds: number;
  readonly time: number;
  readonly model: string;
  readonly out: string;
  readonly help: boolean;
}

const TITLE = `pnpm bench:webgpu [options]: a training step of an MLP and of the small model, by tapegrad and its peers, each on a page of its
own in headless Chromium, all on one WebGPU adapter. A software driver says how much is asked of a GPU, not how fast it is.`;

const MODELS = ['mlp', 'small'];
const PACKAGES = ['@tensorflow/tfjs-core', '@tensorflow/tfjs-backend-webgpu', '@jax-js/jax'];
const VERSIONS = ['4.22.0', '4.22.0', '0.1.25'];

const OPTIONS: Rows<WebGpuOptions> = {
  peers: text<string>('webgpu-peers', 'FOLDER', `where npm has installed ${PACKAGES.join(', ')}`),
  rounds: integer(2, 'times that each contender runs', 1),
  seconds: real(5, 'to measure in each run, after 3 steps of warm-up; 3 steps at least', 0, 3600),
  time: integer(16, 'time steps of the small model, which has 64: the peers take minutes for them', 1),
  model: text<string>(MODELS.join(), 'NAMES', 'what is trained'),
  out: text<string>('docs/benchmarks.md', 'FILE', 'the page, with its marked section'),
  help: HELP,
};

const SECTION = 'webgpu';

await runBench(TITLE, OPTIONS, async ({ peers: given, rounds, seconds, time, model, out }) => {
  const models = MODELS.filter((name) => model.split(',').includes(name)) as Job['model'][];
  if (models.join() !== model) throw new UserError(`--model is '${model}': expected some of ${MODELS.join()}.`);
  const page = openPage(out, [SECTION]);
  const peers = resolve(ROOT, given);
  const versions = PACKAGES.map((name, k) => `${name} ${versionOf(peers, name) ?? fail(given, k)}`);
  watchMachine();

  await onPages(peers, async (measure, adapter) => {
    const done: Round[] = [];
    for (let round = 1; round <= rounds; round++) {
      for (const model of models) {
        for (const contender of CONTENDERS) {
          const measured = await measure({ contender, model, time, seconds }).catch((error: Error) => error.message);
          done.push({ round, model, contender, measured });
          const said = typeof measured === 'string' ? measured : `${median(measured.ms).toFixed(1)} ms a step`;
          say(`round ${round} of ${rounds}, ${model}: ${contender}: ${said}`);
        }
      }
      const head = `${describeMachine(versions)}\n* ${adapter}; ${rounds} rounds, ${seconds} s each`;
      page.write(SECTION, `${head}\n\n${webGpuReport(done, time)}`);
    }
  });
});

function versionOf(peers: string, name: string): string | undefined {
  const file = join(peers, 'node_modules', name, 'package.json');
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).version : undefined;
}

function fail(peers: string, missing: number): never {
  const all = PACKAGES.map((name, k) => `${name}@${VERSIONS[k]}`).join(' ');
  throw new UserError(
    `--peers is '${peers}', where ${PACKAGES[missing]} is not installed: npm install --prefix ${peers} ${all}`,
  );
}

type Measure = (job: Job) => Promise<Measured>;

/** Chromium with WebGPU, and a page for each job. */
async function onPages(peers: string, fn: (measure: Measure, adapter: string) => Promise<void>): Promise<void> {
  const { buildSite, launchChromium, serve } = await import('../../tools/browser.mjs');
  process.env.PEERS = peers;
  const site = mkdtempSync(join(tmpdir(), 'tapegrad-bench-'));
  await buildSite(join(import.meta.dirname, 'webgpu-page'), site);
  const server = await serve(site);
  const browser = await launchChromium();
  try {
    const onPage = async <Result>(fn: (given: never) => Promise<Result>, given?: unknown): Promise<Result> => {
      const page = await browser.newPage();
      try {
        await page.goto(`${server.url}/`);
        return (await page.evaluate(fn as never, given)) as Result;
      } finally {
        await page.close();
      }
    };
    const adapter = await onPage(async () => {
      const { gpu } = navigator as unknown as { gpu: { requestAdapter(): Promise<{ info: Record<string, string> }> } };
      const { vendor, architecture, description } = (await gpu.requestAdapter()).info;
      return [vendor, architecture, description].filter(Boolean).join(' ');
    });
    const run = (job: Job): Promise<Measured> => (globalThis as unknown as { measure: Measure }).measure(job);
    await fn((job) => onPage(run as never, job), `Chromium ${browser.version()}, adapter ${adapter}`);
  } finally {
    await browser.close();
    server.close();
    rmSync(site, { recursive: true });
  }
}
