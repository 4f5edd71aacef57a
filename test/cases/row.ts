/** What a row of the case table is: a call of an operation that works, and one that must throw. */

import type { AnyTensor } from '@tapegrad/core';
import type * as ops from '../../packages/core/src/ops/index.ts';
import type { Make } from '../support/inputs.ts';

export type OpName = keyof typeof ops;

export interface OpCase {
  readonly op: OpName;
  /** What the row shows; with the op's name it names the test. */
  readonly what: string;
  readonly inputs: readonly Make<AnyTensor>[];
  readonly run: (...inputs: AnyTensor[]) => AnyTensor | readonly AnyTensor[];
  /** The elements of the outputs, from those of the inputs, in plain JavaScript. Ops without a gradient need it. */
  readonly expected?: ((...data: number[][]) => readonly (number | boolean)[]) | undefined;
  /** Why the row is kept from parity. */
  readonly noParity?: string | undefined;
}

export interface BadInput {
  readonly op: OpName;
  readonly call: () => unknown;
  readonly error: new (message: string) => Error;
  readonly message: RegExp;
}

type Options = Pick<OpCase, 'expected' | 'noParity'>;

/** A row: the function's parameters have the types that the inputs' makers promise. */
export function row<I extends readonly AnyTensor[]>(
  op: OpName,
  what: string,
  inputs: readonly [...{ [K in keyof I]: Make<I[K]> }],
  run: (...inputs: I) => AnyTensor | readonly AnyTensor[],
  options: Options = {},
): OpCase {
  return { op, what, inputs, run: run as unknown as OpCase['run'], ...options };
}

export function bad(op: OpName, call: () => unknown, error: BadInput['error'], message: RegExp): BadInput {
  return { op, call, error, message };
}
