/** Blocks: what is made inside goes back at the end, except what the block returns or keeps. */

import { ArgumentError } from './errors.ts';
import { Owner, withBlock } from './memory.ts';
import { withRecording } from './tape.ts';
import { type AnyTensor, Tensor } from './tensor.ts';

/**
 * Runs `fn` without recording: for evaluation, and for updates of parameters. Memory of what it makes goes back at its
 * end, except tensors that it returns (also in arrays, plain objects, maps and sets) or keeps.
 *
 * Throws: ArgumentError for an async function, whose end no block can see.
 * Source: https://docs.pytorch.org/docs/stable/generated/torch.no_grad.html
 *
 * ```ts
 * import { noGrad, tensor } from '@tapegrad/core';
 *
 * const w = tensor([1, 2], { requiresGrad: true });
 * const y = noGrad(() => w.mul(2));
 * console.log(y.requiresGrad, y); // false tensor([2., 4.])
 * ```
 */
export function noGrad<R>(fn: () => R): R {
  return withRecording(false, () => runBlock('noGrad', fn));
}

/**
 * Runs `fn`, recording as before, and gives back the memory of what it made, except what it returns or keeps, and what
 * the tape recorded.
 *
 * Throws: ArgumentError for an async function.
 *
 * ```ts
 * import { randn, scope } from '@tapegrad/core';
 *
 * const total = scope(() => randn([100, 100]).abs().sum()); // the memory of the two matrices went back
 * console.log(total.shape); // []
 * ```
 */
export function scope<R>(fn: () => R): R {
  return runBlock('scope', fn);
}

/**
 * Lets a tensor outlive the block or the graph that owns its memory; the engine collects it when nobody holds it.
 * Of a view it keeps all that the view looks at. Returns the tensor.
 *
 * ```ts
 * import { keep, noGrad, type Tensor, tensor } from '@tapegrad/core';
 *
 * const seen: Tensor[] = [];
 * noGrad(() => {
 *   seen.push(keep(tensor([1, 2]).mul(2))); // the block ends without returning it
 * });
 * console.log(seen[0]); // tensor([2., 4.])
 * ```
 */
export function keep<T extends AnyTensor>(x: T): T {
  x.storage.owner = undefined;
  return x;
}

/** Runs a block of that name: what it makes goes back at its end, except what it returns or keeps. */
export function runBlock<R>(name: string, fn: () => R): R {
  const block = new Owner();
  const reason = `was made inside of ${name}(fn), which has ended and did not return it`;
  let result: R;
  try {
    result = withBlock(block, fn);
    refuseAsync(name, result, 'its block would end before it does');
  } catch (error) {
    block.releaseAll(reason);
    throw error;
  }
  const returned = new Set(tensorsIn(result).map((x) => x.storage));
  block.end(reason, (storage) => returned.has(storage));
  return result;
}

/** Throws: ArgumentError for what an async function returns: it goes on after its caller has ended. */
export function refuseAsync(name: string, result: unknown, why: string): void {
  if (typeof (result as { then?: unknown } | null | undefined)?.then !== 'function') return;
  throw new ArgumentError(`${name}: the function is async: ${why}. Await outside, and pass a synchronous function`);
}

/** The tensors in a value: itself, or the elements of arrays, plain objects, maps and sets, at any depth. */
export function tensorsIn(value: unknown, seen: Set<unknown> = new Set()): AnyTensor[] {
  if (value === null || typeof value !== 'object' || seen.has(value)) return [];
  if (value instanceof Tensor) return [value as AnyTensor];
  seen.add(value);
  const parts =
    Array.isArray(value) || value instanceof Map || value instanceof Set
      ? [...value]
      : isPlain(value)
        ? Object.values(value)
        : [];
  return parts.flatMap((part) => tensorsIn(part, seen));
}

/** The same value with other tensors: in arrays, plain objects, maps and sets, at any depth. */
export function mapTensors<R>(value: R, other: (x: AnyTensor) => AnyTensor): R {
  const mapped = (part: unknown): unknown => mapTensors(part, other);
  const build = (): unknown => {
    if (value instanceof Tensor) return other(value as AnyTensor);
    if (Array.isArray(value)) return value.map(mapped);
    if (value instanceof Map) return new Map([...value].map(([key, part]) => [key, mapped(part)]));
    if (value instanceof Set) return new Set([...value].map(mapped));
    return isPlain(value) ? Object.fromEntries(Object.entries(value).map(([key, part]) => [key, mapped(part)])) : value;
  };
  return build() as R;
}

function isPlain(value: unknown): value is object {
  if (value === null || typeof value !== 'object') return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
