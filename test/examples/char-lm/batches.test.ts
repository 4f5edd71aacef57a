import { fc, test as property } from '@fast-check/vitest';
import { describe, expect, test } from 'vitest';
import { contiguousBatches, heldOutBatches, IGNORED } from '../../../examples/char-lm/batches.ts';

const numbers = (length: number): Int32Array => Int32Array.from({ length }, (_, i) => i);
const sizes = fc.record({ batch: fc.integer({ min: 1, max: 7 }), time: fc.integer({ min: 1, max: 9 }) });

describe('batches to learn from', () => {
  test('are parallel streams: each row goes on where it stopped one step before', () => {
    const stream = contiguousBatches(numbers(40), { batch: 2, time: 4 });
    expect([...stream.at(0).inputs]).toEqual([0, 1, 2, 3, 20, 21, 22, 23]);
    expect([...stream.at(0).targets]).toEqual([1, 2, 3, 4, 21, 22, 23, 24]);
    expect([...stream.at(1).inputs]).toEqual([4, 5, 6, 7, 24, 25, 26, 27]);
    expect(stream.stepsPerEpoch).toBe(5);
  });

  property.prop([sizes, fc.integer({ min: 12, max: 60 }), fc.nat(30)])(
    'of step k + 1 begin with the targets that ended step k, also around the end of the text',
    (size, length, step) => {
      const { batch, time } = size;
      const stream = contiguousBatches(numbers(length), size);
      const [now, next] = [stream.at(step), stream.at(step + 1)];
      for (let b = 0; b < batch; b++) {
        expect(next.inputs[b * time]).toBe(now.targets[b * time + time - 1]);
        for (let t = 0; t < time; t++) expect(now.targets[b * time + t]).toBe((now.inputs[b * time + t]! + 1) % length);
      }
    },
  );

  test('of one stream read every token once a round', () => {
    const stream = contiguousBatches(numbers(30), { batch: 1, time: 5 });
    const read = [0, 1, 2, 3, 4, 5].flatMap((step) => [...stream.at(step).inputs]);
    expect(read).toEqual([...numbers(30)]);
  });
});

describe('held-out batches', () => {
  property.prop([sizes, fc.integer({ min: 2, max: 80 })])(
    'have each token but the first as a target exactly once, with the token before it as the input',
    (size, length) => {
      const targets: number[] = [];
      for (const batch of heldOutBatches(numbers(length), size)) {
        batch.targets.forEach((target, i) => {
          if (target === IGNORED) return;
          expect(batch.inputs[i]).toBe(target - 1);
          targets.push(target);
        });
      }
      expect(targets.sort((a, b) => a - b)).toEqual([...numbers(length)].slice(1));
    },
  );

  property.prop([sizes, fc.integer({ min: 2, max: 80 })])('continue each row where it stopped', (size, length) => {
    const rows = Array.from({ length: size.batch }, (): number[] => []);
    for (const { targets } of heldOutBatches(numbers(length), size)) {
      for (const [i, target] of targets.entries())
        if (target !== IGNORED) rows[Math.floor(i / size.time)]!.push(target);
    }
    for (const row of rows) expect(row).toEqual(row.map((_, i) => row[0]! + i));
  });
});
