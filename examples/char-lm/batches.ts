/**
 * A long text as parallel streams of short sequences. B is the batch (streams side by side), T the time (tokens a step).
 *
 * The sequence that a stream reads in step k + 1 follows the one it read in step k, so a recurrent state that is carried
 * over is the state of the text so far.
 */

/** B sequences of T tokens, row by row, and for each token the one to predict: the next. */
export interface Batch {
  /** i32 [B, T] */
  readonly inputs: Int32Array;
  /** i32 [B, T] */
  readonly targets: Int32Array;
}

export interface BatchSize {
  /** B */
  readonly batch: number;
  /** T */
  readonly time: number;
}

export interface Stream {
  /** Batch k = 0, 1, 2..., without end; it depends on nothing but k, so a resumed run continues exactly. */
  at(step: number): Batch;
  /** How many steps read as many tokens as there are; not a whole number. */
  readonly stepsPerEpoch: number;
}

/** The target of a place that has none: what `CrossEntropyLoss` ignores by default. */
export const IGNORED = -100;

/**
 * B streams that start at equal distances and walk around the text as on a ring, so no token is left out and the state
 * is never reset; where the end of the text meets its beginning there is one seam.
 */
export function contiguousBatches(tokens: Int32Array, { batch, time }: BatchSize): Stream {
  const n = tokens.length;
  return {
    stepsPerEpoch: n / (batch * time),
    at(step: number): Batch {
      const inputs = new Int32Array(batch * time);
      const targets = new Int32Array(batch * time);
      for (let b = 0; b < batch; b++) {
        const start = Math.floor((b * n) / batch) + step * time;
        for (let t = 0; t < time; t++) {
          inputs[b * time + t] = tokens[(start + t) % n];
          targets[b * time + t] = tokens[(start + t + 1) % n];
        }
      }
      return { inputs, targets };
    },
  };
}

/**
 * Each token but the first is a target exactly once: what is held out must all count, and only once. The rows are
 * B equal stretches of the text; where the last is shorter, its targets are `IGNORED`.
 */
export function* heldOutBatches(tokens: Int32Array, { batch, time }: BatchSize): Generator<Batch> {
  const last = tokens.length - 1;
  const stretch = Math.ceil(last / batch);
  for (let from = 0; from < stretch; from += time) {
    const inputs = new Int32Array(batch * time);
    const targets = new Int32Array(batch * time).fill(IGNORED);
    for (let b = 0; b < batch; b++) {
      const end = Math.min((b + 1) * stretch, last);
      for (let t = 0, position = b * stretch + from; t < time && position < end; t++, position++) {
        inputs[b * time + t] = tokens[position];
        targets[b * time + t] = tokens[position + 1];
      }
    }
    yield { inputs, targets };
  }
}
