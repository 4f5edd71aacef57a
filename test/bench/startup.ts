/** `pnpm bench:startup`: from the start of a process to the end of its first training step, for docs/benchmarks.md. */
import { spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { integer, type Rows, text } from '../../examples/char-lm/cli.ts';
import { UserError } from '../../examples/char-lm/user-error.ts';
import { withPackages } from '../../scripts/packed.mjs';
import { say } from './alternate.ts';
import { ROOT, useBuiltPackages } from './built.ts';
import { simdModes, simdName } from './contenders.ts';
import { describeMachine, watchMachine } from './machine.ts';
import { HELP, runBench } from './options.ts';
import { openPage } from './page.ts';
import { EMPTY, TRAIN } from './startup-programs.ts';
import { type Milestones, type Start, startupTable } from './startup-report.ts';

interface StartupOptions {
  readonly rounds: number;
  readonly out: string;
  readonly help: boolean;
}

const TITLE = `pnpm bench:startup [options]: from the start of a process to the end of the first step of the small model.
The packages are packed, and installed into an empty project. The table goes into a page; the machine should be idle.`;

const OPTIONS: Rows<StartupOptions> = {
  rounds: integer(10, 'times that each program starts, alternating, after once to warm up', 1),
  out: text<string>('docs/benchmarks.md', 'FILE', 'the page, with its marked sections'),
  help: HELP,
};

await runBench(TITLE, OPTIONS, async ({ rounds, out }) => {
  const page = openPage(out, ['startup']);
  useBuiltPackages();
  pack();
  const others = watchMachine();

  await withPackages((folder) => {
    const [empty, train] = ['empty.mjs', 'train.mjs'].map((name) => join(folder, name)) as [string, string];
    writeFileSync(empty, EMPTY);
    writeFileSync(train, TRAIN);
    const starts = simdModes().map((wideSimd) => ({
      name: simdName(wideSimd),
      flags: wideSimd ? ['--experimental-wasm-revectorize'] : [],
      ...{ empty: [] as number[], trained: [] as Milestones[] },
    }));
    for (const { flags } of starts) launch(flags, train); // files are in the page cache from now on
    for (let round = 1; round <= rounds; round++) {
      for (const start of starts) {
        start.empty.push(launch(start.flags, empty).stepped);
        start.trained.push(launch(start.flags, train));
      }
      say(
        `round ${round} of ${rounds}: ${starts.map(({ trained }) => Math.round(trained.at(-1)!.stepped)).join(', ')} ms`,
      );
    }
    const head = `${describeMachine()}\n* median of ${rounds}, alternating (lowest-highest); ${others()}`;
    page.write('startup', `${head}\n\n${startupTable(starts satisfies Start[])}`);
    say(`written to ${out}, section 'startup'`);
  });
});

/** Makes .pack/ of the packages as they are. */
function pack(): void {
  const folder = join(ROOT, '.pack');
  rmSync(folder, { recursive: true, force: true });
  for (const name of ['core', 'nn', 'optim']) {
    const options = {
      cwd: join(ROOT, 'packages', name),
      encoding: 'utf8',
      shell: process.platform === 'win32',
    } as const;
    const { status, stdout, stderr } = spawnSync('pnpm', ['pack', '--pack-destination', folder], options);
    if (status !== 0) throw new UserError(`@tapegrad/${name} cannot be packed: \`pnpm pack\` says\n${stdout}${stderr}`);
  }
}

/** Runs a program of the project; what it prints are times of the clock, which become milliseconds since now. */
function launch(flags: readonly string[], file: string): Milestones {
  const start = performance.timeOrigin + performance.now();
  const { status, stdout, stderr } = spawnSync(process.execPath, [...flags, file], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${file} exits with status ${status}:\n${stderr}`);
  const times = Object.entries(JSON.parse(stdout) as Milestones).map(([name, time]) => [name, time - start]);
  return Object.fromEntries(times) as Milestones;
}
