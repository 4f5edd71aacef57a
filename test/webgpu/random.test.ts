/** Random numbers on the webgpu device: the bits of `device/philox.ts`, and its normals up to rounding. */

import { describe, expect, test } from 'vitest';
import { fillRandom } from '../../packages/core/src/device/philox.ts';
import { contiguous } from '../wasm/twins.ts';
import { allOf, pair, webgpu } from './mirror.ts';

const streams = [
  { seed: 0, offset: 0 },
  { seed: -1, offset: 7 },
  { seed: 2 ** 53 - 1, offset: 2 ** 32 - 3 }, // the carry goes into the counter's second word
  { seed: -(2 ** 40) - 3, offset: 2 ** 45 + 5 },
];
const lengths = [0, 1, 3, 4, 5, 257, 40_001];
const ranges = [
  [0, 10],
  [-5, 3],
  [-(2 ** 31), 2 ** 31],
  [7, 8],
  [-1, 2 ** 31 - 1],
] as const;

/** Elements of a view behind three others, which must stay as they are. */
async function draw(
  distribution: Parameters<ReturnType<typeof webgpu>['kernels']['random']>[0],
  dtype: 'f32' | 'i32',
  stream: (typeof streams)[number],
  length: number,
) {
  const y = pair(dtype, contiguous([length], 3), () => 9);
  const blocks = webgpu().kernels.random(distribution, stream, y.webgpu);
  const all = (await allOf(y)).webgpu;
  expect([...all.subarray(0, 3)]).toEqual([9, 9, 9]);
  return { blocks, values: all.subarray(3) };
}

describe.each(streams)('with seed $seed from block $offset on', (stream) => {
  test('uniforms have the same bits', async () => {
    for (const length of lengths) {
      const expected = new Float32Array(length);
      const blocks = fillRandom('uniform', expected, stream);
      expect(await draw({ kind: 'uniform' }, 'f32', stream, length)).toEqual({ blocks, values: expected });
    }
  });

  test.each(ranges)('whole numbers from %d to below %d have the same bits, as i32 and as f32', async (low, high) => {
    for (const out of [new Int32Array(1001), new Float32Array(1001)]) {
      const blocks = fillRandom('integer', out, stream, low, high);
      const dtype = out instanceof Int32Array ? 'i32' : 'f32';
      expect(await draw({ kind: 'integer', low, high }, dtype, stream, out.length)).toEqual({ blocks, values: out });
    }
  });

  test('normals are the same up to rounding', async () => {
    for (const length of lengths) {
      const expected = new Float32Array(length);
      const blocks = fillRandom('normal', expected, stream);
      const found = await draw({ kind: 'normal' }, 'f32', stream, length);
      expect(found.blocks).toBe(blocks);
      const worst = expected.reduce((most, x, i) => Math.max(most, Math.abs(found.values[i]! - x) / Math.abs(x)), 0);
      expect(worst).toBeLessThan(1e-6); // relative: small ones are no less exact
    }
  });
});
