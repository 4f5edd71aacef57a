/** Programs and copies on the webgpu device against the cpu device: any layout, every kind of operand. */

import { fc } from '@fast-check/vitest';
import { deviceInfo } from '@tapegrad/core';
import { describe, expect, test } from 'vitest';
import { cpu } from '../../packages/core/src/device/cpu/device.ts';
import type { DType } from '../../packages/core/src/dtype.ts';
import { type Program, program } from '../../packages/core/src/scalar/program.ts';
import * as s from '../../packages/core/src/scalar/rules.ts';
import { iota, type Kind, uniform } from '../../packages/core/src/scalar/scalar.ts';
import { COPIED } from '../support/edges.ts';
import { contiguous, type Layout, layouts, smallShapes } from '../wasm/twins.ts';
import { allOf, type Pair, pair, webgpu } from './mirror.ts';

/** The programs' uniforms: a number, an index and a truth value. */
const uniforms = [2, -3, 1];
const dispatches = (): number => deviceInfo('webgpu').counters.dispatches!;
const mostBuffers = (): number => deviceInfo('webgpu').details.buffersOfAKernel as number;

/** Small whole numbers: whatever is computed from them is exact. */
const values = (dtype: DType, seed: number) => (i: number) => {
  const value = ((i * 7 + seed) % 13) - 6;
  return dtype === 'bool' ? value & 1 : value;
};

function run(body: Program, inputs: readonly Pair[], outputs: readonly Pair[]): void {
  for (const [device, name] of [[cpu, 'cpu'] as const, [webgpu(), 'webgpu'] as const])
    device.kernels.map(
      body,
      inputs.map((x) => x[name]),
      outputs.map((y) => y[name]),
      uniforms,
    );
}

async function expectSame(pairs: readonly Pair[]): Promise<void> {
  for (const each of pairs) {
    const all = await allOf(each);
    expect(all.webgpu).toEqual(all.cpu);
  }
}

const programs: Record<string, Program> = {
  'of numbers': program('numbers', (a, b) => [s.sub(s.mul(a!, b!), a!)]),
  'of indices, which count as numbers do': program('indices', (a, i) => [s.add(a!, s.toNumber(i!))], {
    slots: ['number', 'index'],
  }),
  'that asks': program('asks', (a, b) => [s.lt(a!, b!), s.where(s.lt(a!, b!), a!, b!)]),
  'of truths': program('truths', (a, b) => [s.xor(a!, b!), s.toNumber(s.and(a!, b!))], { slots: ['bool', 'bool'] }),
  'with uniforms of each kind': program('uniforms', (a) => [
    s.where(uniform(2, 'bool'), s.mul(a!, uniform(0)), s.toNumber(uniform(1, 'index'))),
  ]),
  'that counts positions': program('positions', (a) => [s.add(s.mul(s.toNumber(iota(-1)), a!), s.toNumber(iota(-2)))]),
  'that reads no input': program('none', () => [s.toNumber(iota(-1)), s.lt(iota(-1), iota(-2))]),
  'with lanes and saved outputs': program(
    'lanes',
    (a, b, c, x) => [[s.add(a!, x!), s.mul(b!, c!)], s.sub(c!, x!), [a!, b!, c!]],
    { slots: [3, 1] },
  ),
  'that reads one lane of several': program('lane', (_, b, __, x) => [s.mul(b!, x!)], { slots: [3, 1] }),
  'in place': program('inPlace', (p, g, m) => [s.sub(p!, s.mul(uniform(0), m!)), s.add(m!, g!)], { into: [0, 2] }),
};

const shapes = fc.oneof(smallShapes, fc.constantFrom<number[]>([300], [2, 129], [64, 1, 3]));
const wide = (shape: readonly number[], lanes: number): number[] =>
  shape.map((n, d) => (d === shape.length - 1 ? n * lanes : n));
const dtypeOf = (kind: Kind, numbers: DType): DType =>
  kind === 'number' ? numbers : kind === 'index' ? 'i32' : 'bool';

describe('a program', () => {
  test.each(Object.entries(programs))('%s gives what it gives on the cpu, on any layout', async (_, body) => {
    const hasLanes = [...body.inputs.map(({ lanes }) => lanes), ...body.outputs.map(({ lanes }) => lanes.length)];
    const fitting = shapes.filter((shape) => shape.length > 0 || hasLanes.every((n) => n === 1));
    const layoutsOf = (shape: number[]): fc.Arbitrary<readonly [Layout[], Layout[]]> =>
      fc.tuple(
        fc.tuple(
          ...body.inputs.map(({ lanes }, k) =>
            layouts(wide(shape, lanes), { expanded: body.outputs.every(({ into }) => into !== k) }),
          ),
        ),
        fc.tuple(...body.outputs.map(({ lanes }) => layouts(wide(shape, lanes.length)))),
      );
    await fc.assert(
      fc.asyncProperty(
        fitting.chain(layoutsOf),
        fc.constantFrom<DType>('f32', 'i32'),
        fc.nat({ max: 100 }),
        async ([read, written], numbers, seed) => {
          const make = (kind: Kind, layout: Layout, salt: number): Pair => {
            const dtype = dtypeOf(kind, numbers);
            return pair(dtype, layout, values(dtype, seed + salt));
          };
          const inputs = read.map((layout, k) => make(body.inputs[k]!.kind, layout, k));
          const outputs = written.map((layout, k) => {
            const { kind, into } = body.outputs[k]!;
            return into === undefined ? make(kind, layout, 10 + k) : inputs[into]!;
          });
          run(body, inputs, outputs);
          await expectSame([...outputs, ...inputs]);
        },
      ),
      { numRuns: 40 },
    );
  });

  test('reads two views of one buffer, and writes beside what it reads there', async () => {
    const x = pair('f32', contiguous([40]), values('f32', 1));
    const part = (offset: number): Pair => ({
      cpu: { ...x.cpu, shape: [10], offset },
      webgpu: { ...x.webgpu, shape: [10], offset },
    });
    run(programs['of numbers']!, [part(3), part(17)], [part(30)]);
    await expectSame([x]);
  });

  test('runs on more workgroups than one dimension of a grid has', async () => {
    const length = 65_535 * 64 + 65;
    const x = pair('i32', contiguous([length]), (i) => i);
    const y = pair('i32', contiguous([length]), () => 0);
    run(
      program('twice', (a) => [s.add(a!, a!)]),
      [x],
      [y],
    );
    const { cpu: expected, webgpu: found } = await allOf(y);
    expect(found.findIndex((value, i) => value !== expected[i])).toBe(-1);
  });

  test('that works on more buffers than the adapter allows is refused by name', () => {
    const most = mostBuffers();
    const make = (): Pair => pair('f32', contiguous([3]), () => 1);
    const sum = program('sumOfMany', (...inputs) => [inputs.reduce((x, y) => s.add(x, y))], {
      slots: Array.from({ length: most }, () => 1),
    });
    const inputs = Array.from({ length: most }, make);
    expect(() => run(sum, inputs, [make()])).toThrow(
      new RegExp(`sumOfMany: it works on ${most + 1} buffers, .* ${most} at most on this adapter`),
    );
  });

  test('in place, of many items at once, is that of each by itself, in as few dispatches as there are buffers for', async () => {
    const body = programs['in place']!;
    const layoutsOf = (shape: number[]) => fc.tuple(layouts(shape), layouts(shape, { expanded: true }), layouts(shape));
    await fc.assert(
      fc.asyncProperty(
        fc.array(shapes.chain(layoutsOf), { maxLength: 9 }),
        fc.nat({ max: 100 }),
        async (given, seed) => {
          const items = given.map((item, n) =>
            item.map((layout, slot) => pair('f32', layout, values('f32', seed + 3 * n + slot))),
          );
          const before = dispatches();
          const of = (device: 'cpu' | 'webgpu') => items.map((item) => item.map((x) => x[device]));
          webgpu().kernels.fused!.updateAll!(body, of('webgpu'), uniforms);
          const filled = given.filter(([{ shape }]) => !shape.includes(0)).length;
          expect(dispatches() - before).toBe(Math.ceil(filled / Math.floor(mostBuffers() / 3)));
          for (const item of of('cpu')) cpu.kernels.map(body, item, [item[0]!, item[2]!], uniforms);
          await expectSame(items.flat());
        },
      ),
      { numRuns: 8 },
    );
  });
});

describe('copy', () => {
  const dtypes = Object.keys(COPIED) as (keyof typeof COPIED)[];

  test.each(dtypes.flatMap((from) => dtypes.map((to) => [from, to] as const)))(
    '%s to %s, between any two layouts',
    async (from, to) => {
      const pool = COPIED[from];
      await fc.assert(
        fc.asyncProperty(
          shapes.chain((shape) => fc.tuple(layouts(shape, { expanded: true }), layouts(shape))),
          fc.nat({ max: 100 }),
          async ([source, target], seed) => {
            const x = pair(from, source, (i) => pool[(i * 5 + seed) % pool.length]!);
            const y = pair(to, target, (i) => i % 2);
            cpu.kernels.copy(x.cpu, y.cpu);
            webgpu().kernels.copy(x.webgpu, y.webgpu);
            await expectSame([y]);
          },
        ),
        { numRuns: 30 },
      );
    },
  );

  test('within one buffer, where what is read and what is written overlap', async () => {
    const x = pair('f32', contiguous([1000]), (i) => i);
    const { buffer } = x.webgpu;
    const part = (offset: number) => ({ buffer, dtype: 'f32' as const, offset, shape: [900], strides: [1] });
    webgpu().kernels.copy(part(0), part(100));
    const { webgpu: found } = await allOf(x);
    expect([...found]).toEqual(Array.from({ length: 1000 }, (_, i) => (i < 100 ? i : i - 100)));
  });
});
