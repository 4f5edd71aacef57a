import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from 'vitest';
import { ngramScores, scoreTable, verdict } from '../../../examples/char-lm/report.ts';
import { colourBySurprisal, legend, summary, wantsColours, worstTokens } from '../../../examples/char-lm/surprisal.ts';

const references = ngramScores([4.5, 3, 2.4, 2, 1.8, 1.5]);

describe('the report', () => {
  test('names the n-grams that are compared', () => {
    expect(references.map(({ name }) => name)).toEqual(['unigram', 'bigram', 'trigram', '5-gram']);
    expect(references.map(({ nats }) => nats)).toEqual([3, 2.4, 2, 1.5]);
  });

  test('is a table from worst to best, in nats, bits and perplexity, with the model marked', () => {
    expect(scoreTable({ name: 'LSTM', nats: Math.log(8) }, references)).toBe(
      [
        '           nats/char  bits/char  perplexity',
        '  unigram     3.0000     4.3281       20.09',
        '  bigram      2.4000     3.4625       11.02',
        '> LSTM        2.0794     3.0000        8.00',
        '  trigram     2.0000     2.8854        7.39',
        '  5-gram      1.5000     2.1640        4.48',
      ].join('\n'),
    );
  });

  test.each([
    [
      2.2,
      'The LSTM beats the bigram by 0.200 and the unigram by 0.800; it is behind the trigram by 0.200 and the 5-gram by 0.700',
    ],
    [1, 'The LSTM beats the 5-gram by 0.500, the trigram by 1.000, the bigram by 1.400 and the unigram by 2.000'],
    [4, 'The LSTM is behind the unigram by 1.000, the bigram by 1.600, the trigram by 2.000 and the 5-gram by 2.500'],
  ])('says at %d nats whom the model beats', (nats, sentence) => {
    expect(verdict({ name: 'LSTM', nats }, references)).toBe(`${sentence} nats per character.`);
  });
});

describe('surprisal', () => {
  test('is summed up as bits per character and per byte, nats and perplexity; the first character has none', () => {
    expect(summary(['a', 'é', 'b'], [Number.NaN, 4, 2])).toBe(
      '2 characters: 3.0000 bits/char (2.0794 nats), 2.0000 bits/byte, perplexity 8.00',
    );
  });

  test('lists the worst characters first, with place and context', () => {
    const characters = [...'to be\nor not'];
    const surprisals = characters.map((_, i) => (i === 0 ? Number.NaN : i === 8 ? 9 : i === 5 ? 7.5 : 1));
    expect(worstTokens(characters, surprisals, 2)).toBe(
      [
        ' 9.00 bits  space (U+0020)       line 2, column 3              to be↵or[ ]not',
        ' 7.50 bits  line break (U+000A)  line 1, column 6                 to be[↵]or not',
      ].join('\n'),
    );
    expect(worstTokens(characters, surprisals, 100).split('\n')).toHaveLength(11);
  });

  test('colours the text and changes none of it, except that a surprising line break is shown', () => {
    const characters = [...'call\nme'];
    expect(stripVTControlCharacters(colourBySurprisal(characters, [Number.NaN, 1, 3, 5, 1, 20, 9]))).toBe('call\nme');
    expect(stripVTControlCharacters(colourBySurprisal(characters, [Number.NaN, 1, 3, 5, 7, 20, 9]))).toBe('call↵\nme');
  });

  test('has a colour for each level that the legend explains, none below 2 bits', () => {
    const colours = (bits: number): string => colourBySurprisal(['x'], [bits]);
    expect(colours(1)).toBe('x');
    const shown = [3, 5, 7, 10, 12].map(colours);
    expect(new Set(shown).size).toBe(5);
    for (const coloured of shown) expect(legend()).toContain(coloured.slice(0, coloured.indexOf('x')));
  });

  test('never lets a text steer the terminal', () => {
    const evil = [...'\x1b[2J\x07\x9b1m\x7f\r'];
    const levels = evil.map(() => 1);
    const shown = colourBySurprisal(evil, levels);
    expect(shown).toBe('␛[2J␇␡1m␡␍');
    const listed = worstTokens(evil, levels, 3).replaceAll('\n', '');
    expect([...listed].filter((character) => character < ' ' || (character > '~' && character < '\xa0'))).toEqual([]);
  });

  test('is coloured in a terminal, unless NO_COLOR says otherwise', () => {
    const terminal = { isTTY: true, hasColors: () => true } as unknown as NodeJS.WriteStream;
    expect(wantsColours(terminal, {})).toBe(true);
    expect(wantsColours(terminal, { NO_COLOR: '1' })).toBe(false);
    expect(wantsColours({ hasColors: () => true } as unknown as NodeJS.WriteStream, {})).toBe(false);
  });
});
