/**
 * The errors of the house. Each message says what was given, what was expected, and, where there is one, what to do.
 */

/**
 * The class that all errors of tapegrad extend, for one `catch`.
 *
 * ```ts
 * import { matmul, ShapeError, TapegradError, zeros } from '@tapegrad/core';
 *
 * try {
 *   matmul(zeros([2, 3]), zeros([4, 5]));
 * } catch (error) {
 *   console.log(error instanceof ShapeError, error instanceof TapegradError); // true true
 *   console.log(String(error)); // ShapeError: matmul: inner sizes differ: a is [2, 3], b is [4, 5]
 * }
 * ```
 */
export class TapegradError extends Error {
  // In each class by hand: minified classes have names of one letter.
  override name: string = 'TapegradError';
}

/** Shapes that do not fit the operation or each other. */
export class ShapeError extends TapegradError {
  override name: string = 'ShapeError';
}

/** An element type that the operation or the device does not take; the message names the cast. */
export class DTypeError extends TapegradError {
  override name: string = 'DTypeError';
}

/** A device that is unknown or unavailable, or that differs between operands. */
export class DeviceError extends TapegradError {
  override name: string = 'DeviceError';
}

/** An index or a dimension outside of its range; the message gives both. */
export class IndexError extends TapegradError {
  override name: string = 'IndexError';
}

/** An option or argument with a value outside of what is allowed. */
export class ArgumentError extends TapegradError {
  override name: string = 'ArgumentError';
}

/**
 * A backward pass that cannot be done (a closed graph, a changed tensor, nothing that requires a gradient), an update
 * of a tensor that the tape may still need, or a gradient check that fails.
 */
export class GradientError extends TapegradError {
  override name: string = 'GradientError';
}

/**
 * A tensor whose memory went back to the pool is read. `keep(x)` or `x.detach()` before that would have let it live on.
 */
export class ReleasedError extends TapegradError {
  override name: string = 'ReleasedError';
}

/** More memory than there is; the message says what was asked for and what is in use. */
export class MemoryError extends TapegradError {
  override name: string = 'MemoryError';
}

/** A NaN, or an infinity, that `detectAnomaly` found; for a gradient, `cause` says where the operation was recorded. */
export class AnomalyError extends TapegradError {
  override name: string = 'AnomalyError';
}
