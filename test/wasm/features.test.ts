/** What the engine has, what it lacks, and that the device works without it. */

import { spawnSync } from 'node:child_process';
import { deviceInfo, setThreads } from '@tapegrad/core';
import { describe, expect, test } from 'vitest';
import { wasm } from '../../packages/core/src/device/wasm/device.ts';
import { features, withoutFeatures } from '../../packages/core/src/device/wasm/features.ts';
import { linearMemory } from '../../packages/core/src/device/wasm/linear-memory.ts';
import { startThreads } from '../../packages/core/src/device/wasm/threads.ts';

describe('without shared memory and relaxed SIMD', () => {
  test('one thread computes, and says why', async () => {
    withoutFeatures(['sharedMemory', 'relaxedSimd']);
    setThreads(2);
    expect(await startThreads()).toEqual({ count: 1, ready: 0, reason: 'shared memory is switched off' });
    expect(deviceInfo('wasm').details).toEqual({
      threads: 1,
      workersReady: 0,
      threadsBecause: 'shared memory is switched off',
      relaxedSimd: false,
      wideSimd: features().wideSimd,
      sharedMemory: false,
    });
  });

  test('kernels compute, also when the memory grows', () => {
    const N = 3_000_000;
    const view = (length: number) => ({
      buffer: wasm.allocate('f32', length),
      dtype: 'f32' as const,
      offset: 0,
      shape: [length],
      strides: [1],
    });
    const [x, total] = [view(N), view(1)];
    wasm.write(new Float32Array(N).fill(2), x.buffer);
    expect(linearMemory().buffer).toBeInstanceOf(ArrayBuffer);
    for (let k = 0; k < 5; k++) {
      const y = view(N); // 12 MB more
      wasm.kernels.copy(x, y);
      wasm.kernels.reduce('sum', y, [0], total);
      expect(wasm.readSync!(total)[0]).toBe(2 * N);
    }
  });
});

test('wide SIMD is in use where V8 was asked for it on the command line', () => {
  const core = new URL('../../packages/core/src/index.ts', import.meta.url);
  const script = `import { deviceInfo } from '${core}'; console.log(deviceInfo('wasm').details.wideSimd)`;
  const wideSimd = (...flags: string[]): string =>
    spawnSync(process.execPath, [...flags, '--input-type=module', '--eval', script], {
      encoding: 'utf8',
    }).stdout.trim();
  expect(wideSimd()).toBe('false');
  expect(wideSimd('--experimental-wasm-revectorize')).toBe(String(process.arch === 'x64'));
});
