/** Texts in chunks, and items that are made ahead: what comes, when, and what ends with what. */

import { createReadStream } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fc, test as property } from '@fast-check/vitest';
import {
  encodeEach,
  prefetch,
  readText,
  streamBatches,
  type TextSource,
  textLines,
  Vocabulary,
  windowBatches,
} from '@tapegrad/nn/data';
import { describe, expect, test, vi } from 'vitest';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

async function all<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const found: Item[] = [];
  for await (const item of items) found.push(item);
  return found;
}

/** The bytes cut at these places. */
function cut(whole: Uint8Array, places: readonly number[]): Uint8Array[] {
  const ends = [...places.map((place) => place % (whole.length + 1)), whole.length].sort((a, b) => a - b);
  return ends.map((end, i) => whole.slice(ends[i - 1] ?? 0, end));
}

describe('a text that comes in bytes', () => {
  property.prop([fc.string({ unit: 'grapheme' }), fc.array(fc.nat())], { numRuns: 100 })(
    'is whole, wherever the chunks are cut',
    async (text, places) => {
      const chunks = await all(readText(cut(bytes(text), places)));
      expect(chunks.join('')).toBe(text);
      expect(chunks).not.toContain('');
    },
  );

  test('may be a file, a stream, a Response or a Blob', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tapegrad-'));
    try {
      const text = 'Call me Ishmäel 🐋\n'.repeat(500);
      await writeFile(join(folder, 'text'), text);
      const sources: TextSource[] = [
        createReadStream(join(folder, 'text'), { highWaterMark: 7 }),
        new Blob([text]).stream(),
        new Blob([text]),
        new Response(text),
      ];
      for (const source of sources) expect((await all(readText(source))).join('')).toBe(text);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test('loses its byte order mark, and nothing else', async () => {
    expect(await all(readText([bytes('\ufeffa\ufeff')]))).toEqual(['a\ufeff']);
  });

  test('is empty where there are no bytes', async () => {
    expect(await all(readText([]))).toEqual([]);
    expect(await all(readText(new Response(null)))).toEqual([]);
  });

  test('ends its source where it is not read to its end', async () => {
    const cancel = vi.fn();
    const stream = new ReadableStream<Uint8Array>({ pull: (to) => to.enqueue(bytes('more ')), cancel });
    for await (const text of readText(stream)) {
      expect(text).toBe('more ');
      break;
    }
    expect(cancel).toHaveBeenCalledOnce();
  });

  test('is not held: a chunk is asked for when the last was used', async () => {
    let made = 0;
    const chunks = (async function* () {
      for (; made < 100; made++) yield bytes('x');
    })();
    let used = 0;
    for await (const _ of readText(chunks)) expect(made).toBe(used++);
  });

  test.each<[string, TextSource, string]>([
    [
      'that are not UTF-8',
      [bytes('caf'), Uint8Array.of(0xe9, 0x20)],
      'readText: notes.txt is not UTF-8 text: in bytes 3 to 4. Convert it, for example with iconv',
    ],
    [
      'that end within a character',
      [Uint8Array.of(0x61, 0xf0, 0x9f)],
      'is not UTF-8 text: it ends within a character, after 3 bytes',
    ],
    [
      'of a response that is not ok',
      new Response('gone', { status: 404 }),
      'notes.txt could not be had: the server answered 404',
    ],
    [
      'that were decoded already',
      (async function* () {
        yield 'text';
      })(),
      'expected chunks of bytes (Uint8Array) from notes.txt; given string: open it without an encoding',
    ],
    [
      'that are a text',
      'notes.txt' as unknown as TextSource,
      'expected a stream, a Response, a Blob, or chunks of bytes as notes.txt; given string',
    ],
    ['that are nothing', null as unknown as TextSource, 'given null'],
    ['that are something else', {} as TextSource, 'given object'],
  ])('is refused from bytes %s', async (_, source, message) => {
    await expect(all(readText(source, 'notes.txt'))).rejects.toThrow(message);
  });

  test('fails as its stream fails', async () => {
    const stream = new ReadableStream<Uint8Array>({
      pull(to) {
        to.error(new Error('connection lost'));
      },
    });
    await expect(all(readText(stream))).rejects.toThrow('connection lost');
  });
});

describe('lines', () => {
  property.prop([fc.array(fc.string({ unit: fc.constantFrom('a', 'b', '\n', '\r') }))], { numRuns: 100 })(
    'are the text, cut behind each line break and nowhere else',
    async (chunks) => {
      const text = chunks.join('');
      expect(await all(textLines(chunks))).toEqual(text.split(/(?<=\n)/).filter((line) => line !== ''));
    },
  );

  test('of a file without line breaks are refused before it is held', async () => {
    let made = 0;
    const endless = (async function* () {
      for (;;) {
        made++;
        yield 'x'.repeat(100);
      }
    })();
    await expect(all(textLines(endless, { maxLength: 1000 }))).rejects.toThrow(
      'textLines: line 1 has more than 1000 characters: expected a text with line breaks; raise maxLength where it is one',
    );
    expect(made).toBe(11);
  });
});

describe('prefetch', () => {
  const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  /** Counts from 0, and tells what it has made and whether it was ended. */
  function counter(until = Number.POSITIVE_INFINITY) {
    const told = { made: 0, ended: false };
    const items = (async function* () {
      try {
        while (told.made < until) {
          const item = told.made++;
          await tick();
          yield item;
        }
      } finally {
        told.ended = true;
      }
    })();
    return { told, items };
  }

  property.prop([fc.array(fc.integer()), fc.integer({ min: 1, max: 5 }), fc.boolean()], { numRuns: 50 })(
    'gives what its source gives, in order',
    async (items, ahead, later) => {
      const source = later
        ? (async function* () {
            yield* items;
          })()
        : items;
      expect(await all(prefetch(source, ahead))).toEqual(items);
    },
  );

  test('makes as many items ahead as it is told, and no more', async () => {
    const { told, items } = counter(20);
    let used = 0;
    for await (const item of prefetch(items, 3)) {
      expect(item).toBe(used++);
      for (let i = 0; i < 10; i++) await tick();
      expect(told.made).toBe(Math.min(used + 3, 20));
    }
    expect(used).toBe(20);
  });

  test('starts nothing before it is asked', async () => {
    const { told, items } = counter();
    prefetch(items, 3);
    await tick();
    expect(told.made).toBe(0);
  });

  test('asks for one item at a time, also an iterator that could not take more', async () => {
    let asked = 0;
    let atOnce = 0;
    const source: AsyncIterable<number> = {
      [Symbol.asyncIterator]: () => ({
        async next() {
          atOnce = Math.max(atOnce, ++asked);
          await tick();
          asked--;
          return { done: false, value: 0 };
        },
      }),
    };
    let used = 0;
    for await (const _ of prefetch(source, 4)) if (++used === 10) break;
    expect(atOnce).toBe(1);
  });

  test('ends its source on break, and makes nothing more', async () => {
    const { told, items } = counter();
    for await (const item of prefetch(items, 3)) if (item === 1) break;
    expect(told.ended).toBe(true);
    const { made } = told;
    for (let i = 0; i < 10; i++) await tick();
    expect(told.made).toBe(made);
    expect(made).toBeLessThanOrEqual(5);
  });

  test('tells an error in its place, after the items before it, and only once', async () => {
    const unhandled = vi.fn();
    process.on('unhandledRejection', unhandled);
    const items = (async function* () {
      yield 'first';
      yield 'second';
      throw new Error('the disk is gone');
    })();
    const found: string[] = [];
    await expect(
      (async () => {
        for await (const item of prefetch(items, 5)) {
          await tick(); // the error is there by now
          found.push(item);
        }
      })(),
    ).rejects.toThrow('the disk is gone');
    expect(found).toEqual(['first', 'second']);
    await tick();
    expect(unhandled).not.toHaveBeenCalled();
    process.off('unhandledRejection', unhandled);
  });

  test('an error that nobody comes to is dropped', async () => {
    const unhandled = vi.fn();
    process.on('unhandledRejection', unhandled);
    const items = (async function* () {
      yield 'first';
      throw new Error('the disk is gone');
    })();
    for await (const _ of prefetch(items, 2)) {
      await tick();
      break;
    }
    await tick();
    expect(unhandled).not.toHaveBeenCalled();
    process.off('unhandledRejection', unhandled);
  });

  test.each([0, -1, 1.5, Number.NaN])('is refused for %s items', async (ahead) => {
    await expect(all(prefetch([], ahead))).rejects.toThrow(
      `prefetch: expected a whole number of items of 1 or more; given ${ahead}`,
    );
  });
});

describe('batches of a file that is never whole in memory', () => {
  const text = 'Call me Ishmäel. Some years ago\n'.repeat(400);
  const sizes = { batchSize: 4, sequenceLength: 32 };
  const vocabulary = Vocabulary.bytes();

  async function withFile(use: (path: string) => Promise<void>): Promise<void> {
    const folder = await mkdtemp(join(tmpdir(), 'tapegrad-'));
    try {
      await writeFile(join(folder, 'text'), text);
      await use(join(folder, 'text'));
    } finally {
      await rm(folder, { recursive: true });
    }
  }

  test('are those of its windows, also from the step on that a checkpoint holds', async () => {
    await withFile(async (path) => {
      const from = 7;
      const lines = textLines(readText(createReadStream(path, { highWaterMark: 100 })));
      const batches = await all(prefetch(streamBatches(encodeEach(vocabulary, lines), { ...sizes, from }), 3));
      const held = windowBatches(vocabulary.encode(text), sizes);
      const expected = [...held.range(from, held.length)];
      expect(batches.map(({ inputs }) => inputs.toArraySync())).toEqual(
        expected.map(({ inputs }) => inputs.toArraySync()),
      );
      expect(batches.length).toBeGreaterThan(50);
    });
  });

  test('close the file where the loop is left', async () => {
    await withFile(async (path) => {
      const file = createReadStream(path, { highWaterMark: 100 });
      const batches = streamBatches(encodeEach(vocabulary, textLines(readText(file))), sizes);
      for await (const { inputs } of prefetch(batches)) {
        expect(inputs.shape).toEqual([4, 32]);
        break;
      }
      expect(file.destroyed).toBe(true);
      expect(file.bytesRead).toBeLessThan(text.length / 2);
    });
  });

  test('say which file is not there', async () => {
    const lines = textLines(readText(createReadStream('/nowhere/text')));
    await expect(all(prefetch(streamBatches(encodeEach(vocabulary, lines), sizes)))).rejects.toThrow(/ENOENT.*nowhere/);
  });
});
