/**
 * Inputs that f32 cannot hold.
 *
 * They are rounded before a device of f32 computes anything, and where the answer changes fast (the gradient of logits of
 * 1e4) the rounded question has another answer. That answer is known: the cpu device, which has PyTorch's answers in f64
 * at the inputs as they are, computes it in f64 at the rounded ones.
 */

import { setDevice } from '@tapegrad/core';
import type { StoredTensor } from '@tapegrad/nn';
import { Checker } from './compare.ts';
import type { Case } from './folder.ts';
import type { Place } from './row.ts';

type Driver = (c: Case, place: Place, check: Checker) => Promise<void>;

/** Whether a device of f32, which does not give PyTorch's answer, gives the right one at the rounded inputs. */
export async function agreesAtRoundedInputs(c: Case, place: Place, driver: Driver): Promise<boolean> {
  const rounded = inFloat32(c);
  if (place.dtype !== 'f32' || !rounded) return false;
  const exact: Place = { device: 'cpu', dtype: 'f64' };
  const [atGiven, atRounded] = [new Checker(), new Checker()];
  try {
    await setDevice('cpu');
    await driver(c, exact, atGiven);
    await driver(rounded, exact, atRounded);
    await setDevice(place.device);
    const check = new Checker(atRounded.given);
    await driver(c, place, check);
    return atGiven.mismatches.length === 0 && check.mismatches.length === 0;
  } catch {
    return false; // what is thrown here was thrown, and told, before
  } finally {
    await setDevice(place.device);
  }
}

/** The case with inputs of f64 rounded to f32; undefined where that changes none. */
function inFloat32(c: Case): Case | undefined {
  let changed = false;
  const inputs = [...c.in].map(([name, stored]): [string, StoredTensor] => {
    if (stored.dtype !== 'f64') return [name, stored];
    const data = Float64Array.from(stored.data, Math.fround);
    changed ||= data.some((x, i) => x !== stored.data[i] && !Number.isNaN(x));
    return [name, { ...stored, data }];
  });
  return changed ? { ...c, in: new Map(inputs) } : undefined;
}
