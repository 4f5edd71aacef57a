import { PassThrough } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from 'vitest';
import { bits, duration, thousands } from '../../../examples/char-lm/format.ts';
import { type ProgressSettings, startProgress } from '../../../examples/char-lm/progress.ts';

/** Progress on a stream of its own, and what it has written so far. */
function progressOn({ columns, ...settings }: Omit<ProgressSettings, 'stream'> & { columns?: number }) {
  const terminal = { isTTY: true, columns, moveCursor: () => true, cursorTo: () => true, clearLine: () => true };
  const stream = Object.assign(new PassThrough(), columns === undefined ? {} : terminal);
  const progress = startProgress({ ...settings, stream: stream as unknown as NodeJS.WriteStream });
  return { progress, written: (): string => String(stream.read() ?? '') };
}

describe('progress without a terminal', () => {
  test('is a line now and then, without escape codes, and one at the end', () => {
    const { progress, written } = progressOn({ steps: 3, tokensPerStep: 100 });
    progress.update(1, 2);
    progress.update(2, 1);
    expect(written()).toBe('');
    progress.log('a message');
    progress.update(3, 0.5);
    progress.stop();
    expect(written()).toMatch(/^a message\nstep 3\/3 · 1\.167 nats, 1\.683 bits\/char · [\d,]+ tokens\/s · done\n$/);
  });

  test('is a line a step where no time has to pass', () => {
    const { progress, written } = progressOn({ steps: 40, done: 20, tokensPerStep: 100, secondsPerLine: 0 });
    progress.update(21, 2);
    expect(written()).toMatch(
      /^step 21\/40 · 2\.000 nats, 2\.885 bits\/char · [\d,]+ tokens\/s · (?:\d+ (?:h|min) )?\d+ (?:min|s) left\n$/,
    );
  });
});

describe('progress in a terminal', () => {
  test.each([200, 120, 80])('fits into %i columns with the loss, the speed and the time left', (columns) => {
    const { progress, written } = progressOn({ steps: 10_000, done: 9000, tokensPerStep: 200, columns });
    progress.update(9001, 12.3456);
    progress.stop();
    const [last] = /[█░]+ [^█░\n]*(?=\n$)/.exec(stripVTControlCharacters(written()))!;
    expect(last).toMatch(/ 9001\/10000 · 12\.346 nats.* · [\d,]+ tokens\/s · (?:\d+ (?:h|min) )?\d+ (?:min|s) left$/);
    expect(last.length).toBeLessThan(columns);
  });
});

describe('numbers', () => {
  test('of seconds have their two greatest units', () => {
    expect([0, 59.4, 59.6, 200, 3599.6, 3720, 90_000].map(duration)).toEqual([
      ...['0 s', '59 s', '1 min 0 s', '3 min 20 s', '1 h 0 min', '1 h 2 min', '25 h 0 min'],
    ]);
  });

  test('of nats become bits, and large counts have commas', () => {
    expect(bits(Math.LN2)).toBe(1);
    expect(thousands(1_234_567.8)).toBe('1,234,568');
  });
});
