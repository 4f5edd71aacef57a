/**
 * The entry @tapegrad/nn/metrics: how good a model is. Metrics of one batch are functions; over batches, what they count is
 * added up, and the score is taken of the sums. Nothing is recorded, but for divergences and distances, which may be losses.
 */

export { Mean, type Metric, Sum } from './accumulate.ts';
export { type AccuracyOptions, accuracy, topKAccuracy } from './accuracy.ts';
export { Bleu, type BleuOptions, type BleuScore, bleu } from './bleu.ts';
export { type CalibrationOptions, calibrationBins, expectedCalibrationError } from './calibration.ts';
export { type ConfusionOptions, confusionMatrix, confusionRates, type RateOptions } from './confusion.ts';
export { type DivergenceOptions, jensenShannonDivergence, klDivergence } from './divergence.ts';
export {
  earthMoversDistance,
  earthMoversDistance1d,
  type LineOptions,
  transportPlan,
} from './earth-mover.ts';
export { bitsPerByte, bitsPerToken, perplexity, type TextLength } from './language.ts';
export { Rouge, type RougeScore, type RougeScores, rouge } from './rouge.ts';
export { f1, precision, recall, type ScoreOptions } from './scores.ts';
export { type Tokens, tokenize13a, tokenizeRouge } from './tokens.ts';
