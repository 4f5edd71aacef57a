/** docs/parity.md from the table: PyTorch's name, tapegrad's, the devices. */

import { join } from 'node:path';
import type { DeviceName } from '@tapegrad/core';
import { elsewhere, type Place } from './elsewhere.ts';
import type { Row } from './row.ts';
import { subjects } from './table/index.ts';

export const PAGE: string = join(import.meta.dirname, '../../docs/parity.md');

/** Devices that have every row: an operation is written once, and no device may lack one. */
export const DEVICES: readonly DeviceName[] = ['cpu', 'wasm', 'webgpu'];

export function parityPage(): string {
  const sections = Object.entries(subjects).map(([subject, rows]) => section(subject, rows));
  const others = Object.entries(elsewhere).map(([subject, places]) => placesSection(subject, places));
  return `${[HEAD, ...sections, ...others].join('\n\n')}\n`;
}

const HEAD = `# PyTorch's names here

What whoever knows PyTorch looks for, and where it is. \`pnpm conformance --table\` writes this page from the table that
\`pnpm conformance FOLDER\` runs PyTorch's own expressions with, so each row that names devices is a call that was compared or
can be.

* In tapegrad, tensors are positional in PyTorch's order, and what is keyword-like goes into one trailing object of options in
  camelCase: \`torch.sum(x, dim=1, keepdim=True)\` is \`sum(x, { dim: 1, keepdim: true })\`. A function whose first argument is a
  tensor is a method too: \`x.sum({ dim: 1 })\`. Modules are called by \`.forward(...)\`.
* \`F\` is \`torch.nn.functional\`. Dtypes do not promote, and tensors do not change in place.
* Floats are f32 on every device, and f64 on cpu too.`;

function section(subject: string, rows: readonly Row[]): string {
  const lines = [`## ${subject}`, '', '| PyTorch | tapegrad | devices |', '|---|---|---|'];
  for (const [names, tapegrad] of merged(rows))
    lines.push(`| ${names.map(code).join(', ')} | ${code(tapegrad)} | ${DEVICES.join(', ')} |`);
  return lines.join('\n');
}

/** What is no expression. */
function placesSection(subject: string, places: readonly Place[]): string {
  const lines = places.map(({ pytorch, tapegrad }) => `| ${code(pytorch)} | ${code(tapegrad)} |`);
  return [`## ${subject}`, '', '| PyTorch | tapegrad |', '|---|---|', ...lines].join('\n');
}

/** Overloads in one line. */
function merged(rows: readonly Row[]): [names: readonly string[], tapegrad: string][] {
  const byNames = new Map<string, { names: readonly string[]; ways: Set<string> }>();
  for (const { names, tapegrad } of rows) {
    const key = names.join();
    if (!byNames.has(key)) byNames.set(key, { names, ways: new Set() });
    byNames.get(key)!.ways.add(tapegrad);
  }
  return [...byNames.values()].map(({ names, ways }) => [names, [...ways].join(', ')]);
}

function code(text: string): string {
  return `\`${text}\``;
}
