/** From text to tokens and back: what a vocabulary does, and what another library's tokenizer is made to do. */

import { ArgumentError } from '@tapegrad/core';

/** Numbers that stand for the pieces of a text. `Vocabulary` is one, `fromHuggingFace` makes another. */
export interface Tokenizer {
  /** V: tokens are from 0 to V - 1, so V rows of an embedding are enough. */
  readonly size: number;
  encode(text: string): Int32Array;
  decode(tokens: Iterable<number>, options?: DecodeOptions): string;
  /** The token of a special such as `<pad>`. Throws: ArgumentError where there is none. */
  id(special: string): number;
}

export interface DecodeOptions {
  /** Leaves special tokens out of the text. Default: false. */
  readonly skipSpecials?: boolean | undefined;
}

/** What is used of a `Tokenizer` of `@huggingface/tokenizers`. */
export interface HuggingFaceTokenizer {
  encode(text: string, options: { add_special_tokens: boolean }): { readonly ids: readonly number[] };
  decode(ids: number[], options: { skip_special_tokens: boolean; clean_up_tokenization_spaces: boolean }): string;
  token_to_id(token: string): number | undefined;
  get_vocab(withAddedTokens: boolean): ReadonlyMap<string, number>;
}

export interface HuggingFaceOptions {
  /** Whether `encode` adds what the model expects around a text, such as `[CLS]` and `[SEP]`. Default: false. */
  readonly addSpecialTokens?: boolean | undefined;
}

/**
 * A tokenizer of `@huggingface/tokenizers` (npm) as one of tapegrad: byte pairs, word pieces and unigrams of trained models.
 * `size` counts to the greatest token, as some files leave numbers out.
 *
 * Throws: ArgumentError, from `id`, where the tokenizer has no such token.
 *
 * Source: https://github.com/huggingface/tokenizers.js
 *
 * ```ts
 * import { fromHuggingFace } from '@tapegrad/nn/data';
 * import { Tokenizer } from '@huggingface/tokenizers';
 *
 * // In a program: JSON.parse of a model's tokenizer.json, and of its tokenizer_config.json.
 * const model = { type: 'WordPiece', unk_token: '?', vocab: { '?': 0, call: 1, me: 2, whale: 3 } };
 * const whitespace = { type: 'Whitespace' };
 * const json = { model, normalizer: null, pre_tokenizer: whitespace, post_processor: null, decoder: null, added_tokens: [] };
 *
 * const tokenizer = fromHuggingFace(new Tokenizer(json, {}));
 * console.log(tokenizer.size, tokenizer.encode('call me ahab')); // 4 Int32Array(3) [ 1, 2, 0 ]
 * ```
 */
export function fromHuggingFace(
  tokenizer: HuggingFaceTokenizer,
  { addSpecialTokens = false }: HuggingFaceOptions = {},
): Tokenizer {
  let size = 0;
  for (const token of tokenizer.get_vocab(true).values()) size = Math.max(size, token + 1);
  return {
    size,
    encode: (text) => Int32Array.from(tokenizer.encode(text, { add_special_tokens: addSpecialTokens }).ids),
    decode: (tokens, { skipSpecials = false } = {}) =>
      tokenizer.decode([...tokens], { skip_special_tokens: skipSpecials, clean_up_tokenization_spaces: false }),
    id(special) {
      const token = tokenizer.token_to_id(special);
      if (token === undefined) throw new ArgumentError(`id: expected a token of the tokenizer; given '${special}'`);
      return token;
    },
  };
}

/** What comes in parts: the lines of `textLines`, or a list. */
type Parts = AsyncIterable<string> | Iterable<string>;

/**
 * The tokens of each part of a text, such as the lines of `textLines`. A part must not end within what is one piece; lines
 * never do.
 *
 * ```ts
 * import { encodeEach, Vocabulary } from '@tapegrad/nn/data';
 *
 * for await (const tokens of encodeEach(Vocabulary.of('character', 'abc'), ['ab', 'c'])) console.log(tokens);
 * // Int32Array [0, 1], then Int32Array [2]
 * ```
 */
export async function* encodeEach(
  tokenizer: Pick<Tokenizer, 'encode'>,
  texts: Parts,
): AsyncGenerator<Int32Array, void, undefined> {
  for await (const text of texts) yield tokenizer.encode(text);
}

/**
 * The tokens of a text that comes in parts, joined: the parts are let go, 4 bytes a token stay.
 *
 * ```ts
 * import { encodeAll, textLines, Vocabulary } from '@tapegrad/nn/data';
 *
 * const vocabulary = Vocabulary.of('character', 'abc\n');
 * console.log(await encodeAll(vocabulary, textLines(['ab\nc', 'a\n']))); // Int32Array(6) [ 1, 2, 0, 3, 1, 0 ]
 * ```
 */
export async function encodeAll(tokenizer: Pick<Tokenizer, 'encode'>, texts: Parts): Promise<Int32Array> {
  let all = new Int32Array(1024);
  let length = 0;
  for await (const tokens of encodeEach(tokenizer, texts)) {
    if (length + tokens.length > all.length) {
      const larger = new Int32Array(2 * (length + tokens.length));
      larger.set(all);
      all = larger;
    }
    all.set(tokens, length);
    length += tokens.length;
  }
  return all.slice(0, length);
}
