/** The memory of a backward pass: gradients on their way, given back as soon as nobody waits for them. */

import { filled } from './create.ts';
import { isRecorded, Owner, type Storage, withBlock } from './memory.ts';
import { add } from './ops/elementwise.ts';
import { viewOf } from './ops/view.ts';
import { isContiguous } from './shape.ts';
import type { AnyTensor, Tensor } from './tensor.ts';

export class Playback {
  readonly #owner = new Owner();
  readonly #grads = new Map<AnyTensor, Tensor>();
  /** How many gradients live in a storage: a view (the gradient of a reshape) shares that of its origin. */
  readonly #holds = new Map<Storage, number>();
  readonly #handedOut = new Set<Storage>();
  /** Each is one number: they stand in for the gradients of outputs that nothing depends on. */
  readonly #zeros: Tensor[] = [];

  /** Runs the pass; whatever it made is given back at the end, except what was handed out or recorded. */
  run(pass: () => void): void {
    try {
      withBlock(this.#owner, pass);
    } finally {
      this.#owner.end(REASON, (storage) => this.#handedOut.has(storage));
    }
  }

  get(x: AnyTensor): Tensor | undefined {
    return this.#grads.get(x);
  }

  set(x: AnyTensor, g: Tensor): void {
    if (this.#grads.get(x) === g) return;
    this.drop(x);
    this.#grads.set(x, g);
    this.#holds.set(g.storage, (this.#holds.get(g.storage) ?? 0) + 1);
  }

  /** Adds a contribution: a tensor that is read twice receives both gradients. */
  add(x: AnyTensor, g: Tensor): void {
    const sofar = this.#grads.get(x);
    this.set(x, sofar ? add(sofar, g) : g);
  }

  drop(x: AnyTensor): void {
    const g = this.#grads.get(x);
    if (!g) return;
    this.#grads.delete(x);
    const left = this.#holds.get(g.storage)! - 1;
    if (left > 0) this.#holds.set(g.storage, left);
    else this.#holds.delete(g.storage);
  }

  /** Whether this gradient has the whole of a temporary's memory, and nothing else has. */
  isAlone(g: Tensor): boolean {
    const { storage } = g;
    return (
      storage.owner === this.#owner &&
      this.#holds.get(storage) === 1 &&
      !this.#handedOut.has(storage) &&
      !isRecorded(storage) &&
      g.size === storage.length &&
      isContiguous(g.shape, g.strides)
    );
  }

  /** Lets a gradient outlive the pass. */
  handOut(g: Tensor): Tensor {
    this.#handedOut.add(g.storage);
    return g;
  }

  /** Gives back all temporaries that hold no gradient. */
  sweep(): void {
    this.#owner.releaseAll(
      REASON,
      (storage) => this.#holds.has(storage) || this.#handedOut.has(storage) || isRecorded(storage),
    );
  }

  /** Zeros like `x`: views of one number, which lives as long as the pass. */
  zeros(x: AnyTensor): Tensor {
    let zero = this.#zeros.find(({ device, dtype }) => device === x.device && dtype === x.dtype);
    if (!zero) {
      this.#zeros.push((zero = filled(x.device, x.dtype, [], 0) as Tensor));
      this.#holds.set(zero.storage, 1);
    }
    return repeated(zero, x);
  }

  /** Ones like `x`: views of one number. */
  ones(x: AnyTensor): Tensor {
    return repeated(filled(x.device, x.dtype, [], 1) as Tensor, x);
  }
}

function repeated(number: Tensor, { shape }: AnyTensor): Tensor {
  return viewOf(
    number as AnyTensor,
    shape,
    shape.map(() => 0),
  ) as Tensor;
}

const REASON = 'was a temporary of a backward pass; take keep(g) in the hook to hold on to a gradient';
