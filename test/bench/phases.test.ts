/** bench:phases: what it counts, and its table. Times are invented. */
import { describe, expect, it } from 'vitest';
import type { Device, Kernels, View } from '../../packages/core/src/device/device.ts';
import { type Phase, timeKernels } from './kernel-timers.ts';
import { openPage } from './page.ts';
import { phaseTable } from './phases-report.ts';

const view = (...shape: number[]): View => ({
  buffer: { bytes: 0 },
  dtype: 'f32',
  offset: 0,
  shape,
  strides: shape.map((_, dim) => shape.slice(dim + 1).reduce((a, b) => a * b, 1)),
});

/** Names, calls, work and traffic of what `use` calls; the kernels themselves do nothing. */
function counted(use: (kernels: Kernels) => void, parts: Partial<Record<string, unknown>>): Omit<Phase, 'ms'>[] {
  const kernels = parts as unknown as Kernels;
  const take = timeKernels({ kernels } as Device);
  use(kernels);
  const taken = take();
  expect(take()).toEqual([]);
  return taken.map(({ ms, ...phase }) => {
    expect(ms).toBeGreaterThanOrEqual(0);
    return phase;
  });
}

describe('kernels with clocks', () => {
  it('count multiply-adds and bytes, and add calls of the same shapes', () => {
    const phases = counted(
      ({ matmul }) => {
        for (let k = 0; k < 3; k++) matmul(view(10, 20), view(20, 30), view(10, 30));
        matmul(view(4, 10, 20), view(4, 20, 30), view(4, 10, 30));
      },
      { matmul() {} },
    );
    expect(phases).toEqual([
      { name: 'matmul [10, 20] [20, 30]', calls: 3, flop: 3 * 12_000, bytes: 3 * 4 * (200 + 600 + 300) },
      { name: 'matmul [4, 10, 20] [4, 20, 30]', calls: 1, flop: 4 * 12_000, bytes: 4 * 4 * (200 + 600 + 300) },
    ]);
  });

  it('count what is broadcast once, and of a gather what it picks', () => {
    const phases = counted(
      (kernels) => {
        kernels.map({ name: 'add' } as never, [view(8, 5), { ...view(8, 5), strides: [0, 1] }], [view(8, 5)], []);
        kernels.gather(view(1000, 5), 0, view(8, 5), view(8, 5));
        kernels.reduce('sum', view(8, 5), [0], view(1, 5));
      },
      { map() {}, gather() {}, reduce() {} },
    );
    expect(phases).toEqual([
      { name: 'map add [8, 5]', calls: 1, flop: 0, bytes: 4 * (40 + 5 + 40) },
      { name: 'gather [8, 5]', calls: 1, flop: 0, bytes: 4 * (40 + 40 + 40) },
      { name: 'reduce sum [8, 5]', calls: 1, flop: 0, bytes: 4 * (40 + 5) },
    ]);
  });

  it('are put around fused kernels too; one that uses another is one phase, also when it throws', () => {
    const kernels: Record<string, unknown> = {
      copy() {
        throw new Error('no');
      },
      fused: { softmaxCrossEntropy: () => (kernels as unknown as Kernels).copy(view(1), view(1)) },
    };
    const phases = counted(({ fused, copy }) => {
      expect(() => fused!.softmaxCrossEntropy!(view(6, 7), view(6), view(6), view(6), view(6))).toThrow('no');
      expect(() => copy(view(2), view(2))).toThrow('no');
    }, kernels);
    expect(phases.map(({ name }) => name)).toEqual(['softmaxCrossEntropy [6, 7]', 'copy [2]']);
  });

  it('give back what the kernel gives', () => {
    const kernels = { random: () => 42 } as unknown as Kernels;
    timeKernels({ kernels } as Device);
    expect(kernels.random({ kind: 'uniform' }, { seed: 1n, offset: 0 } as never, view(3))).toBe(42);
  });
});

it('the table of phases has means over the quickest steps, the roofline that binds, and what is left in between', () => {
  const step = (ms: number, product: number) => ({
    ms,
    phases: [
      { name: 'map add', calls: 1, ms: 20, flop: 0, bytes: 100e6 },
      { name: 'matmul', calls: 2, ms: product, flop: 4e9, bytes: 10e6 },
      { name: 'a', calls: 1, ms: 0.5, flop: 0, bytes: 5e6 },
      { name: 'b', calls: 1, ms: 0.5, flop: 0, bytes: 5e6 },
    ],
  });
  const slow = [1000, 2000, 3000, 4000, 5000].map((ms) => step(ms, 900));
  expect(
    phaseTable([step(99, 40), step(200, 50), step(101, 60), ...slow], { peak: 100, copy: 10 })
      .split('\n')
      .slice(2),
  ).toEqual([
    '| matmul | 2 | 50 | 50% | 80 | 0.2 | 40 | 80% |',
    '| map add | 1 | 20 | 20% |  | 5.0 | 10 | 50% |',
    '| 2 kernels below 1% each | 2 | 1 | 1% |  | 10.0 | 1 | 100% |',
    '| between kernels: tape, memory, reading the loss |  | 29 | 29% |  |  |  |  |',
    '| **the step** |  | 100 | 100% | 40 | 1.2 | 51 | 51% |',
  ]);
});

it('docs/performance.md has the sections that it is written into', () => {
  const modes = ['wide SIMD', 'without wide SIMD'].flatMap((simd) => [`small, ${simd}`, `large, ${simd}`]);
  openPage(
    'docs/performance.md',
    [...modes, 'large, wide SIMD, fused loss'].map((mode) => `phases, ${mode}`),
  );
});
