import { writeFile } from 'node:fs/promises';
import { Vocabulary } from '@tapegrad/nn/data';
import { describe, expect, test } from 'vitest';
import { loadText } from '../../../examples/char-lm/load-text.ts';
import { splitTokens } from '../../../examples/char-lm/text.ts';
import { difference } from '../../../examples/char-lm/vocabulary.ts';
import { TEXT, temporaryFolder } from './support.ts';

const pathOf = temporaryFolder();

describe('a text', () => {
  test('is read from a UTF-8 file, and called by its path', async () => {
    const path = pathOf('text.txt');
    expect(await loadText(path)).toMatchObject({ name: path, text: TEXT });
  });

  test('is Moby Dick where no file is given, chapter after chapter', async () => {
    const { name, text } = await loadText();
    expect(name).toBe('Moby Dick');
    expect(text.length).toBeGreaterThan(1_200_000);
    expect(text).toContain('Call me Ishmael.');
    expect(text).not.toMatch(/^\s|\n\n$/);
  });

  test('has a fingerprint that another text does not have', async () => {
    await writeFile(pathOf('same.txt'), TEXT);
    await writeFile(pathOf('other.txt'), `${TEXT.slice(1)}${TEXT[0]}`);
    const [one, same, other] = await Promise.all(['text', 'same', 'other'].map((n) => loadText(pathOf(`${n}.txt`))));
    expect(same?.fingerprint).toBe(one?.fingerprint);
    expect(other?.fingerprint).not.toBe(one?.fingerprint);
  });

  test.each([
    ['that does not exist', 'nowhere.txt', undefined, /cannot read .*nowhere\.txt: there is no such file/],
    ['that is a folder', '.', undefined, /cannot read .*: it is a folder/],
    ['that is empty', 'empty.txt', '', /empty\.txt is empty: it has 0 bytes/],
    ['of white space', 'blank.txt', ' \n\n', /blank\.txt is empty: it has 3 bytes/],
    ['that is not UTF-8', 'latin.txt', Buffer.from([0x63, 0x61, 0x66, 0xe9, 0x20]), /latin\.txt is not UTF-8.*iconv/],
  ])('cannot be a file %s', async (_, name, content, message) => {
    if (content !== undefined) await writeFile(pathOf(name), content);
    await expect(loadText(pathOf(name))).rejects.toMatchObject({
      name: 'UserError',
      message: expect.stringMatching(message),
    });
  });
});

describe('a split', () => {
  test('cuts the tokens 80/10/10, in order and without a copy', () => {
    const tokens = Int32Array.from({ length: 1005 }, (_, i) => i);
    const { train, validation, test: last } = splitTokens(tokens, 64);
    expect([train.length, validation.length, last.length]).toEqual([804, 100, 101]);
    expect(Int32Array.of(...train, ...validation, ...last)).toEqual(tokens);
    expect(train.buffer).toBe(tokens.buffer);
  });

  test('refuses a text that is shorter than a sequence, and says how long it must be', () => {
    const short = new Int32Array(81);
    expect(() => splitTokens(short, 64, 'x.txt')).toThrow(
      'x.txt has 81 characters, and sequences of 64 need at least 82: 80 % of them are learnt from, one sequence at a time. ' +
        'Give a longer text or a smaller --time.',
    );
    expect(splitTokens(new Int32Array(82), 64).train.length).toBeGreaterThanOrEqual(65);
    expect(() => splitTokens(new Int32Array(19), 1)).toThrow('at least 20');
  });
});

describe('a vocabulary', () => {
  const of = (text: string): Vocabulary => Vocabulary.of('character', text);

  test('is stored as its characters', () => {
    const { pieces } = of('naïve 🐋 whale 🐋');
    expect(of(pieces.join('')).pieces).toEqual(pieces);
  });

  test('tells how another one differs', () => {
    const vocabulary = of('abc');
    expect(difference(vocabulary, of('cab'))).toBeNull();
    expect(difference(vocabulary, of('ab\t'))).toBe("lacks 'c' (U+0063) and adds tab (U+0009)");
    expect(difference(vocabulary, of('abcdefghij'))).toMatch(/^adds 'd' .* 'h' \(U\+0068\) and 2 more$/);
  });
});
