/** `pnpm conformance FOLDER`: compares tapegrad with PyTorch's answers. `--table` writes docs/parity.md. */
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type DeviceName, setDevice } from '@tapegrad/core';
import { choice, describeOptions, parseCommand, type Rows, text, toggle } from '../../examples/char-lm/cli.ts';
import { UserError } from '../../examples/char-lm/user-error.ts';
import { casesOf, FolderError, groupsOf } from './folder.ts';
import { PAGE, parityPage } from './parity-page.ts';
import { isGood, reportOf } from './report.ts';
import { type Outcome, placeOf, runCase } from './run.ts';

interface Options {
  readonly device: DeviceName;
  readonly only: string | undefined;
  readonly table: boolean;
  readonly help: boolean;
}

const TITLE = `pnpm conformance FOLDER [options]: runs reference vectors made with PyTorch, and compares outputs and gradients.
Lists what differs and what is missing; the last line is \`N passed, N failed, N skipped\`. Exits with 1 where a case fails,
or is skipped though the folder does not call it informative. f64 on the cpu, f32 elsewhere; test/golden/vectors holds a folder.`;

const OPTIONS: Rows<Options> = {
  device: choice<DeviceName>('cpu', ['cpu', 'wasm', 'webgpu'], 'where to compute'),
  only: text<string | undefined>(undefined, 'GLOB', "cases of these names, such as 'lstm/*' or '*packed*'"),
  table: toggle("write docs/parity.md, the table of PyTorch's names, instead"),
  help: toggle('this text'),
};

try {
  const { options, operands } = parseCommand(process.argv.slice(2), OPTIONS);
  if (options.help) process.stdout.write(`${TITLE}\n\nOptions:\n${describeOptions(OPTIONS)}\n`);
  else if (options.table) writeFileSync(PAGE, parityPage());
  else await compare(operands, options);
} catch (error) {
  const { TapegradError } = await import('@tapegrad/core'); // no such device
  if (!(error instanceof UserError || error instanceof FolderError || error instanceof TapegradError)) throw error;
  process.stderr.write(`error: ${error.message}\n`);
  process.exitCode = 1;
}

async function compare(operands: readonly string[], { device, only }: Options): Promise<void> {
  const [given] = operands;
  if (given === undefined || operands.length > 1)
    throw new UserError(`expected one folder of vectors; given ${operands.join(' ') || 'none'}. See --help.`);
  const folder = resolve(process.env.INIT_CWD ?? '.', given); // pnpm runs scripts elsewhere
  await setDevice(device);
  const matches = globOf(only ?? '*');
  const outcomes: Outcome[] = [];
  for (const group of groupsOf(folder)) {
    for (const c of casesOf(folder, group))
      if (matches(`${group}/${c.name}`)) outcomes.push(await runCase(c, placeOf(c, device)));
  }
  if (outcomes.length === 0) throw new UserError(`--only is '${only}': no case of ${given} has such a name.`);
  process.stdout.write(`${reportOf(outcomes)}\n`);
  process.exitCode = isGood(outcomes) ? 0 : 1;
}

/** `*` is any text, `?` any letter, of GROUP/CASE. */
function globOf(glob: string): (name: string) => boolean {
  const escaped = glob
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  const pattern = new RegExp(`^${escaped}$`);
  return (name) => pattern.test(name);
}
