/** Modules as text: the tree that PyTorch prints, and a table of parameters. */

import { type AnyTensor, Parameter, showShape } from '@tapegrad/core';
import type { Module } from './module.ts';

/**
 * `Model(`, a line for each child indented by two, `)`; in one line where there are no children.
 */
export function describeModule(module: Module): string {
  const name = module.constructor.name;
  const children = module.namedChildren();
  if (children.length === 0) return `${name}(${module.describe()})`;
  const lines = children.map(([key, child]) => `  (${key}): ${describeModule(child).replaceAll('\n', '\n  ')}`);
  return `${name}(${module.describe()}\n${lines.join('\n')}\n)`;
}

/** A row for each parameter and buffer, and for each layer without any; what modules share comes once. */
export function summarize(root: Module): string {
  const rows: string[][] = [['name', 'type', 'shape', 'parameters', 'bytes']];
  let [count, trained, bytes] = [0, 0, 0];
  const seen = new Set<AnyTensor>();
  for (const [path, module] of root.namedModules()) {
    const type = module.constructor.name;
    const own = [...module.namedParameters({ recurse: false }), ...module.namedBuffers({ recurse: false })];
    if (own.length === 0 && module.children().length === 0) rows.push([path, type, '', '0', '0']);
    for (const [name, x] of own) {
      if (seen.has(x)) continue;
      seen.add(x);
      const isParameter = x instanceof Parameter;
      const note = isParameter ? (x.requiresGrad ? '' : ' frozen') : ' buffer';
      const size = x.size * elementBytes(x);
      rows.push([
        path ? `${path}.${name}` : name,
        type,
        showShape(x.shape) + note,
        isParameter ? group(x.size) : '',
        group(size),
      ]);
      bytes += size;
      if (isParameter) count += x.size;
      if (isParameter && x.requiresGrad) trained += x.size;
    }
  }
  rows.push(['total', '', trained === count ? '' : `${group(trained)} trained`, group(count), group(bytes)]);
  return formatTable(rows);
}

function elementBytes({ dtype }: AnyTensor): number {
  return { f64: 8, f32: 4, i32: 4, bool: 1 }[dtype];
}

/** 1,234,567 */
function group(n: number): string {
  return String(n).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** Columns two spaces apart, numbers to the right, a line below the head and above the total. */
function formatTable(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const lines = rows.map((row) =>
    row.map((text, k) => (k < 3 ? text.padEnd(widths[k]!) : text.padStart(widths[k]!))).join('  '),
  );
  const rule = '-'.repeat(lines[0]!.length);
  return [lines[0]!, rule, ...lines.slice(1, -1), rule, lines.at(-1)!].join('\n');
}
