/** The catalogue: every operation, one file an idea. */

export {
  celu,
  glu,
  type HardtanhOptions,
  hardshrink,
  hardsigmoid,
  hardswish,
  hardtanh,
  prelu,
  selu,
  softmin,
  softshrink,
  tanhshrink,
  threshold,
} from './activations.ts';
export { atan2, floorDivide, fmod, isinf, lerp, logaddexp, remainder } from './arithmetic.ts';
export { expand, type ReduceOptions, sum } from './broadcast.ts';
export { cast } from './cast.ts';
export { diag, diagonal } from './diagonal.ts';
export { einsum } from './einsum.ts';
export {
  abs,
  acos,
  acosh,
  add,
  asin,
  asinh,
  atan,
  atanh,
  ceil,
  clamp,
  cos,
  cosh,
  div,
  elu,
  eq,
  erf,
  exp,
  expm1,
  floor,
  ge,
  gelu,
  gt,
  isfinite,
  isnan,
  le,
  leakyRelu,
  log,
  log1p,
  log2,
  log10,
  logicalAnd,
  logicalNot,
  logicalOr,
  logicalXor,
  logSigmoid,
  lt,
  maskedFill,
  maximum,
  minimum,
  mish,
  mul,
  ne,
  neg,
  pow,
  reciprocal,
  relu,
  relu6,
  round,
  rsqrt,
  sigmoid,
  sign,
  silu,
  sin,
  sinh,
  softplus,
  softsign,
  sqrt,
  square,
  sub,
  tan,
  tanh,
  tril,
  triu,
  trunc,
  where,
} from './elementwise.ts';
export { gru, gruCell } from './gru.ts';
export { embedding, gather, indexSelect, oneHot, scatterAdd } from './indexing.ts';
export { cat, chunk, split, stack, unbind } from './join.ts';
export { type LayerNormFunctionOptions, layerNorm } from './layer-norm.ts';
export { linear } from './linear.ts';
export { linearCrossEntropy } from './linear-loss.ts';
export { softmaxCrossEntropy } from './loss.ts';
export { type LstmWeights, lstm, lstmCell } from './lstm.ts';
export { matmul } from './matmul.ts';
export { type DropoutOptions, dropout, type MultinomialOptions, multinomial } from './noise.ts';
export {
  cosineSimilarity,
  type DistanceOptions,
  type NormalizeOptions,
  type NormOptions,
  norm,
  normalize,
  pairwiseDistance,
  type SimilarityOptions,
} from './norm.ts';
export { type AddProductOptions, addmm, addmv, baddbmm, bmm, dot, mm, mv, outer } from './products.ts';
export type { RecurrentWeights, SequenceOptions } from './recurrent.ts';
export {
  amax,
  amin,
  argmax,
  argmin,
  cumsum,
  logSumExp,
  max,
  mean,
  min,
  type OneDim,
  type PositionOptions,
  prod,
  std,
  type VarianceOptions,
  variance,
} from './reduce.ts';
export { repeat, repeatInterleave, roll, tile, unfold } from './repeat.ts';
export { type RnnNonlinearity, type RnnOptions, rnn, rnnCell } from './rnn.ts';
export { cummax, cummin, cumprod, logCumSumExp } from './scan.ts';
export {
  indexAdd,
  indexCopy,
  indexFill,
  type ScatterReduceOptions,
  type ScatterReduction,
  scatter,
  scatterReduce,
} from './scatter.ts';
export { bucketize, type SearchOptions, searchSorted } from './search.ts';
export { index, maskedScatter, maskedSelect, nonzero, take, takeAlongDim } from './select.ts';
export { logSoftmax, softmax } from './softmax.ts';
export {
  argsort,
  type KthOptions,
  kthvalue,
  median,
  type SortOptions,
  sort,
  type TopkOptions,
  topk,
} from './sort.ts';
export { unflatten } from './unflatten.ts';
export {
  contiguous,
  detach,
  flatten,
  flip,
  narrow,
  pad,
  permute,
  reshape,
  select,
  slice,
  squeeze,
  transpose,
  unsqueeze,
} from './view.ts';
