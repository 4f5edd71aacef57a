/** Comparing with PyTorch's answers: one table of tolerances for all cases. */

import { type AnyTensor, type FloatDType, showShape } from '@tapegrad/core';

interface Tolerance {
  /** Of any number. */
  readonly absolute: number;
  /** Of the largest number of the tensor, where that is above 1. */
  readonly ofLargest: number;
  /** Of the number itself. */
  readonly relative: number;
}

/** |a - b| <= absolute + ofLargest max(1, max|b|) + relative |b|, with the figures of the vectors' README. */
const TOLERANCES: Readonly<Record<FloatDType | 'f32 losses of a training', Tolerance>> = {
  f64: { absolute: 1e-10, ofLargest: 0, relative: 1e-9 },
  f32: { absolute: 0, ofLargest: 1e-5, relative: 1e-4 },
  'f32 losses of a training': { absolute: 1e-4, ofLargest: 0, relative: 0 },
};

/** Numbers with their shape, and the name of their dtype. */
export interface Numbers {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data: ArrayLike<number>;
}

/** What differs: a sentence, and how many times the tolerance the largest error is. */
export interface Mismatch {
  readonly what: string;
  readonly text: string;
  readonly excess: number;
}

/** Gathers what is compared within a case. */
export class Checker {
  readonly mismatches: Mismatch[] = [];
  /** What was given by what it is: a case that compares nothing has not passed. */
  readonly given: Map<string, Numbers> = new Map();
  readonly #answers: ReadonlyMap<string, Numbers> | undefined;

  /** `answers` take the place of PyTorch's, by what they are. */
  constructor(answers?: ReadonlyMap<string, Numbers>) {
    this.#answers = answers;
  }

  /** `given` is tapegrad's, `expected` PyTorch's. */
  async tensor(what: string, given: AnyTensor, expected: Numbers | undefined): Promise<void> {
    this.numbers(what, { dtype: given.dtype, shape: given.shape, data: await given.data() }, expected);
  }

  numbers(what: string, given: Numbers, expected: Numbers | undefined, of?: 'f32 losses of a training'): void {
    if (!expected) {
      this.fail(what, 'the folder holds no answer of this name');
      return;
    }
    this.given.set(what, given);
    const answer = this.#answers?.get(what) ?? expected;
    const exact = given.dtype === 'f64' && answer.dtype === 'f64';
    const mismatch = compare(given, answer, TOLERANCES[exact ? 'f64' : (of ?? 'f32')]);
    if (mismatch) this.mismatches.push({ what, ...mismatch });
  }

  /** For what is not a tensor. */
  fail(what: string, text: string): void {
    this.mismatches.push({ what, text, excess: Infinity });
  }
}

/** NaN equals NaN, and an infinity itself. */
function compare(given: Numbers, expected: Numbers, tolerance: Tolerance): Omit<Mismatch, 'what'> | undefined {
  if (kindOf(given.dtype) !== kindOf(expected.dtype))
    return { text: `dtype ${given.dtype}, expected ${expected.dtype}`, excess: Infinity };
  if (given.shape.join() !== expected.shape.join() || given.shape.length !== expected.shape.length)
    return { text: `shape ${showShape(given.shape)}, expected ${showShape(expected.shape)}`, excess: Infinity };

  const isExact = kindOf(expected.dtype) !== 'float';
  let largest = 1;
  for (let i = 0; i < expected.data.length; i++) {
    const size = Math.abs(expected.data[i]!);
    if (size > largest && size < Infinity) largest = size;
  }
  let worst = { at: -1, excess: 1 };
  for (let i = 0; i < expected.data.length; i++) {
    const [a, b] = [given.data[i]!, expected.data[i]!];
    if (a === b || (Number.isNaN(a) && Number.isNaN(b))) continue;
    const allowed = isExact ? 0 : tolerance.absolute + tolerance.ofLargest * largest + tolerance.relative * Math.abs(b);
    const ratio = Math.abs(a - b) / allowed;
    const excess = Number.isNaN(ratio) ? Infinity : ratio;
    if (excess > worst.excess) worst = { at: i, excess };
  }
  if (worst.at < 0) return undefined;
  const [a, b] = [given.data[worst.at]!, expected.data[worst.at]!];
  const times = worst.excess < Infinity ? `, ${worst.excess.toPrecision(3)} times the tolerance` : '';
  return { text: `largest error at element ${worst.at}: ${a}, expected ${b}${times}`, excess: worst.excess };
}

function kindOf(dtype: string): string {
  return dtype === 'f32' || dtype === 'f64' ? 'float' : dtype;
}
