/**
 * The library of WGSL functions that kernels call: what WGSL lacks, or leaves to the driver. Their names end in an
 * underscore.
 */

import { ARC } from './wgsl-arc.ts';
import { BITS } from './wgsl-bits.ts';
import { EXP } from './wgsl-exp.ts';
import { LOG } from './wgsl-log.ts';
import { PHILOX } from './wgsl-philox.ts';
import { POW } from './wgsl-pow.ts';
import { TANH } from './wgsl-tanh.ts';
import { TRIG } from './wgsl-trig.ts';

/** Declarations by the name that they declare. */
export const library: Readonly<Record<string, string>> = {
  ...BITS,
  ...EXP,
  ...LOG,
  ...TANH,
  ...TRIG,
  ...ARC,
  ...POW,
  ...PHILOX,
};

/** The shader with all that it needs of the library, and nothing else of it. Once a shader. */
export function link(code: string): string {
  const needed = new Set(namesIn(code));
  for (const name of needed) for (const further of namesIn(library[name]!)) needed.add(further); // grows meanwhile
  return [code, ...[...needed].map((name) => library[name])].join('\n');
}

function namesIn(code: string): string[] {
  return (code.match(/\b[a-zA-Z]\w*_\b/g) ?? []).filter((name) => Object.hasOwn(library, name));
}
