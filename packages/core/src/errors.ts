/** The errors of the house. Each message says what was given, what was expected, and, where there is one, what to do. */

/** The class that all errors of tapegrad extend, for one `catch`. */
export class TapegradError extends Error {
  constructor(message: string) {
    super(message);
    this.name = new.target.name;
  }
}

/** Shapes that do not fit the operation or each other. */
export class ShapeError extends TapegradError {}

/** An element type that the operation does not take; the message names the cast. */
export class DTypeError extends TapegradError {}

/** A device that is unknown, unavailable, lost, or differs between operands. */
export class DeviceError extends TapegradError {}

/** An index outside its range; the message gives the index and the range. */
export class IndexError extends TapegradError {}

/** An option or argument with a value outside of what is allowed. */
export class ArgumentError extends TapegradError {}

/** A backward pass that cannot be done: a closed graph, a changed tensor, nothing that requires a gradient. */
export class GradientError extends TapegradError {}

/** A tensor whose memory went back to the pool is read. */
export class ReleasedError extends TapegradError {}

/** More memory than there is; the message says what was asked for and what is in use. */
export class MemoryError extends TapegradError {}
