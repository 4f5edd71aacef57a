/** The front door of @tapegrad/nn/data: from texts to batches of tokens. */

export { characterName } from './characters.ts';
export { prefetch } from './prefetch.ts';
export { type LineOptions, readText, type TextSource, textLines } from './text-stream.ts';
export {
  type DecodeOptions,
  encodeAll,
  fromHuggingFace,
  type HuggingFaceOptions,
  type HuggingFaceTokenizer,
  type Tokenizer,
} from './tokenizer.ts';
export type { UnitName } from './units.ts';
export { type SpecialOptions, Vocabulary, VocabularyError, type VocabularyOptions } from './vocabulary.ts';
export type { VocabularyRecord } from './vocabulary-record.ts';
