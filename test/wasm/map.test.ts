/**
 * Scalar programs on the wasm device against the cpu device: any program, any layout, bit by bit where arithmetic is
 * exact.
 */

import { fc } from '@fast-check/vitest';
import { describe, expect, test } from 'vitest';
import { cpu } from '../../packages/core/src/device/cpu/device.ts';
import type { View } from '../../packages/core/src/device/device.ts';
import { map } from '../../packages/core/src/device/wasm/map.ts';
import { setThreads, startThreads } from '../../packages/core/src/device/wasm/threads.ts';
import { program } from '../../packages/core/src/scalar/program.ts';
import * as s from '../../packages/core/src/scalar/rules.ts';
import { constant, iota, type Scalar, uniform } from '../../packages/core/src/scalar/scalar.ts';
import { type Case, cases, recipe, shapes, values } from './programs.ts';
import { contiguous, type Layout, layouts, type Twin, twin } from './twins.ts';

/** The programs' uniforms: a number, an index and a truth value. */
const uniforms = [1.1, -3, 1];

function expectSame({ body, inputs, outputs }: Case<Twin>): void {
  const views = (device: 'cpu' | 'wasm'): [View[], View[]] => [
    inputs.map((t) => t[device]),
    outputs.map((t) => t[device]),
  ];
  cpu.kernels.map(body, ...views('cpu'), uniforms);
  map(body, ...views('wasm'), uniforms);
  for (const twin of [...outputs, ...inputs]) expect(twin.all().wasm).toEqual(twin.all().cpu);
}

const pair = new Float32Array(2);
const pairBits = new Int32Array(pair.buffer);

/** f32 numbers from one to the other; NaN is far from all but itself. */
function ulps(x: number, y: number): number {
  if (Object.is(x, y)) return 0;
  pair.set([x, y]);
  return x * y > 0 ? Math.abs(pairBits[0]! - pairBits[1]!) : Infinity;
}

describe('map', () => {
  test('computes any program on any layouts as the cpu does, bit by bit', () => {
    fc.assert(fc.property(cases(recipe(false), fc.oneof(shapes, fc.constant([])), twin), expectSame), {
      numRuns: 1000,
    });
  });

  test('and with lanes, which lie side by side in the last dimension', () => {
    fc.assert(fc.property(cases(recipe(true), shapes, twin), expectSame), { numRuns: 1000 });
  });

  test('and on long rows, which are cut into segments, on narrow ones and on transposes', () => {
    const large = fc.constantFrom([9001], [3, 5001], [67, 41], [5, 33, 21], [2, 64, 64], [300, 3], [4, 200, 5]);
    fc.assert(fc.property(cases(recipe(false), large, twin), expectSame), { numRuns: 100 });
  });

  const unary = ['exp', 'expm1', 'log', 'log1p', 'log2', 'log10', 'rsqrt', 'sin', 'cos', 'tan', 'asin', 'acos', 'atan'];
  const others = ['sinh', 'cosh', 'tanh', 'asinh', 'acosh', 'atanh', 'sigmoid', 'erf', 'pow'];
  test.each([...unary, ...others] as (keyof typeof s)[])('%s is within 3 ULP of the cpu on any layout', (name) => {
    const of = s[name] as (...args: Scalar[]) => Scalar;
    const body = program('rule', (a, b) => [name === 'pow' ? of(a!, b!) : of(a!)], { slots: [1, 1] });
    fc.assert(
      fc.property(
        shapes.chain((shape) => fc.tuple(layouts(shape, { expanded: true }), layouts(shape))),
        fc.nat(),
        ([read, written], seed) => {
          const make = (at: Layout, salt: number): Twin =>
            twin('f32', at, (i) => values.f32[(i * salt + seed) % values.f32.length]!);
          const [a, b, y] = [make(read, 7), make(read, 11), make(written, 3)];
          cpu.kernels.map(body, [a.cpu, b.cpu], [y.cpu], []);
          map(body, [a.wasm, b.wasm], [y.wasm], []);
          const { cpu: expected, wasm: given } = y.all();
          expect(given.map((x, i) => (ulps(x, expected[i]!) <= 3 ? expected[i]! : x))).toEqual(expected);
        },
      ),
    );
  });

  test('gives the same with two threads', async () => {
    const [x, y] = [contiguous([70_001]), contiguous([70_001])].map((layout) => twin('f32', layout, Math.sin));
    const body = program('twice', (a) => [s.exp(s.tanh(a!))]);
    map(body, [x!.wasm], [y!.wasm], []);
    const alone = y!.all().wasm;
    setThreads(2);
    await startThreads();
    map(body, [x!.wasm], [y!.wasm], []);
    setThreads(1);
    expect(y!.all().wasm).toEqual(alone);
  });

  test('says which rule makes no sense of what it is given', () => {
    const y = twin('f32', contiguous([3]), () => 0).wasm;
    const mixed = program('mixed', () => [
      s.add(uniform(0), s.toNumber(s.not(constant(1, 'bool')))),
      s.mul(iota(-1), constant(2)),
    ]);
    expect(() => map(mixed, [], [y, y], [1])).toThrow('mixed: wasm has no mul of index, f32: use toNumber');
  });
});
