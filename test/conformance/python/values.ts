/** What expressions evaluate to, beside numbers, strings, booleans, null (None), arrays (lists and tuples), maps (dicts) and tensors. */

/** Anything: Python's types are its own, and kinds (../kinds.ts) check what an adapter is given. */
export type Value = unknown;

/** Arguments of a call. */
export interface Call {
  readonly positional: readonly Value[];
  readonly keywords: ReadonlyMap<string, Value>;
}

/** A lambda, or what the runner itself defines. */
export type Callable = (call: Call) => Value | Promise<Value>;

/** `start:stop:step` */
export class Slice {
  readonly start: number | null;
  readonly stop: number | null;
  readonly step: number | null;

  constructor(start: number | null, stop: number | null, step: number | null) {
    this.start = start;
    this.stop = stop;
    this.step = step;
  }
}

/** `...` */
export const ELLIPSIS: unique symbol = Symbol('...');

/** A dotted name that is no variable: `torch.nn`, `F.softmax`. */
export class Reference {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }
}

/** A method that waits for its arguments. */
export class Bound {
  readonly receiver: Value;
  readonly name: string;

  constructor(receiver: Value, name: string) {
    this.receiver = receiver;
    this.name = name;
  }
}

/** `torch.float64` and its kin. All floats are one: the float that the device computes in. */
export class DTypeValue {
  readonly kind: 'float' | 'i32' | 'bool';

  constructor(kind: 'float' | 'i32' | 'bool') {
    this.kind = kind;
  }
}

/** What PyTorch has, and the table of this runner has not: the case is skipped, not failed. */
export class Missing extends Error {}
