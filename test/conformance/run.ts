/** Runs a case: which driver, and what its outcome is. */

import type { DeviceName } from '@tapegrad/core';
import { Checker, type Mismatch } from './compare.ts';
import { runClipping } from './drivers/clipping.ts';
import { runExpression } from './drivers/expression.ts';
import { runTraining } from './drivers/language-model.ts';
import { runOptimizer } from './drivers/optimizer.ts';
import { runScheduler } from './drivers/scheduler.ts';
import type { Case } from './folder.ts';
import { Missing } from './python/values.ts';
import { agreesAtRoundedInputs } from './rounding.ts';
import type { Place } from './row.ts';

export interface Outcome {
  readonly case: Case;
  readonly is: 'passed' | 'failed' | 'skipped';
  /** Whether a skip is no fault: the folder says that the case is a record, not a requirement. */
  readonly informative: boolean;
  /** What differs, what was thrown, what is missing, or how it passed. */
  readonly reasons: readonly string[];
}

type Driver = (c: Case, place: Place, check: Checker) => Promise<void>;

/** By what a case's op begins with; all others are expressions. */
const DRIVERS: readonly (readonly [op: string, driver: Driver])[] = [
  ['optim.', runOptimizer],
  ['lr_scheduler.', runScheduler],
  ['clip_grad_', runClipping],
  ['lm_train', runTraining],
];

/** f64 where the device has it and the case is of it, else f32. */
export function placeOf(c: Case, device: DeviceName): Place {
  return { device, dtype: device === 'cpu' && c.dtype === 'float64' ? 'f64' : 'f32' };
}

/** The device must be the current one. */
export async function runCase(c: Case, place: Place): Promise<Outcome> {
  const driver = DRIVERS.find(([op]) => c.op.startsWith(op))?.[1] ?? runExpression;
  const informative = c.tags.includes('informative');
  const check = new Checker();
  try {
    await driver(c, c.torch === undefined ? place : { ...place, pytorch: c.torch }, check);
  } catch (error) {
    if (error instanceof Missing)
      return { case: c, is: 'skipped', informative, reasons: [`missing: ${error.message}`] };
    check.fail('error', error instanceof Error ? `${error.name}: ${error.message}` : String(error));
  }
  if (check.given.size === 0 && check.mismatches.length === 0) check.fail('nothing', 'there was nothing to compare');
  if (check.mismatches.length === 0) return { case: c, is: 'passed', informative, reasons: [] };
  if (await agreesAtRoundedInputs(c, place, driver)) {
    return { case: c, is: 'passed', informative, reasons: ['at its inputs rounded to f32, which cannot hold them'] };
  }
  return { case: c, is: informative ? 'skipped' : 'failed', informative, reasons: inWords(check.mismatches) };
}

/** The largest error first. */
function inWords(mismatches: readonly Mismatch[]): string[] {
  return [...mismatches].sort((a, b) => b.excess - a.excess).map(({ what, text }) => `${what}: ${text}`);
}
