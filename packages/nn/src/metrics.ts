/**
 * How good a model is. Metrics of one batch are functions; over batches, what they count is added up, and the score is
 * taken of the sums. Nothing is recorded, but for divergences and distances, which may be losses too.
 */

export { Mean, type Metric, Sum } from './metrics/accumulate.ts';
export { type AccuracyOptions, accuracy, topKAccuracy } from './metrics/accuracy.ts';
export { Bleu, type BleuOptions, type BleuScore, bleu } from './metrics/bleu.ts';
export { type CalibrationOptions, calibrationBins, expectedCalibrationError } from './metrics/calibration.ts';
export { type ConfusionOptions, confusionMatrix, confusionRates, type RateOptions } from './metrics/confusion.ts';
export { type DivergenceOptions, jensenShannonDivergence, klDivergence } from './metrics/divergence.ts';
export {
  earthMoversDistance,
  earthMoversDistance1d,
  type LineOptions,
  transportPlan,
} from './metrics/earth-mover.ts';
export { bitsPerByte, bitsPerToken, perplexity, type TextLength } from './metrics/language.ts';
export { Rouge, type RougeScore, type RougeScores, rouge } from './metrics/rouge.ts';
export { f1, precision, recall, type ScoreOptions } from './metrics/scores.ts';
export { type Tokens, tokenize13a, tokenizeRouge } from './metrics/tokens.ts';
