/** The front door of @tapegrad/nn/data: from texts to batches of tokens. */

export { Batches } from './batches.ts';
export { type BucketOptions, bucketBatches } from './bucket-batches.ts';
export { characterName } from './characters.ts';
export type { Tokens } from './checks.ts';
export {
  type ContiguousBatch,
  type ContiguousOptions,
  contiguousBatches,
  type LastWindow,
} from './contiguous-batches.ts';
export { type IndexOptions, indexBatches, type OrderOptions } from './index-batches.ts';
export { prefetch } from './prefetch.ts';
export { splitTokens } from './split-tokens.ts';
export { type StreamOptions, streamBatches } from './stream-batches.ts';
export { type LineOptions, readText, type TextSource, textLines } from './text-stream.ts';
export {
  IGNORED,
  nextTokenBatch,
  type PaddedBatch,
  type PaddedTokens,
  type PaddingOptions,
  padTokens,
  type TokenBatch,
} from './token-batch.ts';
export {
  type DecodeOptions,
  encodeAll,
  encodeEach,
  fromHuggingFace,
  type HuggingFaceOptions,
  type HuggingFaceTokenizer,
  type Tokenizer,
} from './tokenizer.ts';
export type { UnitName } from './units.ts';
export { type SpecialOptions, Vocabulary, VocabularyError, type VocabularyOptions } from './vocabulary.ts';
export type { VocabularyRecord } from './vocabulary-record.ts';
export { type WindowOptions, windowBatches } from './window-batches.ts';
