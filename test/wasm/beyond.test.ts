/** Beyond 2 GiB, where addresses are negative as i32, every operation is right; beyond what there is, an error, and all goes on. */

import { spawnSync } from 'node:child_process';
import { type AnyTensor, type Tensor, zeros } from '@tapegrad/core';
import { parity } from '@tapegrad/core/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import { addressOf, reserve } from '../../packages/core/src/device/wasm/memory.ts';
import { opCases } from '../ops.cases.ts';

const GiB = 2 ** 30;

describe('beyond 2 GiB', () => {
  beforeAll(() => {
    reserve(2.1 * GiB); // nothing touches it, so it costs no memory; all that follows lies behind it
  });

  test.each(opCases.filter((c) => !c.noParity).map((c) => [`${c.op} ${c.what}`, c] as const))(
    '%s',
    async (_, { run, inputs }) => {
      const [report] = await parity(
        run as (...x: Tensor[]) => AnyTensor | readonly AnyTensor[],
        inputs.map((make, k) => make(k)),
        { devices: ['wasm'] },
      );
      expect(report!.device).toBe('wasm');
    },
  );

  test('is where they ran', () => {
    for (const size of [1, 10_000]) expect(addressOf(zeros([size], { device: 'wasm' }))).toBeGreaterThan(2 ** 31);
  });
});

describe('beyond what there is', () => {
  const source = new URL('../../packages/core/src/', import.meta.url);

  /** What a process prints that may use so many bytes, as a container would tell it. */
  function printed(limit: number, script: string): unknown {
    const code = `
      import { deviceInfo, ones, randn, zeros } from '${source}index.ts';
      import { currentDevice } from '${source}device/registry.ts';
      import { empty } from '${source}tensor.ts';
      process.constrainedMemory = () => ${limit};
      const attempt = (make) => { try { return String(make().shape); } catch (error) { return String(error); } };
      const train = () => {
        const w = randn([300, 200], { requiresGrad: true });
        ones([500, 300]).matmul(w).square().mean().backward();
        return w.grad.abs().sum().itemSync() > 0;
      };
      ${script}`;
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', code], {
      encoding: 'utf8',
    });
    expect(stderr).toBe('');
    return JSON.parse(stdout);
  }

  test('4 GiB: one tensor, or those that an operation uses together', () => {
    const script = `
      const a = empty(currentDevice(), 'f32', [600, 2 ** 20]); // 2.34 GiB, which nothing touches
      const { bytesInUse } = deviceInfo().memory;
      console.log(JSON.stringify([
        attempt(() => zeros([1100, 2 ** 20])),
        attempt(() => a.add(1)),
        deviceInfo().memory.bytesInUse === bytesInUse,
        a.narrow(0, 599, 1).sum().itemSync(),
        train(),
      ]));`;
    expect(printed(Infinity, script)).toEqual([
      'MemoryError: wasm: no memory for a tensor of 4.3 GiB: 2.5 GiB are in use by 1 others, of 4 GiB at most',
      'MemoryError: wasm: no memory for a tensor of 2.34 GiB: 2.5 GiB are in use by 1 others, of 4 GiB at most',
      true,
      0,
      true,
    ]);
  });

  test('the memory of the machine', () => {
    const script = `
      console.log(JSON.stringify([attempt(() => zeros([2 ** 28])), attempt(() => zeros([2 ** 20])), train()]));`;
    expect(printed(0.5 * GiB, script)).toEqual([
      'MemoryError: wasm: no memory for a tensor of 1 GiB: 0 bytes are in use by 0 others, of 512 MiB at most',
      '1048576',
      true,
    ]);
  });
});
