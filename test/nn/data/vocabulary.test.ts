/** Vocabularies: what a text is cut into, how pieces are numbered, and files that someone damaged on purpose. */

import { fc, test as property } from '@fast-check/vitest';
import { Tokenizer } from '@huggingface/tokenizers';
import { CheckpointError } from '@tapegrad/nn';
import { characterName, encodeAll, fromHuggingFace, textLines, type UnitName, Vocabulary } from '@tapegrad/nn/data';
import { describe, expect, test } from 'vitest';

const units: readonly UnitName[] = ['byte', 'character', 'grapheme', 'word'];
/** Well-formed texts of many scripts, with the white space that tempts a tokenizer. */
const texts = fc
  .array(
    fc.oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom(' ', '  ', '\n', '\t', '\r\n', "don't", ' 12', '🐋')),
  )
  .map((parts) => parts.join(''));
const PAD = { specials: ['<pad>', '<unk>'], unknown: '<unk>' };

describe.each(units)('a vocabulary of each %s', (unit) => {
  property.prop([texts], { numRuns: 50 })('gives back the text that it encoded', (text) => {
    const vocabulary = Vocabulary.of(unit, text, { specials: ['<pad>'] });
    expect(vocabulary.decode(vocabulary.encode(text))).toBe(text);
  });

  property.prop([texts], { numRuns: 50 })('is the same after a round trip through JSON', (text) => {
    const vocabulary = Vocabulary.of(unit, text, PAD);
    const again = Vocabulary.fromJson(JSON.stringify(vocabulary));
    expect(again).toEqual(vocabulary);
    expect(again.encode(text)).toEqual(vocabulary.encode(text));
  });

  property.prop([texts], { numRuns: 50 })('encodes line by line as all at once', async (text) => {
    const vocabulary = Vocabulary.of(unit, text);
    expect(await encodeAll(vocabulary, textLines([text]))).toEqual(vocabulary.encode(text));
  });

  property.prop([fc.array(texts)], { numRuns: 20 })(
    'is that of its parts, also where they come one by one',
    async (parts) => {
      const come = (async function* () {
        yield* parts;
      })();
      expect(await Vocabulary.read(unit, come)).toEqual(Vocabulary.of(unit, parts));
    },
  );

  property.prop([texts, texts], { numRuns: 50 })(
    'stands for what it does not have with its unknown token',
    (text, other) => {
      const vocabulary = Vocabulary.of(unit, text, PAD);
      const known = new Set(Vocabulary.of(unit, text).pieces);
      const tokens = [...vocabulary.encode(other)];
      const alone = Vocabulary.of(unit, other); // each piece of the other text by itself
      expect(tokens.map((token) => token === 1)).toEqual(
        [...alone.encode(other)].map((token) => !known.has(alone.pieces[token]!)),
      );
      expect(tokens.every((token) => token > 0 && token < vocabulary.size)).toBe(true);
    },
  );
});

describe('a vocabulary', () => {
  test('of characters is numbered in the order of code points, also those beyond 16 bits', () => {
    const vocabulary = Vocabulary.of('character', 'naïve 🐋 whale 🐋\uffff');
    expect(vocabulary.pieces).toEqual([' ', 'a', 'e', 'h', 'l', 'n', 'v', 'w', 'ï', '\uffff', '🐋']);
    expect(vocabulary.encode('a🐋')).toEqual(Int32Array.of(1, 10));
  });

  test('of graphemes keeps together what a reader takes for one character', () => {
    const vocabulary = Vocabulary.of('grapheme', 'e\u0301a👩‍👩‍👧');
    expect(vocabulary.pieces).toEqual(['a', 'e\u0301', '👩‍👩‍👧']);
  });

  test('of words has the space before a word in it, and a line break alone', () => {
    const text = "Don't  look,\tshe said: 12 whales!\n\n";
    expect(Vocabulary.of('word', text).pieces).toEqual(
      ["Don't", ' ', ' look', ',', '\t', 'she', ' said', ':', ' 12', ' whales', '!', '\n'].sort(),
    );
  });

  test('of bytes encodes any text as its UTF-8, and a byte is its own token', () => {
    const text = 'whale: 🐋, line\r\n';
    expect(Vocabulary.bytes().encode(text)).toEqual(Int32Array.from(new TextEncoder().encode(text)));
    expect(Vocabulary.bytes().size).toBe(256);
  });

  test('of bytes shows where a character is cut, and mends it where only a special lies between', () => {
    const vocabulary = Vocabulary.bytes({ specials: ['<pad>'] });
    const [first = 0, second = 0] = vocabulary.encode('é');
    expect(vocabulary.decode([first])).toBe('\ufffd');
    expect(vocabulary.decode([first, 0, second])).toBe('\ufffd<pad>\ufffd');
    expect(vocabulary.decode([first, 0, second], { skipSpecials: true })).toBe('é');
  });

  test('keeps what occurs often enough, and of equally rare pieces those that come first', () => {
    const text = 'aaaa bb cc d';
    expect(Vocabulary.of('character', text, { minCount: 2 }).pieces).toEqual([' ', 'a', 'b', 'c']);
    expect(Vocabulary.of('character', text, { maxSize: 3 }).pieces).toEqual([' ', 'a', 'b']);
    expect(Vocabulary.of('character', text, { ...PAD, maxSize: 4 }).pieces).toEqual([' ', 'a']);
  });

  test('never takes a text for a special', () => {
    const vocabulary = Vocabulary.of('word', '<pad> pad', { specials: ['<pad>'] });
    const tokens = vocabulary.encode('<pad>');
    expect(tokens).not.toContain(vocabulary.id('<pad>'));
    expect(vocabulary.decode(tokens)).toBe('<pad>');
  });

  test('has pieces that are names of what every object has', () => {
    const text = '__proto__ constructor toString hasOwnProperty';
    const vocabulary = Vocabulary.of('word', text, { specials: ['__proto__'], unknown: '__proto__' });
    const again = Vocabulary.fromJson(JSON.stringify(vocabulary));
    expect(again.decode(again.encode(text))).toBe(text);
    expect(again.encode(' valueOf')).toEqual(Int32Array.of(0));
  });

  test('names characters that cannot be seen', () => {
    expect([' ', '\n', '\u00a0', '\u0007', 'é', '…', 'two'].map(characterName)).toEqual([
      ...['space (U+0020)', 'line break (U+000A)', 'U+00A0', 'U+0007', "'é' (U+00E9)", "'…' (U+2026)", "'two'"],
    ]);
  });
});

describe('a mistake is explained:', () => {
  const vocabulary = Vocabulary.of('character', 'ab \n', { specials: ['<pad>'] });

  test.each([
    [
      'an unknown character',
      () => vocabulary.encode('ab\nab é'),
      "VocabularyError: unknown character 'é' (U+00E9) at position 6 (line 2, column 4): it is not among the 4 characters of " +
        'the vocabulary. Remove or replace it, or train on a text that contains it; a vocabulary with an `unknown` token would take it.',
    ],
    [
      'an unknown word',
      () => Vocabulary.of('word', 'the whale').encode('the white'),
      "VocabularyError: unknown word ' white' at position 3 (line 1, column 4)",
    ],
    [
      'a number that is no token',
      () => vocabulary.decode([0, 5]),
      'IndexError: decode: token 5 at position 1 is out of range: expected 0 to 4',
    ],
    ['a negative token', () => vocabulary.decode([-1]), 'IndexError: decode: token -1 at position 0'],
    ['a half token', () => vocabulary.decode([1.5]), 'IndexError: decode: token 1.5'],
    [
      'a special that is not there',
      () => vocabulary.id('<eos>'),
      "ArgumentError: id: expected one of the specials, '<pad>'; given '<eos>'",
    ],
    [
      'another unit',
      () => Vocabulary.of('line' as UnitName, ''),
      "expected a unit, one of 'byte', 'character', 'grapheme', 'word'; given 'line'",
    ],
    [
      'no count',
      () => Vocabulary.of('word', '', { minCount: 0 }),
      'expected minCount to be a whole number of 1 or more; given 0',
    ],
    [
      'no room',
      () => Vocabulary.of('word', '', { specials: ['<pad>'], maxSize: 1 }),
      'above that of the specials, 1; given 1',
    ],
    ['half a size', () => Vocabulary.of('word', '', { maxSize: 2.5 }), 'expected maxSize to be a whole number'],
    [
      'specials that are alike',
      () => Vocabulary.bytes({ specials: ['a', 'a'] }),
      "expected specials that differ and are not empty; given 'a', 'a'",
    ],
    [
      'an unknown token of its own',
      () => Vocabulary.bytes({ unknown: '<unk>' }),
      "expected unknown to be one of the specials, of which there are none; given '<unk>'",
    ],
  ])('%s', (_, call, message) => {
    let told = 'nothing';
    try {
      call();
    } catch (error) {
      told = String(error);
    }
    expect(told).toContain(message);
  });
});

describe('JSON that is no vocabulary is refused:', () => {
  const good = {
    format: 'tapegrad vocabulary 1',
    unit: 'character',
    specials: ['<pad>'],
    unknown: null,
    pieces: ['a', 'b'],
  };
  const refusal = (json: string): string => {
    try {
      Vocabulary.fromJson(json, 'words.json');
    } catch (error) {
      expect(error).toBeInstanceOf(CheckpointError);
      return (error as Error).message;
    }
    throw new Error('it was taken');
  };

  test('the whole one is taken', () => {
    expect(Vocabulary.fromJson(JSON.stringify(good)).encode('ab')).toEqual(Int32Array.of(1, 2));
  });

  test.each([
    ['no JSON', 'a,b', 'words.json: it is not a JSON object: it begins with "a,b"; expected a vocabulary.'],
    ['a list', '[]', 'not a JSON object'],
    ['null', 'null', 'not a JSON object'],
    ['nesting without end', '['.repeat(200_000), 'not a JSON object'],
    [
      'another format',
      JSON.stringify({ ...good, format: 'v9' }),
      'its format is "v9"; expected "tapegrad vocabulary 1"',
    ],
    ['no format', '{}', 'its format is missing'],
    [
      'another unit',
      JSON.stringify({ ...good, unit: 'constructor' }),
      'its unit is "constructor"; expected "byte", "character"',
    ],
    ['pieces that are no texts', JSON.stringify({ ...good, pieces: ['a', 1] }), 'its pieces are no list of texts'],
    [
      'pieces that are no list',
      JSON.stringify({ ...good, pieces: { length: 1e9 } }),
      'its pieces are no list of texts',
    ],
    ['specials that are no texts', JSON.stringify({ ...good, specials: [null] }), 'its specials are no list of texts'],
    [
      'a piece of another unit',
      JSON.stringify({ ...good, pieces: ['ab'] }),
      'it has the piece "ab"; expected pieces that are a character each',
    ],
    ['a byte that is none', JSON.stringify({ ...good, unit: 'byte', pieces: ['Ā'] }), 'it has the piece "Ā"'],
    ['two words as one', JSON.stringify({ ...good, unit: 'word', pieces: ['a b'] }), 'it has the piece "a b"'],
    ['an empty piece', JSON.stringify({ ...good, pieces: [''] }), 'it has the piece ""'],
    ['a piece twice', JSON.stringify({ ...good, pieces: ['a', 'b', 'a'] }), 'it has "a" twice'],
    ['a special twice', JSON.stringify({ ...good, specials: ['x', 'x'] }), 'it has "x" twice'],
    ['an empty special', JSON.stringify({ ...good, specials: [''] }), 'it has an empty special'],
    [
      'an unknown token of its own',
      JSON.stringify({ ...good, unknown: '<unk>' }),
      'its unknown token is "<unk>"; expected null, or one of its specials',
    ],
    ['everything under __proto__', `{"__proto__":${JSON.stringify(good)}}`, 'its format is missing'],
  ])('%s', (_, json, message) => {
    expect(refusal(json)).toContain(message);
    expect(refusal(json)).toContain('write it again with JSON.stringify(vocabulary)');
  });

  property.prop([fc.json(), fc.constantFrom(...Object.keys(good))], { numRuns: 200 })(
    'or read, whatever one of its parts is, and nothing else is thrown',
    (json, key) => {
      const text = JSON.stringify({ ...good, [key]: JSON.parse(json) });
      try {
        expect(Vocabulary.fromJson(text)).toBeInstanceOf(Vocabulary);
      } catch (error) {
        expect(error).toBeInstanceOf(CheckpointError);
      }
      expect(({} as Record<string, unknown>).format).toBeUndefined();
    },
  );
});

describe('a tokenizer of @huggingface/tokenizers', () => {
  const vocab = { '[UNK]': 0, '[CLS]': 1, whale: 2, '##s': 3, the: 4, '[SEP]': 9 };
  const special = (content: string, id: number) => ({
    id,
    content,
    special: true,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
  });
  const json = {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [special('[UNK]', 0), special('[CLS]', 1), special('[SEP]', 9)],
    normalizer: { type: 'Lowercase' },
    pre_tokenizer: { type: 'Whitespace' },
    post_processor: {
      type: 'TemplateProcessing',
      single: [
        { SpecialToken: { id: '[CLS]', type_id: 0 } },
        { Sequence: { id: 'A', type_id: 0 } },
        { SpecialToken: { id: '[SEP]', type_id: 0 } },
      ],
      pair: [],
      special_tokens: {
        '[CLS]': { id: '[CLS]', ids: [1], tokens: ['[CLS]'] },
        '[SEP]': { id: '[SEP]', ids: [9], tokens: ['[SEP]'] },
      },
    },
    decoder: { type: 'WordPiece', prefix: '##', cleanup: false },
    model: {
      type: 'WordPiece',
      unk_token: '[UNK]',
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 100,
      vocab,
    },
  };
  const theirs = new Tokenizer(json, {});

  test('encodes and decodes as itself', () => {
    const tokenizer = fromHuggingFace(theirs);
    expect(tokenizer.encode('The whales')).toEqual(Int32Array.of(4, 2, 3));
    expect(tokenizer.decode(tokenizer.encode('The whales'))).toBe('the whales');
    expect(tokenizer.encode('the ship')).toEqual(Int32Array.of(4, 0));
  });

  test('counts to its greatest token, so that an embedding has a row for each', () => {
    expect(fromHuggingFace(theirs).size).toBe(10);
  });

  test('puts specials around a text where it is asked to, and leaves them out again', () => {
    const tokenizer = fromHuggingFace(theirs, { addSpecialTokens: true });
    const tokens = tokenizer.encode('whale');
    expect(tokens).toEqual(Int32Array.of(tokenizer.id('[CLS]'), 2, tokenizer.id('[SEP]')));
    expect(tokenizer.decode(tokens, { skipSpecials: true })).toBe('whale');
    expect(() => tokenizer.id('<eos>')).toThrow("id: expected a token of the tokenizer; given '<eos>'");
  });

  test('encodes a text that comes in parts', async () => {
    const lines = textLines(['the wha', 'le\nthe whales', '\n']);
    expect(await encodeAll(fromHuggingFace(theirs), lines)).toEqual(Int32Array.of(4, 2, 4, 2, 3));
  });
});
