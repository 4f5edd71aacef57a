/**
 * What the assembler emits, read back by wabt: the text of a small kernel; and of the kernels of the whole op table, that
 * they use the features that there are, and that loops do nothing that could be done before them.
 */

import { beforeAll, describe, expect, test, vi } from 'vitest';
import loadWabt from 'wabt';
import { ModuleBuilder } from '../../packages/core/src/device/wasm/assembler.ts';
import { f32x4, v128 } from '../../packages/core/src/device/wasm/instructions.ts';

const wabt = await loadWabt();

/** What every engine has that runs the wasm device; wabt refuses any other instruction. */
const BASE = { simd: true, bulk_memory: true, sat_float_to_int: true };
const NONE = { multi_value: false, mutable_globals: false, reference_types: false, sign_extension: false };

interface Extras {
  readonly relaxed_simd: boolean;
  readonly threads: boolean;
}

/** The text of a valid module, for programs or for readers. Throws where it is not valid with these features. */
function textOf(bytes: Uint8Array, extras: Extras, isForReaders = false): string {
  const features = { ...NONE, ...BASE, ...extras };
  const module = wabt.readWasm(bytes, { ...features, check: true });
  try {
    (module.validate as (given: typeof features) => void).call(module, features);
    if (isForReaders) {
      module.generateNames();
      module.applyNames();
    }
    return module.toText({ foldExprs: isForReaders, inlineExport: true });
  } finally {
    module.destroy();
  }
}

test('y += 2 x', () => {
  const m = new ModuleBuilder({ initialPages: 1, maximumPages: 16, shared: true });
  m.function('addTwice', ['i32', 'i32', 'i32'], [], (f, n, x, y) => {
    f.countDown(n, 4, () => {
      const two = f.constant('two', f32x4.const(2));
      f.do(v128.store(y, f32x4.fma(two, v128.load(x, 1024), v128.load(y))));
      f.increment(x, 16);
      f.increment(y, 16);
    });
  });
  const text = textOf(m.bytes(), { relaxed_simd: true, threads: true }, true);
  expect(text).toMatchInlineSnapshot(`
    "(module
      (type $t0 (func (param i32 i32 i32)))
      (import "env" "memory" (memory $env.memory 1 16 shared))
      (func $addTwice (export "addTwice") (type $t0) (param $p0 i32) (param $p1 i32) (param $p2 i32)
        (local $l3 v128)
        (local.set $l3
          (v128.const i32x4 0x40000000 0x40000000 0x40000000 0x40000000))
        (if $I0
          (i32.ge_s
            (local.get $p0)
            (i32.const 4))
          (then
            (loop $L1
              (v128.store align=1
                (local.get $p2)
                (f32x4.relaxed_madd
                  (local.get $l3)
                  (v128.load offset=1024 align=1
                    (local.get $p1))
                  (v128.load align=1
                    (local.get $p2))))
              (local.set $p1
                (i32.add
                  (local.get $p1)
                  (i32.const 16)))
              (local.set $p2
                (i32.add
                  (local.get $p2)
                  (i32.const 16)))
              (local.set $p0
                (i32.add
                  (local.get $p0)
                  (i32.const -4)))
              (br_if $L1
                (i32.ge_s
                  (local.get $p0)
                  (i32.const 4))))))))
    "
  `);
});

describe.each([
  { where: 'with FMA and shared memory', relaxed_simd: true, threads: true },
  { where: 'without FMA', relaxed_simd: false, threads: true },
  { where: 'without FMA or shared memory', relaxed_simd: false, threads: false },
])('$where', (extras) => {
  let texts: readonly string[];
  beforeAll(async () => {
    texts = (await modulesOfOps(extras)).map((bytes) => textOf(bytes, extras));
  });

  test('the modules of the op table are valid', () => {
    expect(texts.length).toBeGreaterThan(200); // textOf throws at others
  });

  test('products are fused where the engine can, and nothing else is relaxed', () => {
    const relaxed = new Set(texts.flatMap((text) => text.match(/\S*relaxed\S*/g) ?? []));
    expect([...relaxed]).toEqual(extras.relaxed_simd ? ['f32x4.relaxed_madd'] : []);
    const product = texts.find((text) => text.includes('(export "product")'))!;
    const count = (name: string): number => product.split(name).length - 1;
    if (extras.relaxed_simd) expect(count('f32x4.relaxed_madd')).toBeGreaterThan(50);
    else expect(count('f32x4.mul')).toBeGreaterThan(50);
  });

  test('constants are made before loops, but for zeros, which are one instruction', () => {
    const constants = texts.flatMap(constantsInLoops);
    expect(constants.filter((constant) => /0x0*[1-9a-f]/.test(constant))).toEqual([]);
  });
});

test('constants that are made in loops are found', () => {
  const m = new ModuleBuilder({ initialPages: 1, maximumPages: 16, shared: false });
  m.function('fill', ['i32', 'i32'], [], (f, n, x) => {
    f.do(v128.store(x, f32x4.const(1)));
    f.countDown(n, 4, () => {
      f.if(x, () => f.do(v128.store(x, f32x4.const(2))));
      f.do(v128.store(x, f.constant('three', f32x4.const(3))));
    });
    f.do(v128.store(x, f32x4.const(4)));
  });
  const text = textOf(m.bytes(), { relaxed_simd: false, threads: false });
  expect(constantsInLoops(text)).toEqual(['v128.const i32x4 0x40000000 0x40000000 0x40000000 0x40000000']);
});

/** What a fresh copy of the library compiles for each row of the op table, forward and backward. The rows agree with cpu. */
async function modulesOfOps({ relaxed_simd, threads }: Extras): Promise<Uint8Array[]> {
  vi.resetModules();
  const { withoutFeatures } = await import('../../packages/core/src/device/wasm/features.ts');
  withoutFeatures([...(relaxed_simd ? [] : ['relaxedSimd' as const]), ...(threads ? [] : ['sharedMemory' as const])]);
  const { parity } = await import('@tapegrad/core/testing');
  const { opCases } = await import('../ops.cases.ts');
  const engine = (globalThis as unknown as { WebAssembly: { Module: new (bytes: Uint8Array) => object } }).WebAssembly;
  const { Module } = engine;
  const modules: Uint8Array[] = [];
  engine.Module = class extends Module {
    constructor(bytes: Uint8Array) {
      super(bytes);
      modules.push(bytes);
    }
  };
  try {
    for (const { run, inputs, noParity } of opCases) {
      const f = run as Parameters<typeof parity>[0];
      if (!noParity) await parity(f, inputs.map((make, k) => make(k)), { devices: ['wasm'] }); // biome-ignore format: one line
    }
  } finally {
    engine.Module = Module;
  }
  return modules;
}

/** The vector constants that stand within a loop. */
function constantsInLoops(text: string): string[] {
  const found: string[] = [];
  const open: string[] = [];
  for (const line of text.split('\n').map((line) => line.trim())) {
    const [word] = line.split(' ');
    if (word === '(func') open.length = 0;
    if (['loop', 'if', 'block'].includes(word!)) open.push(word!);
    if (word === 'end') open.pop();
    if (word === 'v128.const' && open.includes('loop')) found.push(line);
  }
  return found;
}
