/** Threads: work is shared and done once, results do not depend on their number, and nothing that goes wrong hangs. */

import { spawnSync } from 'node:child_process';
import { Worker } from 'node:worker_threads';
import { ArgumentError, DeviceError } from '@tapegrad/core';
import { afterEach, describe, expect, test } from 'vitest';
import type { View } from '../../packages/core/src/device/device.ts';
import { setStalledMs } from '../../packages/core/src/device/wasm/chunks.ts';
import { copy } from '../../packages/core/src/device/wasm/copy.ts';
import { cumsum } from '../../packages/core/src/device/wasm/cumsum.ts';
import { gather } from '../../packages/core/src/device/wasm/gather.ts';
import { i32 } from '../../packages/core/src/device/wasm/instructions.ts';
import { addressOf, allocate, arrayOf, release } from '../../packages/core/src/device/wasm/memory.ts';
import { random } from '../../packages/core/src/device/wasm/random.ts';
import { reduce } from '../../packages/core/src/device/wasm/reduce.ts';
import { compileKernels, type Kernel, run } from '../../packages/core/src/device/wasm/runtime.ts';
import { scatterAdd } from '../../packages/core/src/device/wasm/scatter-add.ts';
import { setThreads, startThreads, threadInfo } from '../../packages/core/src/device/wasm/threads.ts';
import type { DType } from '../../packages/core/src/dtype.ts';
import { contiguousStrides, sizeOf } from '../../packages/core/src/shape.ts';

const workerFile = new URL('../../packages/core/src/device/wasm/worker-entry.ts', import.meta.url);

function viewOf(dtype: DType, shape: readonly number[]): View {
  return { buffer: allocate(dtype, sizeOf(shape)), dtype, offset: 0, shape, strides: contiguousStrides(shape) };
}

const valuesOf = ({ buffer, dtype, offset, shape }: View) => arrayOf(buffer, dtype, offset, sizeOf(shape));
/** A copy of them, to compare at once. */
const bitsOf = (x: View): Buffer => Buffer.from(new Uint8Array(valuesOf(x).slice().buffer));

/** Adds 1 to the word of each item. */
const counting = (): Kernel =>
  compileKernels(['count'], (m) => {
    m.kernel('count', (f, args, from, to) =>
      f.for(from, to, 1, (item) => {
        const at = f.local('i32', i32.add(args.i32(0), i32.shl(item, i32.const(2))));
        f.do(i32.store(at, i32.add(i32.load(at), i32.const(1))));
      }),
    );
  }).count;

/** Items 0 and 1 each say that they run, and wait (not forever) for the other; then item 1 may fail. */
const meeting = (fails = false): Kernel =>
  compileKernels(['meet'], (m) => {
    m.kernel('meet', (f, args, from, to) =>
      f.for(from, to, 1, (item) => {
        const mine = f.local('i32', i32.add(args.i32(0), i32.shl(item, i32.const(2))));
        const other = f.local('i32', i32.add(args.i32(0), i32.shl(i32.xor(item, i32.const(1)), i32.const(2))));
        const patience = f.local('i32', i32.const(2_000_000_000));
        f.do(i32.store(mine, i32.const(1)));
        f.while(
          () => i32.and(i32.eqz(i32.load(other)), i32.gtS(patience, i32.const(0))),
          () => f.increment(patience, -1),
        );
        f.do(i32.store(mine, i32.gtS(patience, i32.const(0)), 8)); // whether they met
        if (fails) f.if(item, () => f.do(i32.store(i32.const(0), i32.divU(item, i32.const(0)))));
      }),
    );
  }).meet;

function meet(kernel: Kernel): number[] {
  const flags = viewOf('i32', [4]);
  valuesOf(flags).fill(0);
  run(kernel, [addressOf(flags)], 2, 1);
  return [...valuesOf(flags)].slice(2);
}

afterEach(() => setThreads(1));

describe('with two threads', () => {
  test('each item is done once, whatever the total and the grain', async () => {
    setThreads(2);
    await startThreads();
    const kernel = counting();
    for (const [total, grain] of [
      [1, 1],
      [2, 1],
      [17, 1],
      [1000, 7],
      [4096, 64],
      [99_999, 10],
      [5, 100],
    ] as const) {
      for (let repeat = 0; repeat < 50; repeat++) {
        const counts = viewOf('i32', [total]);
        valuesOf(counts).fill(0);
        run(kernel, [addressOf(counts)], total, grain);
        expect(valuesOf(counts).every((n) => n === 1)).toBe(true);
        release(counts.buffer);
      }
    }
  });

  test('two compute at a time, also kernels that were compiled after the workers started, and after growth', async () => {
    setThreads(2);
    expect(await startThreads()).toEqual({ count: 2, ready: 1, reason: 'as setThreads(2) asked' });
    const kernel = meeting();
    expect(meet(kernel)).toEqual([1, 1]);
    allocate('f32', 2 ** 28); // 1 GiB, which nothing touches
    expect(meet(meeting())).toEqual([1, 1]);
    expect(meet(kernel)).toEqual([1, 1]);
    await new Promise((resolve) => setTimeout(resolve, 50)); // meanwhile the worker falls asleep
    expect(meet(kernel)).toEqual([1, 1]);
  });

  test('workers reach memory that has just grown', async () => {
    setThreads(2);
    await startThreads();
    for (let k = 0; k < 20; k++) {
      const [x, y] = [viewOf('f32', [2 ** 21]), viewOf('f32', [2 ** 21])]; // 16 MiB more each time
      valuesOf(x).fill(k);
      copy(x, y);
      expect(valuesOf(y).every((value) => value === k)).toBe(true);
    }
  });

  test('every kernel gives the bits that it gives with one', async () => {
    const fillWith = (x: View, value: (i: number) => number): View => {
      const data = valuesOf(x);
      for (let i = 0; i < data.length; i++) data[i] = value(i);
      return x;
    };
    const [R, C] = [700, 501];
    const x = fillWith(viewOf('f32', [R, C]), (i) => Math.sin(i));
    const flat = { ...x, shape: [R * C], strides: [1] };
    const turned = { ...x, shape: [C, R], strides: [1, C] };
    const rows = { ...fillWith(viewOf('i32', [R]), (i) => (i * 31) % R), shape: [R, C], strides: [1, 0] };
    const cases: Record<string, () => View> = {
      copy: () => output([R * C], (y) => copy(flat, y)),
      'copy, transposed': () => output([C, R], (y) => copy(turned, y)),
      'copy, cast': () => output([R, C], (y) => copy(x, y), 'bool'),
      'sum of all': () => output([1], (y) => reduce('sum', flat, [0], y)),
      'sum of rows': () => output([R, 1], (y) => reduce('sum', x, [1], y)),
      'sum of columns': () => output([1, C], (y) => reduce('sum', x, [0], y)),
      'max of strided lines': () => output([C, 1], (y) => reduce('max', turned, [1], y)),
      argmax: () => output([R, 1], (y) => reduce('argmax', x, [1], y), 'i32'),
      'argmax of columns': () => output([1, 500], (y) => reduce('argmax', { ...x, shape: [R, 500] }, [0], y), 'i32'),
      cumsum: () => output([R, C], (y) => cumsum(x, 1, y)),
      'cumsum of columns': () => output([R, C], (y) => cumsum(x, 0, y)),
      gather: () => output([R, C], (y) => gather(x, 0, rows, y)),
      'scatterAdd of rows': () => output([R, C], (y) => scatterAdd(x, 0, rows, y)),
      'scatterAdd of lines': () =>
        output([C, R], (y) => scatterAdd(turned, 1, { ...rows, shape: [C, R], strides: [0, 1] }, y)),
      uniform: () => output([R * C], (y) => random({ kind: 'uniform' }, { seed: 5, offset: 7 }, y)),
      normal: () => output([R * C], (y) => random({ kind: 'normal' }, { seed: 5, offset: 7 }, y)),
    };
    const output = (shape: readonly number[], fill: (y: View) => unknown, dtype: DType = 'f32'): View => {
      const y = fillWith(viewOf(dtype, shape), (i) => i % 2);
      fill(y);
      return y;
    };
    for (const [name, compute] of Object.entries(cases)) {
      setThreads(1);
      const alone = bitsOf(compute());
      setThreads(2);
      await startThreads();
      for (let repeat = 0; repeat < 5; repeat++) expect(bitsOf(compute()).equals(alone), name).toBe(true);
    }
  });
});

describe('what goes wrong', () => {
  test('a kernel that fails in a worker is an error that says so, and the next one runs', async () => {
    setThreads(2);
    await startThreads();
    const kernel = meeting(true);
    const errors = Array.from({ length: 20 }, () => {
      try {
        meet(kernel);
        return undefined;
      } catch (error) {
        return error as Error;
      }
    });
    expect(errors.every((error) => /divide by zero/.test(error!.message))).toBe(true);
    const inWorker = errors.find((error) => error instanceof DeviceError); // the main thread may have had item 1, too
    expect(inWorker?.message).toMatch(/^wasm: a kernel failed in a worker thread: RuntimeError: divide by zero/);
    expect(meet(meeting())).toEqual([1, 1]);
  });

  test('a worker that dies is an error, once; then one thread goes on, until setThreads', async () => {
    const started: Worker[] = [];
    setThreads(2, {
      worker() {
        started.push(new Worker(workerFile));
        return started[0]!;
      },
    });
    await startThreads();
    await started[0]!.terminate();
    const kernel = counting();
    const counts = viewOf('i32', [1000]);
    const count = (): void => run(kernel, [addressOf(counts)], 1000, 1);
    expect(count).toThrow(DeviceError);
    expect(count).not.toThrow();
    expect(threadInfo()).toEqual({ count: 1, ready: 0, reason: 'a worker exited with code 1' });
    setThreads(2);
    expect(await startThreads()).toMatchObject({ count: 2, ready: 1 });
    expect(meet(meeting())).toEqual([1, 1]);
  });

  test('without workers one thread computes, and says why', async () => {
    setThreads(2, {
      worker() {
        throw new Error('no workers here');
      },
    });
    expect(await startThreads()).toMatchObject({ count: 1, reason: expect.stringContaining('no workers here') });
    setThreads(2, { worker: () => new Worker(new URL('./missing.js', workerFile)) });
    expect(await startThreads()).toMatchObject({ count: 1, reason: expect.stringContaining('missing.js') });
    const counts = viewOf('i32', [1000]);
    expect(() => run(counting(), [addressOf(counts)], 1000, 1)).not.toThrow();
  });

  test('an impossible number of threads is an error', () => {
    for (const count of [0, -1, 1.5, NaN]) expect(() => setThreads(count)).toThrow(ArgumentError);
  });

  // The last one: afterwards this process starts no more workers.
  test('a worker that vanishes within a kernel is an error, not a hang', async () => {
    const takesAndLeaves = `
      const { parentPort } = require('node:worker_threads');
      parentPort.once('message', ({ memory, control }) => {
        const words = new Int32Array(memory.buffer);
        Atomics.add(words, control.ready / 4, 1);
        parentPort.postMessage('ready');
        while (Atomics.load(words, control.left / 4) <= 0);
        Atomics.sub(words, control.left / 4, 1);
      });`;
    setThreads(2, { worker: () => new Worker(takesAndLeaves, { eval: true }) });
    await startThreads();
    setStalledMs(200);
    const counts = viewOf('i32', [100_000]);
    const kernel = counting();
    const count = (): void => {
      for (let k = 0; k < 10_000; k++) run(kernel, [addressOf(counts)], 100_000, 1);
    };
    expect(count).toThrow(/^wasm: a worker thread died: it took a part of a kernel 0.2 s ago and never finished it$/);
    expect(count).not.toThrow();
    setThreads(2);
    expect(await startThreads()).toMatchObject({ count: 1, reason: 'a worker vanished within a kernel' });
  });
});

describe('a process', () => {
  const core = new URL('../../packages/core/src/index.ts', import.meta.url);
  const child = (script: string): { status: number | null; stdout: string; stderr: string } =>
    spawnSync(process.execPath, ['--input-type=module', '--eval', `import * as core from '${core}';\n${script}`], {
      encoding: 'utf8',
      timeout: 30_000,
    });

  test('exits by itself, with workers that wait, sleep, or still start', () => {
    const work = `
      await core.setDevice('wasm');
      core.setThreads(2);
      const x = core.ones([1000, 1000]);
      console.log(x.add(x).sum().itemSync());`;
    for (const wait of [0, 200]) {
      const { status, stdout, stderr } = child(
        `${work}\n await new Promise((resolve) => setTimeout(resolve, ${wait}));`,
      );
      expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '2000000\n', stderr: '' });
    }
  });

  test('that only imports the package starts no worker, allocates nothing and compiles nothing', () => {
    const script = `
      const made = [];
      for (const name of ['Memory', 'Module', 'Instance']) {
        const Original = WebAssembly[name];
        WebAssembly[name] = new Proxy(Original, { construct: (_, args) => (made.push(name), new Original(...args)) });
      }
      const { tensor, setDevice, deviceInfo } = await import('${core}?again');
      await setDevice('wasm');
      console.log(made.join());
      deviceInfo();
      tensor([1, 2, 3]).add(1);
      console.log(made.length > 0);`;
    expect(child(script)).toMatchObject({ status: 0, stdout: '\ntrue\n' });
  });
});
