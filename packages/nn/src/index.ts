/** The front door of @tapegrad/nn. */

export { type LayerNormFunctionOptions, Parameter } from '@tapegrad/core';
export { BatchNorm1d, type BatchNormOptions } from './batch-norm.ts';
export { ModuleDict, ModuleList, ParameterDict, ParameterList } from './containers.ts';
export { Dropout } from './dropout.ts';
export {
  AlphaDropout,
  Dropout1d,
  Dropout2d,
  FeatureAlphaDropout,
  LockedDropout,
  type LockedDropoutOptions,
} from './dropout-variants.ts';
export { Embedding, type EmbeddingOptions, type LookupOptions, type PretrainedOptions } from './embedding.ts';
export { CELU, GLU, SELU } from './exponential-units.ts';
export * from './functional.ts';
export * from './generate.ts';
export { GroupNorm, type GroupNormFunctionOptions, type GroupNormOptions } from './group-norm.ts';
export { GRU } from './gru.ts';
export { GRUCell } from './gru-cell.ts';
export { Hardsigmoid, Hardswish, Hardtanh, Threshold } from './hard-activations.ts';
export * as init from './init.ts';
export { LayerNorm, type LayerNormOptions } from './layer-norm.ts';
export { Linear, type LinearOptions } from './linear.ts';
export {
  BCELoss,
  type BCEOptions,
  BCEWithLogitsLoss,
  type BCEWithLogitsOptions,
} from './losses/binary-cross-entropy.ts';
export type { ClassOptions } from './losses/classes.ts';
export { CrossEntropyLoss, type CrossEntropyOptions, type FromProbabilitiesOptions } from './losses/cross-entropy.ts';
export { CTCLoss, type CTCOptions } from './losses/ctc.ts';
export { DistillationLoss, type DistillationOptions } from './losses/distillation.ts';
export { KLDivLoss, type KLDivOptions } from './losses/kl-div.ts';
export { LinearCrossEntropyLoss, type LinearCrossEntropyOptions } from './losses/linear-cross-entropy.ts';
export {
  HingeEmbeddingLoss,
  type MarginOptions,
  MarginRankingLoss,
  MultiLabelMarginLoss,
  MultiLabelSoftMarginLoss,
  type MultilabelSoftMarginOptions,
  MultiMarginLoss,
  type MultiMarginOptions,
  SoftMarginLoss,
} from './losses/margin.ts';
export { NLLLoss } from './losses/nll.ts';
export type { Reduction, ReductionOptions } from './losses/reduction.ts';
export { L1Loss, MSELoss } from './losses/regression.ts';
export { HuberLoss, type HuberOptions, SmoothL1Loss, type SmoothL1Options } from './losses/robust.ts';
export {
  CosineEmbeddingLoss,
  GaussianNLLLoss,
  type LikelihoodOptions,
  PoissonNLLLoss,
  type PoissonOptions,
  TripletMarginLoss,
  type TripletOptions,
} from './losses/similarity.ts';
export { LSTM, type LSTMOptions, type LSTMState } from './lstm.ts';
export { LSTMCell } from './lstm-cell.ts';
export { type AccuracyOptions, accuracy } from './metrics/accuracy.ts';
export { bitsPerToken, perplexity } from './metrics/language.ts';
export { type BufferOptions, Module, type PlaceOptions, type WalkOptions } from './module.ts';
export { PReLU, type PReLUOptions } from './prelu.ts';
export { ELU, GELU, LeakyReLU, Mish, ReLU, ReLU6, SiLU, Softplus } from './rectifiers.ts';
export type { RecurrentOptions } from './recurrent.ts';
export type { CellOptions } from './recurrent-cell.ts';
export { Flatten, Identity, Unflatten } from './reshapers.ts';
export { RMSNorm, type RMSNormFunctionOptions, type RMSNormOptions } from './rms-norm.ts';
export { RNN } from './rnn.ts';
export { RNNCell } from './rnn-cell.ts';
export { type Layer, Sequential } from './sequential.ts';
export type {
  BlobLike,
  FileSource,
  ResponseLike,
  UrlLike,
} from './serialize/byte-source.ts';
export { CheckpointError } from './serialize/errors.ts';
export type { FileHandleLike } from './serialize/node.ts';
export {
  openSafetensors,
  type SafetensorsReader,
  type SafetensorsSource,
  type TensorInfo,
} from './serialize/reader.ts';
export { decodeSafetensors, encodeSafetensors, type Safetensors } from './serialize/safetensors.ts';
export type { EncodeOptions } from './serialize/safetensors-plan.ts';
export { type DecodedStateDict, decodeStateDict, encodeStateDict } from './serialize/state-dict.ts';
export type { FloatFormat, StoredTensor } from './serialize/stored-dtypes.ts';
export {
  type SafetensorsTarget,
  type SaveOptions,
  saveSafetensors,
  type WritableStreamLike,
} from './serialize/writer.ts';
export { Hardshrink, Softshrink, Tanhshrink } from './shrinkers.ts';
export { Bilinear, CosineSimilarity, PairwiseDistance } from './similarities.ts';
export { LogSigmoid, LogSoftmax, Sigmoid, Softmax, Softmin, Softsign, Tanh } from './squashers.ts';
export { type LoadOptions, type LoadResult, type StateDict, StateDictError } from './state-dict.ts';
export {
  type PackedSequence,
  type PadPackedOptions,
  packPaddedSequence,
  packSequence,
  padPackedSequence,
  type SortOptions,
} from './utils/packed-sequence.ts';
export { type BatchOptions, type Lengths, type PadOptions, padSequence, unpadSequence } from './utils/pad-sequence.ts';
export { parametersToVector, vectorToParameters } from './utils/parameters.ts';
export { removeWeightNorm, type WeightNormOptions, weightNorm } from './utils/weight-norm.ts';
