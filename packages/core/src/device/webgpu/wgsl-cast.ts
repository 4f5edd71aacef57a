/** Casts between the forms of values, as the cpu device casts. */

import type { Form } from './wgsl-rules.ts';

/** The WGSL expression of a value in another form. Anything but 0 is true, NaN as well. */
export function castTo(from: Form, to: Form, value: string): string {
  return CASTS[from][to](value);
}

type Cast = (value: string) => string;
const same: Cast = (value) => value;

const CASTS: Record<Form, Record<Form, Cast>> = {
  f32: { f32: same, i32: (x) => `wrap_(${x})`, bool: (x) => `isTrue_(${x})` },
  i32: { f32: (x) => `f32(${x})`, i32: same, bool: (x) => `(${x} != 0)` },
  bool: { f32: (x) => `select(0f, 1f, ${x})`, i32: (x) => `select(0, 1, ${x})`, bool: same },
};
