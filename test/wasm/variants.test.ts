/** Every variant of the wasm device computes what the cpu does: with and without FMA, threads and shared memory. */

import { beforeAll, describe, expect, test, vi } from 'vitest';
import type { Agreement } from '../anywhere/agree.ts';

type Feature = 'relaxedSimd' | 'sharedMemory';

/** A fresh copy of the library: what it compiles depends on what it finds on first use. */
async function variant(absent: readonly Feature[], threads: number): Promise<Agreement> {
  vi.resetModules();
  const { withoutFeatures } = await import('../../packages/core/src/device/wasm/features.ts');
  withoutFeatures(absent);
  const { agree } = await import('../anywhere/agree.ts');
  const agreement = await agree(threads);
  const { setThreads } = await import('@tapegrad/core');
  setThreads(1); // its workers end
  return agreement;
}

describe('with FMA', () => holds([]));
describe('without FMA', () => holds(['relaxedSimd']));

function holds(missing: readonly Feature[]): void {
  const relaxedSimd = missing.length === 0;
  let one: Agreement;
  beforeAll(async () => {
    one = await variant(missing, 1);
  });

  test('one thread computes what the cpu does', () => {
    expect(one).toMatchObject({ threads: 1, workersReady: 0, relaxedSimd, sharedMemory: true });
    expectClose(one);
  });

  test('two threads compute the bits of one', async () => {
    const two = await variant(missing, 2);
    expect(two).toMatchObject({ threads: 2, workersReady: 1, relaxedSimd, sharedMemory: true });
    expect(two.bits).toBe(one.bits);
  });

  test('so does one without shared memory', async () => {
    const alone = await variant([...missing, 'sharedMemory'], 2);
    expect(alone).toMatchObject({ threads: 1, workersReady: 0, relaxedSimd, sharedMemory: false });
    expect(alone.bits).toBe(one.bits);
  });
}

function expectClose({ differences }: Agreement): void {
  for (const [name, difference] of Object.entries(differences)) expect(difference, name).toBeLessThanOrEqual(2e-6);
}
