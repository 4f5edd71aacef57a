/** What kernels run on: batches, parameters, the pool, reads, faults. Each test has a GPUDevice of its own. */

import { fc } from '@fast-check/vitest';
import { MemoryError } from '@tapegrad/core';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { acquireDevice } from '../../packages/core/src/device/webgpu/acquire.ts';
import { Gpu } from '../../packages/core/src/device/webgpu/gpu.ts';
import { kernel, kernels } from '../../packages/core/src/device/webgpu/kernel.ts';
import type { WebGpuBuffer } from '../../packages/core/src/device/webgpu/memory.ts';

let gpu: Gpu;

beforeEach(async () => {
  gpu = new Gpu(await acquireDevice());
});

afterEach(() => {
  gpu.device.destroy();
});

const make = (...values: number[]): WebGpuBuffer => {
  const buffer = gpu.allocate(values.length);
  gpu.write(Float32Array.from(values), buffer);
  return buffer;
};
const valuesOf = async (buffer: WebGpuBuffer): Promise<number[]> => [
  ...(await gpu.read({ buffer, dtype: 'f32', offset: 0, shape: [buffer.bytes / 4], strides: [1] })),
];
const elementwise = (expression: string): string =>
  `fn kernel(group: u32, thread: u32) { let i = group * 64u + thread; if (i < p.count) { ${expression} } }`;

/** y += x * scale, with as many parameters beside these as asked for. */
const addScaled = kernels((unused: number) => ({
  name: 'addScaled',
  reads: { x: 'f32' },
  writes: { y: 'f32' },
  parameters: {
    count: 'u32',
    ...Object.fromEntries(Array.from({ length: unused }, (_, k) => [`unused${k}`, 'i32' as const])),
    scale: 'f32',
  },
  code: elementwise('y[i] += x[i] * p.scale;'),
}));
const add = (x: WebGpuBuffer, y: WebGpuBuffer, scale: number, unused = 0): void =>
  gpu.run(addScaled(unused), [x, y], [x.bytes / 4, ...new Array(unused).fill(-1), scale], 1);

describe('work', () => {
  test('gathers in batches, each dispatch with its own parameters', async () => {
    const [x, y] = [make(1, 10), make(0, 0)];
    for (let k = 1; k <= 100; k++) add(x, y, k);
    expect(gpu.counters).toMatchObject({ dispatches: 100, submits: 0, compilations: 1 });
    expect(await valuesOf(y)).toEqual([5050, 50_500]);
    expect(gpu.counters.submits).toBe(1);
  });

  test('is the same however it is cut into batches, and however many parameters there are', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.constantFrom(0, 60, 61, 62, 63, 200), fc.boolean(), fc.integer({ min: -9, max: 9 })), {
          maxLength: 400,
        }),
        async (steps) => {
          const [x, y] = [make(1, 2, 3), make(0, 0, 0)];
          let total = 0;
          let factor = 1;
          for (const [unused, overwrite, scale] of steps) {
            // What is pending must still see the old values of x.
            if (overwrite && unused === 0) gpu.write(Float32Array.of(scale, 2 * scale, 3 * scale), x);
            if (overwrite && unused === 0) factor = scale;
            add(x, y, scale, unused);
            total += factor * scale;
          }
          expect(await valuesOf(y)).toEqual([total + 0, 2 * total + 0, 3 * total + 0]);
          gpu.release(x);
          gpu.release(y);
        },
      ),
      { numRuns: 30 },
    );
  });

  test('of many dispatches is submitted before anybody asks', async () => {
    const [x, y] = [make(1), make(0)];
    for (let k = 0; k < 1000; k++) add(x, y, 1);
    expect(gpu.counters.submits).toBeGreaterThan(5);
    expect(await valuesOf(y)).toEqual([1000]);
  });

  test('compiles a kernel once, and warmUp compiles before it runs what it was given', async () => {
    const [x, y] = [make(1), make(0)];
    const sync = vi.spyOn(gpu.device, 'createComputePipeline');
    const early = gpu.warmUp(async () => {
      for (const unused of [0, 1, 2, 1]) add(x, y, 1, unused);
      const before = valuesOf(y);
      gpu.write(Float32Array.of(10), x);
      add(x, y, 1, 3);
      return await before;
    });
    add(x, y, 100); // waits its turn
    expect(gpu.counters).toMatchObject({ dispatches: 0, compilations: 0 });
    expect(await early).toEqual([4]);
    expect(await valuesOf(y)).toEqual([1014]);
    expect(gpu.counters).toMatchObject({ dispatches: 6, compilations: 4 });
    expect(sync).not.toHaveBeenCalled();
    add(x, y, 1, 4);
    expect(sync).toHaveBeenCalledOnce();
  });

  test('warmUp that throws runs what was asked before, and compiles as usual afterwards', async () => {
    const [x, y] = [make(1), make(0)];
    const broken = gpu.warmUp(() => {
      add(x, y, 3);
      throw new Error('mine');
    });
    await expect(broken).rejects.toThrow('mine');
    add(x, y, 1, 1);
    expect(await valuesOf(y)).toEqual([4]);
  });

  test('refuses a buffer that is written under two names', () => {
    const y = make(0);
    const two = kernel({
      name: 'two',
      writes: { a: 'f32', b: 'f32' },
      code: 'fn kernel(group: u32, thread: u32) { a[0] = 1; b[0] = 2; }',
    });
    expect(() => gpu.run(two, [y, y], [], 1)).toThrow('two: a buffer is written under two names');
  });
});

describe('memory', () => {
  test('comes from the pool and goes back, also while work that uses it is pending', async () => {
    const [x, y] = [make(...new Array(2000).fill(1)), make(...new Array(2000).fill(0))];
    for (let k = 0; k < 20; k++) {
      const temporary = gpu.allocate(2000);
      gpu.write(new Float32Array(2000), temporary);
      gpu.run(addScaled(0), [x, temporary], [2000, k], 32);
      gpu.run(addScaled(0), [temporary, y], [2000, 1], 32);
      gpu.release(temporary);
    }
    expect(new Set(await valuesOf(y))).toEqual(new Set([190]));
    expect(gpu.counters).toMatchObject({ poolHits: 19, poolMisses: 3 });
    expect(gpu.memory.stats()).toMatchObject({ blocksInUse: 2, bytesInUse: 16_384, bytesIdle: 8192 });
  });

  test('beyond what one buffer can hold is refused with the sizes', () => {
    expect(() => gpu.allocate(2 ** 31)).toThrow(/MemoryError|a tensor of 8192\.0 MiB is too large for this adapter/);
    expect(gpu.memory.stats().blocksInUse).toBe(0);
  });

  test('beyond the cap is an error that names what is there, and not before what lies idle has gone', async () => {
    const KiB = 256; // in elements
    gpu.memory.capAt(40 * 1024);
    const x = make(...new Array(8 * KiB).fill(1));
    for (const size of [12, 16, 20, 24]) gpu.release(gpu.allocate(size * KiB));
    expect(gpu.memory.stats()).toMatchObject({ bytesInUse: 8192, bytesIdle: 24 * 1024 });
    const kept = [5, 6, 7].map((size) => make(...new Array(size * KiB).fill(size)));
    add(x, kept[2]!, 1);
    add(kept[0]!, kept[1]!, 1);
    expect(() => gpu.allocate(16 * KiB)).toThrow(
      /^webgpu: no memory for a tensor of 16400 bytes: 26600 bytes are in use by 4 others, of 41000 bytes at most \(setMemoryCap\), the oldest: 4 of addScaled \(26 KiB\)\. Compute in noGrad/,
    );
    gpu.release(kept.pop()!);
    expect(gpu.allocate(12 * KiB).bytes).toBe(12 * 1024);
    expect(() => gpu.allocate(12 * KiB)).toThrow(MemoryError);
    expect((await valuesOf(kept[1]!)).slice(0, 64)).toEqual(new Array(64).fill(11));
  });

  /** What an exhausted GPU does: an error in the scope, and a buffer that is good for nothing. */
  const exhaust = (): { mockRestore(): void } => {
    const { device } = gpu;
    const { createBuffer, popErrorScope } = device;
    return vi.spyOn(device, 'createBuffer').mockImplementation((given: unknown) => {
      const descriptor = given as { readonly size: number; readonly usage: number };
      if (descriptor.size < 16_384) return createBuffer.call(device, descriptor);
      vi.spyOn(device, 'popErrorScope').mockImplementationOnce(async () => {
        await popErrorScope.call(device);
        return { message: 'no room' };
      });
      return createBuffer.call(device, { size: 256, usage: descriptor.usage });
    });
  };

  test('that the GPU does not have is reported at the next await, and never used again', async () => {
    const exhausted = exhaust();
    const x = gpu.allocate(4096);
    const y = make(1);
    add(y, x, 1);
    await expect(gpu.synchronize()).rejects.toThrow(
      'webgpu: out of memory: addScaled: a tensor of 16 KiB does not fit beside 0 KiB of others, the oldest: 1 of addScaled (4 KiB): no room',
    );
    exhausted.mockRestore();
    gpu.release(x);
    await gpu.synchronize();
    const z = gpu.allocate(4096);
    expect(z.block).not.toBe(x.block);
    gpu.write(new Float32Array(4096).fill(5), z);
    expect((await valuesOf(z))[4095]).toBe(5);
  });

  test('that lies idle is freed when there is no more, but not before pending work has used it', async () => {
    const [x, y] = [make(7), make(0)];
    add(x, y, 1);
    gpu.release(x);
    const exhausted = exhaust();
    gpu.allocate(4096);
    exhausted.mockRestore();
    await new Promise((resolve) => setTimeout(resolve, 20)); // until the error is known; nothing was submitted
    expect(gpu.memory.stats().bytesIdle).toBe(0);
    await expect(gpu.synchronize()).rejects.toThrow('out of memory');
    expect(await valuesOf(y)).toEqual([7]);
  });
});

describe('reads', () => {
  test('are snapshots of the call, many at a time', async () => {
    const [x, y] = [make(1), make(0)];
    const reads: Promise<number[]>[] = [];
    for (let k = 0; k < 50; k++) {
      add(x, y, 1);
      reads.push(valuesOf(y));
    }
    expect((await Promise.all(reads)).flat()).toEqual(Array.from({ length: 50 }, (_, k) => k + 1));
  });

  test('share their staging buffers, and steps their bind groups', async () => {
    const [x, y] = [make(1), make(0)];
    add(x, y, 1);
    await valuesOf(y);
    const made = [vi.spyOn(gpu.device, 'createBuffer'), vi.spyOn(gpu.device, 'createBindGroup')];
    for (let k = 0; k < 10; k++) {
      add(x, y, 1);
      await valuesOf(y);
    }
    for (const each of made) expect(each).not.toHaveBeenCalled();
  });

  test('leave the processor alone while they wait for the GPU, and when they are done', async () => {
    const pauses = vi.spyOn(Atomics, 'wait');
    const slow = kernel({
      name: 'slow',
      writes: { y: 'f32' },
      code: 'fn kernel(group: u32, thread: u32) { for (var k = 0u; k < 1000000u; k++) { y[thread] += 1f; } }',
    });
    const y = make(...new Array(64).fill(0));
    gpu.run(slow, [y], [], 1);
    expect(new Set(await valuesOf(y))).toEqual(new Set([1e6]));
    expect(pauses.mock.calls.length).toBeGreaterThan(1);
    await new Promise((resolve) => setTimeout(resolve, 5));
    const count = pauses.mock.calls.length;
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(pauses.mock.calls.length).toBe(count);
    pauses.mockRestore();
  });

  test('of nothing give nothing', async () => {
    expect(await valuesOf(gpu.allocate(0))).toEqual([]);
  });
});

describe('faults', () => {
  test('of a shader are reported at the next await, once, by the name of the kernel', async () => {
    const bad = kernel({
      name: 'misspelt',
      writes: { y: 'f32' },
      code: 'fn kernel(group: u32, thread: u32) { y[0] = one; }',
    });
    const y = make(0);
    gpu.run(bad, [y], [], 1);
    await expect(valuesOf(y)).rejects.toThrow(/webgpu: misspelt: .*unresolved value 'one'/s);
    expect(await valuesOf(y)).toEqual([0]);
  });

  test('of a loop that never awaits: a warning, then an error, and then the work that was accepted', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const [x, y] = [make(1), make(0)];
    let accepted = 0;
    const loop = (): void => {
      for (; accepted < 1e6; accepted++) {
        gpu.write(Float32Array.of(1), x); // so that each step is a submit
        add(x, y, 1);
      }
    };
    expect(loop).toThrow(/4096 batches of work wait for the GPU, because nothing was awaited: await/);
    expect(warn).toHaveBeenCalledOnce();
    expect(warn.mock.calls[0]![0]).toMatch(/256 batches of work wait for the GPU: await/);
    warn.mockRestore();
    expect(await valuesOf(y)).toEqual([accepted]);
    add(x, y, 1);
    expect(await valuesOf(y)).toEqual([accepted + 1]);
  });

  test('a lost device rejects what is pending and what comes after, with what to do', async () => {
    const [x, y] = [make(1), make(0)];
    add(x, y, 1);
    const pending = [valuesOf(y), gpu.synchronize()];
    gpu.device.destroy();
    const lost = /the device was lost \(destroyed.*\); call await setDevice\('webgpu'\).* checkpoint/;
    for (const promise of pending) await expect(promise).rejects.toThrow(lost);
    expect(gpu.faults.loss).toMatch(/^the device was lost/);
    await expect(valuesOf(y)).rejects.toThrow(lost);
    await expect(gpu.synchronize()).rejects.toThrow(lost);
    for (const use of [() => gpu.allocate(1), () => add(x, y, 1), () => gpu.write(Float32Array.of(1), x)])
      expect(use).toThrow(lost);
    gpu.release(x); // what is left is given back without complaint
  });
});
