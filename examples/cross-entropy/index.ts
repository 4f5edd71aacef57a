/**
 * Cross-entropy in two charts and a table.
 *
 *   node examples/cross-entropy/index.ts
 *
 * `charts.ts` draws the loss of one prediction, and both labels of the binary case; `table.ts` shows in numbers what
 * holds for all of them. Start with `table.ts`: the definitions are its first three functions.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeOptions, parseCommand, type Rows, text, toggle } from '../char-lm/cli.ts';
import { runMain } from '../char-lm/run-main.ts';
import { UserError } from '../char-lm/user-error.ts';
import { binaryChart, lossChart } from './charts.ts';
import { table } from './table.ts';

const OPTIONS: Rows<{ readonly out: string; readonly help: boolean }> = {
  out: text<string>('runs/cross-entropy', 'FOLDER', 'where the charts go'),
  help: toggle('this text'),
};

const HELP = `Draws cross-entropy and prints its identities.

Usage: node examples/cross-entropy/index.ts [OPTION...]

${describeOptions(OPTIONS)}`;

/** Runs the command and returns what it prints. Throws: `UserError`. */
export function crossEntropy(args: readonly string[]): string {
  const { options, operands } = parseCommand(args, OPTIONS);
  if (operands.length > 0) throw new UserError(`'${operands[0]}' belongs to no option. See --help.`);
  if (options.help) return HELP;
  const files = [write(options.out, 'loss.svg', lossChart()), write(options.out, 'binary.svg', binaryChart())];
  return `${table()}\nCharts: ${files.join(', ')}`;
}

function write(folder: string, name: string, svg: string): string {
  const file = join(folder, name);
  try {
    mkdirSync(folder, { recursive: true });
    writeFileSync(file, svg);
  } catch (error) {
    throw new UserError(`cannot write ${file}: ${(error as Error).message}. Choose another folder with --out.`);
  }
  return file;
}

if (import.meta.main) await runMain(() => console.log(crossEntropy(process.argv.slice(2))));
