/**
 * What every contender computes: reference models, with the same starting weights and the same batch, drawn from a
 * hash. So the losses of all contenders agree, and show that they did the same work.
 *
 * B: batch, T: time, D: embedding, H: hidden, V: vocabulary.
 */

/** Sizes of Embedding -> LSTM -> Linear -> mean cross-entropy. */
export interface Sizes {
  readonly vocab: number;
  readonly embedding: number;
  readonly hidden: number;
  readonly batch: number;
  readonly time: number;
}

export const MODELS: Readonly<Record<ModelName, Sizes>> = {
  small: { vocab: 65, embedding: 64, hidden: 128, batch: 32, time: 64 },
  /** The small model for kernels whose vocabulary must be a multiple of four. */
  small64: { vocab: 64, embedding: 64, hidden: 128, batch: 32, time: 64 },
  large: { vocab: 10_000, embedding: 128, hidden: 256, batch: 32, time: 50 },
};

export type ModelName = 'small' | 'small64' | 'large';

export const MODEL_NAMES: readonly ModelName[] = ['small', 'small64', 'large'];

/** Floating-point operations of a training step that are products of matrices: each once forward, and twice for gradients. */
export function flopOf({ vocab: V, embedding: D, hidden: H, batch: B, time: T }: Sizes): number {
  return 3 * 2 * B * T * (D * 4 * H + H * 4 * H + H * V);
}

/** Starting weights. Matrices are [in, out] as they are drawn; PyTorch's layout is their transpose. */
export interface Weights {
  /** [V, D] */
  readonly embedding: Float32Array;
  /** [D, 4H], the gates i, f, g, o. */
  readonly inputToGates: Float32Array;
  /** [H, 4H] */
  readonly hiddenToGates: Float32Array;
  /** [4H], twice, as PyTorch has it. */
  readonly biases: readonly [Float32Array, Float32Array];
  /** [H, V] */
  readonly head: Float32Array;
  /** [V] */
  readonly headBias: Float32Array;
}

/** The starting weights of a model: uniform in +-1 (embedding) and +-1/sqrt(H) (all others). */
export function startingWeights({ vocab: V, embedding: D, hidden: H }: Sizes): Weights {
  const bound = 1 / Math.sqrt(H);
  return {
    embedding: uniform(V * D, 1, 1),
    inputToGates: uniform(D * 4 * H, bound, 2),
    hiddenToGates: uniform(H * 4 * H, bound, 3),
    biases: [uniform(4 * H, bound, 4), uniform(4 * H, bound, 5)],
    head: uniform(H * V, bound, 6),
    headBias: uniform(V, bound, 7),
  };
}

/** The batch: token ids, flat in the order [T, B]. */
export function fixedBatch({ vocab, batch, time }: Sizes): {
  readonly inputs: Int32Array;
  readonly targets: Int32Array;
} {
  return { inputs: tokens(time * batch, vocab, 101), targets: tokens(time * batch, vocab, 102) };
}

/** n numbers uniform in [-scale, scale). */
export function uniform(n: number, scale: number, stream: number): Float32Array {
  return Float32Array.from({ length: n }, (_, i) => ((hash(i, stream) / 2 ** 24) * 2 - 1) * scale);
}

/** n token ids below `vocab`. */
export function tokens(n: number, vocab: number, stream: number): Int32Array {
  return Int32Array.from({ length: n }, (_, i) => hash(i, stream) % vocab);
}

/** 24 bits of a hash of the i-th number of a stream. */
function hash(i: number, stream: number): number {
  let x = Math.imul(i, 0x9e3779b1) + Math.imul(stream, 0x85ebca6b);
  for (let round = 0; round < 2; round++) x = Math.imul(x ^ (x >>> 16), 0x45d9f3b);
  return (x ^ (x >>> 16)) >>> 8;
}
