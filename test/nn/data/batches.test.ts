/** Batches: what is in them, in which order, and that a number is all one needs to go on. */

import { fc, test as property } from '@fast-check/vitest';
import { type IntTensor, tensor } from '@tapegrad/core';
import { padSequence } from '@tapegrad/nn';
import {
  Batches,
  bucketBatches,
  contiguousBatches,
  IGNORED,
  indexBatches,
  type LastWindow,
  nextTokenBatch,
  padTokens,
  type StreamOptions,
  splitTokens,
  streamBatches,
  type TokenBatch,
  type Tokens,
  windowBatches,
} from '@tapegrad/nn/data';
import { describe, expect, test } from 'vitest';
import { permutation } from '../../../packages/nn/src/data/permutation.ts';

/** 0, 1, 2...: a token says where it stands. */
const numbers = (length: number): Int32Array => Int32Array.from({ length }, (_, i) => i);
const rowsOf = (x: IntTensor): number[][] => x.toArraySync() as number[][];
const size = fc.integer({ min: 1, max: 7 });
const seed = fc.nat(1000);
const sorted = (values: readonly number[]): number[] => [...values].sort((a, b) => a - b);

describe('batches by their number', () => {
  const batches = new Batches(3, (epoch, index) => `${epoch}.${index}`);

  test('go on from epoch to epoch', () => {
    expect([...batches.range(1, 5)]).toEqual(['0.1', '0.2', '1.0', '1.1']);
    expect([...batches.epoch(2)]).toEqual(['2.0', '2.1', '2.2']);
    expect(batches.at(7)).toBe('2.1');
    expect([...batches.map((name) => `b${name}`).range(2, 4)]).toEqual(['b0.2', 'b1.0']);
  });

  test('without an end are made as they are asked for', () => {
    const range = batches.range(2);
    expect([range.next().value, range.next().value]).toEqual(['0.2', '1.0']);
  });

  test.each([
    ['no batch', () => new Batches(0, () => 0), 'Batches: expected length to be a whole number of 1 or more; given 0'],
    ['half a step', () => batches.at(0.5), 'at: expected step to be a whole number of 0 or more; given 0.5'],
    ['a step before the first', () => batches.at(-1), 'given -1'],
    ['a range that goes back', () => [...batches.range(3, 2)], 'range: expected to to be from, 3, or more; given 2'],
    ['a range from nowhere', () => [...batches.range(Number.NaN)], 'range: expected from to be a whole number'],
    ['half an epoch', () => batches.epoch(1.5), 'epoch: expected epoch to be a whole number'],
  ])('refuse %s', (_, call, message) => {
    expect(call).toThrow(message);
  });
});

describe('a random order', () => {
  property.prop([fc.integer({ min: 1, max: 200 }), seed, fc.nat(100)], { numRuns: 50 })(
    'has each number once',
    (n, seed, stream) => {
      const at = permutation(n, seed, stream);
      expect(sorted(Array.from({ length: n }, (_, i) => at(i)))).toEqual([...numbers(n)]);
    },
  );

  test('is computed anywhere in the largest', () => {
    const n = 2 ** 31;
    const at = permutation(n, 1, 0);
    const found = [0, 1, n - 2, n - 1].map(at);
    expect(new Set(found).size).toBe(4);
    expect(found.every((x) => x >= 0 && x < n)).toBe(true);
  });

  test('is any of all orders with the same probability', () => {
    // Chi-square of the 24 orders of 4: mean 23, and above 59.0 once in 20,000 seeds.
    const counts = new Map<string, number>();
    const runs = 2400;
    for (let stream = 0; stream < runs; stream++) {
      const at = permutation(4, 0, stream);
      const order = [0, 1, 2, 3].map(at).join('');
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(24);
    const expected = runs / 24;
    const chi2 = [...counts.values()].reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    expect(chi2).toBeLessThan(59);
  });

  test('leaves no trace of where a number was', () => {
    // Chi-square of 10 x 10 cells of (from, to): mean 81, and above 150 once in 200,000 seeds.
    const [n, runs] = [200, 100];
    const cells = new Float64Array(100);
    for (let stream = 0; stream < runs; stream++) {
      const at = permutation(n, 3, stream);
      for (let i = 0; i < n; i++) cells[Math.floor(i / 20) * 10 + Math.floor(at(i) / 20)]! += 1;
    }
    const chi2 = cells.reduce((sum, count) => sum + (count - 200) ** 2 / 200, 0);
    expect(chi2).toBeLessThan(150);
  });
});

describe('batches of indices', () => {
  property.prop([fc.integer({ min: 1, max: 60 }), size, fc.boolean(), seed, fc.nat(3)])(
    'have each index once an epoch',
    (count, batchSize, shuffle, seed, epoch) => {
      const batches = indexBatches(count, { batchSize, shuffle, seed });
      const found = [...batches.epoch(epoch)];
      expect(sorted(found.flat())).toEqual([...numbers(count)]);
      expect(found.slice(0, -1).every((batch) => batch.length === batchSize)).toBe(true);
    },
  );

  test('keep their order unless they are shuffled, and drop a last batch that is smaller', () => {
    expect([...indexBatches(5, { batchSize: 2 }).epoch(1)]).toEqual([[0, 1], [2, 3], [4]]);
    expect([...indexBatches(5, { batchSize: 2, dropLast: true }).epoch(1)]).toEqual([
      [0, 1],
      [2, 3],
    ]);
  });

  test('are in another order for another epoch and for another seed, and in the same for the same', () => {
    const order = (seed: number, epoch: number): string =>
      [...indexBatches(20, { batchSize: 4, shuffle: true, seed }).epoch(epoch)].join();
    expect(new Set([order(1, 0), order(1, 1), order(1, 2), order(2, 0), order(2, 1)]).size).toBe(5);
    expect(order(1, 2)).toBe(order(1, 2));
  });

  test.each([
    [
      'no item',
      () => indexBatches(0, { batchSize: 1 }),
      'indexBatches: expected count to be a whole number of 1 or more; given 0',
    ],
    [
      'no size',
      () => indexBatches(1, {} as { batchSize: number }),
      'indexBatches: expected batchSize to be a whole number of 1 or more; given undefined',
    ],
    [
      'no whole batch',
      () => indexBatches(3, { batchSize: 4, dropLast: true }),
      'there is no whole batch: 3 items, batchSize 4; expected more items, or dropLast: false',
    ],
    [
      'half a seed',
      () => indexBatches(3, { batchSize: 1, seed: 0.5 }),
      'expected a whole number from 0 to 2^53 - 1; given 0.5',
    ],
  ])('refuse %s', (_, call, message) => {
    expect(call).toThrow(message);
  });
});

describe('batches of a stream', () => {
  const rules: readonly LastWindow[] = ['short', 'drop', 'pad', 'wrap'];

  test('are lanes side by side: each goes on where it stopped one batch before', () => {
    const batches = contiguousBatches(numbers(11), { batchSize: 2, sequenceLength: 3 });
    const [first, second] = [...batches.epoch(0)];
    expect(rowsOf(first!.inputs)).toEqual([
      [0, 1, 2],
      [5, 6, 7],
    ]);
    expect(rowsOf(first!.targets)).toEqual([
      [1, 2, 3],
      [6, 7, 8],
    ]);
    expect(rowsOf(second!.inputs)).toEqual([
      [3, 4],
      [8, 9],
    ]);
    expect(rowsOf(second!.targets)).toEqual([
      [4, 5],
      [9, 10],
    ]);
    expect([first!.isFirst, second!.isFirst]).toEqual([true, false]);
  });

  // Eight tokens in two lanes of windows of two: seven have a target.
  test.each<[LastWindow, number[][]]>([
    [
      'short',
      [
        [1, 2, 4, 5],
        [3, 6],
      ],
    ],
    ['drop', [[1, 2, 4, 5]]],
    [
      'pad',
      [
        [1, 2, 5, 6],
        [3, 4, 7, IGNORED],
      ],
    ],
    [
      'wrap',
      [
        [1, 2, 5, 6],
        [3, 4, 7, 0],
      ],
    ],
  ])('end an epoch as they are told to: %s', (last, targets) => {
    const batches = contiguousBatches(numbers(8), { batchSize: 2, sequenceLength: 2, last });
    expect([...batches.epoch(0)].map((batch) => [...batch.targets.dataSync()])).toEqual(targets);
  });

  property.prop([fc.constantFrom(...rules), size, size, fc.integer({ min: 60, max: 90 }), fc.nat(40)])(
    'have for each input the token after it, and begin where the last ended',
    (last, batchSize, sequenceLength, N, step) => {
      const batches = contiguousBatches(numbers(N), { batchSize, sequenceLength, last });
      const [now, next] = [batches.at(step), batches.at(step + 1)];
      const [inputs, targets, after] = [now.inputs, now.targets, next.inputs].map(rowsOf);
      for (const [b, row] of targets!.entries()) {
        for (const [t, target] of row.entries()) if (target !== IGNORED) expect(target).toBe((inputs![b]![t]! + 1) % N);
        if (!next.isFirst && next.targets.dataSync()[b * after![b]!.length] !== IGNORED)
          expect(after![b]![0]).toBe(row.at(-1));
      }
      expect(next.isFirst).toBe(last !== 'wrap' && (step + 1) % batches.length === 0);
    },
  );

  property.prop([size, size, fc.integer({ min: 2, max: 80 })])(
    'that are padded have each token but the first as a target exactly once',
    (batchSize, sequenceLength, N) => {
      const batches = contiguousBatches(numbers(N), { batchSize, sequenceLength, last: 'pad' });
      const targets = [...batches.epoch(0)].flatMap((batch) => [...batch.targets.dataSync()]);
      expect(sorted(targets.filter((target) => target !== IGNORED))).toEqual([...numbers(N)].slice(1));
    },
  );

  property.prop([size, size, fc.integer({ min: 8, max: 80 })])(
    'that are short leave out less than a token a lane, and that wrap leave out none',
    (batchSize, sequenceLength, N) => {
      const seen = (last: LastWindow): Set<number> => {
        const batches = contiguousBatches(numbers(N), { batchSize, sequenceLength, last });
        return new Set([...batches.epoch(0)].flatMap((batch) => [...batch.targets.dataSync()]));
      };
      expect(N - 1 - seen('short').size).toBeLessThan(batchSize);
      expect(seen('wrap').size).toBe(N);
    },
  );

  test.each<[string, Tokens]>([
    ['16 bits', Uint16Array.of(1, 2, 3, 4, 5)],
    ['bytes', Uint8Array.of(1, 2, 3, 4, 5)],
  ])('may be of tokens in %s', (_, tokens) => {
    const { inputs } = contiguousBatches(tokens, { batchSize: 2, sequenceLength: 2 }).at(0);
    expect([inputs.dtype, rowsOf(inputs)]).toEqual([
      'i32',
      [
        [1, 2],
        [3, 4],
      ],
    ]);
    expect(rowsOf(windowBatches(tokens, { batchSize: 2, sequenceLength: 2 }).at(0).inputs)).toEqual([
      [1, 2],
      [3, 4],
    ]);
  });

  const sizes = { batchSize: 2, sequenceLength: 3 };
  test.each([
    [
      'no lane',
      () => contiguousBatches(numbers(9), { ...sizes, batchSize: 0 }),
      'contiguousBatches: expected batchSize to be a whole number of 1 or more; given 0',
    ],
    [
      'half a window',
      () => contiguousBatches(numbers(9), { ...sizes, sequenceLength: 1.5 }),
      'expected sequenceLength to be a whole number',
    ],
    [
      'another rule',
      () => contiguousBatches(numbers(9), { ...sizes, last: 'toString' as LastWindow }),
      'expected last to be one of short, drop, pad, wrap; given toString',
    ],
    [
      'too few tokens',
      () => contiguousBatches(numbers(6), { ...sizes, last: 'drop' }),
      'expected at least 7 tokens for 2 lanes of 3 and a target; given 6',
    ],
    ['too few tokens for a lane', () => contiguousBatches(numbers(2), sizes), 'expected at least 3 tokens'],
    [
      'tokens in a list',
      () => contiguousBatches([1, 2] as unknown as Tokens, sizes),
      'expected tokens in an Int32Array, Uint16Array or Uint8Array; given an array: use Int32Array.from(tokens)',
    ],
    ['tokens that are a text', () => contiguousBatches('ab' as unknown as Tokens, sizes), 'given string'],
  ])('refuse %s', (_, call, message) => {
    expect(call).toThrow(message);
  });
});

describe('batches of windows', () => {
  property.prop([size, size, size, fc.integer({ min: 10, max: 80 }), fc.boolean(), seed])(
    'have each window once an epoch, and for each input the token after it',
    (batchSize, sequenceLength, stride, N, shuffle, seed) => {
      const batches = windowBatches(numbers(N), { batchSize, sequenceLength, stride, shuffle, seed });
      const found = [...batches.epoch(1)].flatMap(({ inputs, targets }) => {
        expect(rowsOf(targets)).toEqual(rowsOf(inputs).map((row) => row.map((token) => token + 1)));
        return rowsOf(inputs);
      });
      const starts = sorted(found.map(([start]) => start!));
      expect(starts).toEqual(starts.map((_, i) => i * stride));
      for (const row of found) expect(row).toEqual(row.map((_, t) => row[0]! + t));
      expect(starts.at(-1)! + sequenceLength).toBeLessThan(N); // the last has a target
      expect(starts.at(-1)! + stride + sequenceLength).toBeGreaterThanOrEqual(N); // and no other would have one
    },
  );

  test.each([
    [
      'too few tokens',
      () => windowBatches(numbers(4), { batchSize: 1, sequenceLength: 4 }),
      'windowBatches: expected at least 5 tokens, a window of 4 and a target; given 4',
    ],
    [
      'no stride',
      () => windowBatches(numbers(4), { batchSize: 1, sequenceLength: 2, stride: 0 }),
      'windowBatches: expected stride to be a whole number of 1 or more; given 0',
    ],
  ])('refuse %s', (_, call, message) => {
    expect(call).toThrow(message);
  });
});

describe('batches of a text that comes in parts', () => {
  const held = ({ inputs, targets }: TokenBatch): number[][][] => [rowsOf(inputs), rowsOf(targets)];
  const arrive = async (parts: Tokens[], options: StreamOptions): Promise<number[][][][]> => {
    const found = [];
    for await (const batch of streamBatches(parts, options)) found.push(held(batch));
    return found;
  };

  property.prop([size, size, fc.array(fc.nat(20), { minLength: 1, maxLength: 10 }), fc.nat(5)])(
    'are those of its windows in order, however it is cut, from any of them on',
    async (batchSize, sequenceLength, lengths, from) => {
      let at = 0;
      const parts = lengths.map((length) => numbers(200).subarray(at, (at += length)));
      const found = await arrive(parts, { batchSize, sequenceLength, from });
      const whole = numbers(at);
      const expected =
        at > sequenceLength ? [...windowBatches(whole, { batchSize, sequenceLength }).epoch(0)].map(held) : [];
      expect(found).toEqual(expected.slice(from));
    },
  );

  test('are made as they are asked for: of a text without an end', async () => {
    let read = 0;
    const endless = (function* () {
      for (;;) {
        read += 10;
        yield numbers(10);
      }
    })();
    for await (const { inputs } of streamBatches(endless, { batchSize: 2, sequenceLength: 20 })) {
      expect(inputs.shape).toEqual([2, 20]);
      break;
    }
    expect(read).toBe(50);
  });

  test.each([
    [
      'no size',
      { batchSize: 0, sequenceLength: 1 },
      [numbers(2)],
      'streamBatches: expected batchSize to be a whole number of 1 or more',
    ],
    [
      'half a window',
      { batchSize: 1, sequenceLength: 0.5 },
      [numbers(2)],
      'streamBatches: expected sequenceLength to be a whole number',
    ],
    [
      'a step before the first',
      { batchSize: 1, sequenceLength: 1, from: -1 },
      [numbers(2)],
      'streamBatches: expected from to be a whole number of 0 or more; given -1',
    ],
    [
      'texts',
      { batchSize: 1, sequenceLength: 1 },
      ['ab' as unknown as Tokens],
      'streamBatches: expected tokens in an Int32Array, Uint16Array or Uint8Array; given string',
    ],
  ])('refuse %s', async (_, options, parts, message) => {
    await expect(arrive(parts, options)).rejects.toThrow(message);
  });
});

describe('buckets of lengths', () => {
  const lengths = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 60 });
  const options = fc.record({
    tokensPerBatch: fc.integer({ min: 50, max: 200 }),
    batchSize: fc.option(size, { nil: undefined }),
    width: fc.integer({ min: 1, max: 10 }),
    shuffle: fc.boolean(),
    seed,
  });

  property.prop([lengths, options, fc.nat(3)])(
    'have each sequence once an epoch, within the budget, and little padding',
    (lengths, options, epoch) => {
      const { tokensPerBatch, batchSize = Number.POSITIVE_INFINITY, width } = options;
      const batches = [...bucketBatches(lengths, options).epoch(epoch)];
      expect(sorted(batches.flat())).toEqual([...lengths.keys()]);
      for (const indices of batches) {
        const found = indices.map((i) => lengths[i]!);
        const T = Math.max(...found);
        expect(T * found.length).toBeLessThanOrEqual(tokensPerBatch);
        expect(found.length).toBeLessThanOrEqual(batchSize);
        expect(T - Math.min(...found)).toBeLessThan(width);
      }
    },
  );

  test('go from short to long where nothing is shuffled, and are mixed anew each epoch where it is', () => {
    const lengths = Array.from({ length: 40 }, (_, i) => 1 + (i % 20));
    const batches = (shuffle: boolean, epoch: number): (readonly number[])[] => [
      ...bucketBatches(lengths, { batchSize: 4, shuffle, width: 10 }).epoch(epoch),
    ];
    const buckets = batches(false, 0).map((indices) => Math.ceil(lengths[indices[0]!]! / 10));
    expect(buckets).toEqual([1, 1, 1, 1, 1, 2, 2, 2, 2, 2]);
    expect(batches(false, 1)).toEqual(batches(false, 0));
    const sets = (epoch: number): string[] => batches(true, epoch).map((indices) => sorted(indices).join());
    expect(sets(1)).not.toEqual(sets(0));
    expect(sets(1).toSorted()).not.toEqual(sets(0).toSorted()); // other neighbours, not only another order of batches
  });

  test.each([
    [
      'no limit',
      () => bucketBatches([1], {}),
      'bucketBatches: expected batchSize, tokensPerBatch, or both; given neither',
    ],
    [
      'no sequence',
      () => bucketBatches([], { batchSize: 1 }),
      'expected the length of at least one sequence; given none',
    ],
    [
      'an empty sequence',
      () => bucketBatches([3, 0], { batchSize: 1 }),
      'expected the length of sequence 1 to be a whole number of 1 or more; given 0',
    ],
    [
      'a sequence that no batch can hold',
      () => bucketBatches([3, 9], { tokensPerBatch: 8 }),
      'sequence 1 has 9 tokens, more than a batch may have, 8: cut it, or raise tokensPerBatch',
    ],
    [
      'no width',
      () => bucketBatches([3], { batchSize: 1, width: 0 }),
      'expected width to be a whole number of 1 or more',
    ],
    [
      'half a budget',
      () => bucketBatches([3], { tokensPerBatch: 9.5 }),
      'expected tokensPerBatch to be a whole number',
    ],
    ['half a size', () => bucketBatches([3], { batchSize: 0.5 }), 'expected batchSize to be a whole number'],
  ])('refuse %s', (_, call, message) => {
    expect(call).toThrow(message);
  });
});

describe('padding', () => {
  const sequences = fc.array(fc.array(fc.nat(99), { minLength: 2, maxLength: 9 }), { minLength: 1, maxLength: 6 });

  property.prop([sequences, fc.nat(5), fc.constantFrom('left' as const, 'right' as const)])(
    'is that of padSequence',
    (lists, padding, paddingSide) => {
      const sequences = lists.map((list) => Int32Array.from(list));
      const { tokens, lengths } = padTokens(sequences, { padding, paddingSide });
      const tensors = sequences.map((sequence) => tensor(sequence));
      const expected = padSequence(tensors, { batchFirst: true, paddingValue: padding, paddingSide });
      expect([tokens.dtype, tokens.toArraySync()]).toEqual(['i32', expected.toArraySync()]);
      expect(lengths).toEqual(lists.map((list) => list.length));
    },
  );

  property.prop([sequences])('of a language model has no target where there is nothing to predict', (lists) => {
    const { inputs, targets, lengths } = nextTokenBatch(
      lists.map((list) => Int32Array.from(list)),
      { padding: 7 },
    );
    const [read, predict] = [rowsOf(inputs), rowsOf(targets)];
    for (const [b, list] of lists.entries()) {
      const length = lengths[b]!;
      expect(read[b]!.slice(0, length)).toEqual(list.slice(0, -1));
      expect(predict[b]!.slice(0, length)).toEqual(list.slice(1));
      expect(read[b]!.slice(length).every((token) => token === 7)).toBe(true);
      expect(predict[b]!.slice(length).every((token) => token === IGNORED)).toBe(true);
    }
  });

  test.each([
    ['no sequence', () => padTokens([]), 'padTokens: expected at least one sequence; given none'],
    [
      'another side',
      () => padTokens([numbers(2)], { paddingSide: 'top' as 'left' }),
      "padTokens: expected paddingSide 'left' or 'right'; given 'top'",
    ],
    ['a list', () => padTokens([[1] as unknown as Tokens]), 'padTokens: expected tokens in an Int32Array'],
    [
      'nothing to predict',
      () => nextTokenBatch([numbers(2), numbers(1)]),
      'nextTokenBatch: sequence 1 has 1 tokens: expected 2 or more, one to read and one to predict',
    ],
  ])('refuses %s', (_, call, message) => {
    expect(call).toThrow(message);
  });
});

describe('a split', () => {
  property.prop([
    fc.integer({ min: 30, max: 500 }),
    fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 3 }),
    fc.constantFrom(1, 0.1, 1 / 3),
  ])('cuts into parts of these proportions, in order, without a copy, and loses nothing', (N, proportions, scale) => {
    const tokens = numbers(N);
    const parts: readonly Int32Array[] = splitTokens(
      tokens,
      proportions.map((part) => part * scale),
    );
    expect(parts.flatMap((part) => [...part])).toEqual([...tokens]);
    const total = proportions.reduce((a, b) => a + b);
    for (const [i, part] of parts.entries()) {
      expect(Math.abs(part.length - (N * proportions[i]!) / total)).toBeLessThan(1.001);
      expect(part.buffer).toBe(tokens.buffer);
    }
  });

  test.each([
    ['no part', [], 'splitTokens: expected proportions above 0, such as [9, 1]; given []'],
    ['nothing', [1, 0], 'given [1, 0]'],
    ['no number', [1, Number.NaN], 'given [1, NaN]'],
    ['an empty part', [1, 99], 'splitTokens: part 0 of [1, 99] would be empty: expected more tokens; given 9'],
  ])('refuses %s', (_, proportions, message) => {
    expect(() => splitTokens(numbers(9), proportions)).toThrow(message);
  });
});

describe('a training that stops and goes on', () => {
  const tokens = Int32Array.from({ length: 500 }, (_, i) => (i * i) % 97);
  const sequences = Array.from({ length: 30 }, (_, i) => tokens.subarray(i, i + 2 + ((i * 7) % 20)));
  const lengths = sequences.map((sequence) => sequence.length);
  const order = { shuffle: true, seed: 11 };
  /** What a program has: its options, and its data. Nothing else is kept between two runs of it. */
  const loaders: [string, () => Batches<TokenBatch>][] = [
    ['a stream', () => contiguousBatches(tokens, { batchSize: 4, sequenceLength: 9 })],
    ['a stream that wraps', () => contiguousBatches(tokens, { batchSize: 4, sequenceLength: 9, last: 'wrap' })],
    ['shuffled windows', () => windowBatches(tokens, { batchSize: 8, sequenceLength: 5, ...order })],
    [
      'buckets',
      () =>
        bucketBatches(lengths, { tokensPerBatch: 60, width: 5, ...order }).map((indices) =>
          nextTokenBatch(indices.map((i) => sequences[i]!)),
        ),
    ],
  ];
  const bits = ({ inputs, targets }: TokenBatch): string =>
    JSON.stringify([inputs.shape, [...inputs.dataSync()], [...targets.dataSync()]]);

  test.each(loaders)('gets the same batches of %s, wherever it stopped', (_, make) => {
    const { length } = make();
    const whole = [...make().range(0, 3 * length)].map(bits);
    for (const step of [1, length - 1, length, length + 2, 2 * length + 1]) {
      const { step: saved } = JSON.parse(JSON.stringify({ step })) as { step: number }; // the checkpoint
      expect([...make().range(saved, 3 * length)].map(bits)).toEqual(whole.slice(step));
    }
    expect(new Set(whole).size).toBeGreaterThan(length / 2); // they are not all alike
  });
});
