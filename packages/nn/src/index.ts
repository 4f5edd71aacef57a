/** The front door of @tapegrad/nn. */

export { Parameter } from '@tapegrad/core';
export { Embedding, type EmbeddingLookupOptions, type EmbeddingOptions, embedding } from './embedding.ts';
export * as init from './init.ts';
export { Linear, type LinearOptions, linear } from './linear.ts';
export type { ClassOptions } from './losses/classes.ts';
export { CrossEntropyLoss, type CrossEntropyOptions, crossEntropy } from './losses/cross-entropy.ts';
export { NLLLoss, nllLoss } from './losses/nll.ts';
export type { Reduction, ReductionOptions } from './losses/reduction.ts';
export { LSTM, type LSTMOptions, type LSTMState } from './lstm.ts';
export { type BufferOptions, Module, type PlaceOptions, type WalkOptions } from './module.ts';
export { type LoadOptions, type LoadResult, type StateDict, StateDictError } from './state-dict.ts';
