/**
 * How views are walked in step: an element of the output is one invocation, which finds its place in each view.
 *
 * Dimensions of size 1 are left out, and neighbours are merged where all views run on from one into the next; what is
 * left decides the shader, its sizes and strides are parameters.
 */

import type { Shape, Strides } from '../../shape.ts';
import type { Word } from './kernel.ts';

/** A view, or what counts like one. */
export interface Walked {
  readonly offset: number;
  readonly strides: Strides;
}

export interface Walk {
  /** What the shader depends on: of each view, whether it stays, steps by one, or has strides. */
  readonly key: string;
  /** The sizes, innermost first. */
  readonly sizes: readonly number[];
  /** Of each view, its strides, innermost first. */
  readonly strides: readonly (readonly number[])[];
  readonly offsets: readonly number[];
}

export function walkOf(shape: Shape, views: readonly Walked[]): Walk {
  const sizes: number[] = [];
  const strides: number[][] = views.map(() => []);
  for (let d = shape.length - 1; d >= 0; d--) {
    const size = shape[d]!;
    const inner = sizes.length - 1;
    if (size === 1) continue;
    if (inner >= 0 && views.every((view, k) => view.strides[d] === strides[k]![inner]! * sizes[inner]!)) {
      sizes[inner]! *= size;
      continue;
    }
    sizes.push(size);
    views.forEach((view, k) => {
      strides[k]!.push(view.strides[d]!);
    });
  }
  const modes = strides.map((steps) =>
    steps.every((step) => step === 0) ? '0' : steps.length === 1 && steps[0] === 1 ? '1' : 's',
  );
  return { key: modes.join('') + sizes.length, sizes, strides, offsets: views.map(({ offset }) => offset) };
}

/** The parameters of a walk, in the order of `walkValues`; a kernel of several walks names them apart. */
export function walkParameters(key: string, prefix = ''): Record<string, Word> {
  const { modes, rank } = partsOf(key);
  const parameters: Record<string, Word> = { [`${prefix}count`]: 'u32' };
  for (let d = 0; d < rank - 1; d++) parameters[`${prefix}size${d}`] = 'u32';
  modes.forEach((mode, k) => {
    parameters[`${prefix}offset${k}`] = 'i32';
    if (mode === 's') for (let d = 0; d < rank; d++) parameters[`${prefix}stride${k}_${d}`] = 'i32';
  });
  return parameters;
}

/** How many elements it goes through. */
export function walkSize({ sizes }: Pick<Walk, 'sizes'>): number {
  return sizes.reduce((count, size) => count * size, 1);
}

export function walkValues({ key, sizes, strides, offsets }: Walk): number[] {
  const values = [walkSize({ sizes }), ...sizes.slice(0, -1)];
  for (let k = 0; k < offsets.length; k++) {
    values.push(offsets[k]!);
    if (key[k] === 's') values.push(...strides[k]!);
  }
  return values;
}

/** WGSL that declares `at0`, `at1`...: the place of element `index` (a u32) in each view. */
export function walkCode(key: string, prefix = ''): string {
  const { modes, rank } = partsOf(key);
  const lines: string[] = [];
  if (modes.includes('s')) {
    for (let d = 0; d < rank; d++) {
      const rest = d === 0 ? 'index' : `rest${d}`;
      if (d === rank - 1) lines.push(`let x${d} = i32(${rest});`);
      else
        lines.push(
          `let x${d} = i32(${rest} % p.${prefix}size${d});`,
          `let rest${d + 1} = ${rest} / p.${prefix}size${d};`,
        );
    }
  }
  modes.forEach((mode, k) => {
    const steps =
      mode === '0'
        ? []
        : mode === '1'
          ? ['i32(index)']
          : Array.from({ length: rank }, (_, d) => `x${d} * p.${prefix}stride${k}_${d}`);
    lines.push(`let at${k} = ${[`p.${prefix}offset${k}`, ...steps].join(' + ')};`);
  });
  return lines.join('\n');
}

function partsOf(key: string): { readonly modes: readonly string[]; readonly rank: number } {
  const [, modes, rank] = /^([01s]*)(\d+)$/.exec(key)!;
  return { modes: [...modes!], rank: Number(rank) };
}
