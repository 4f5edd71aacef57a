/**
 * The LSTM's time loop in one kernel, forward and back. T: time, B: batch, H: hidden features.
 *
 * Items are rows of the batch: a thread takes some of them through all steps, so that nobody waits for anybody in between.
 * The recurrent weights are packed once; the cell is its scalar program, as everywhere. Definition: ops/lstm-sequence.ts.
 */

import type { Derived, Program } from '../../scalar/program.ts';
import { isContiguous, sizeOf } from '../../shape.ts';
import type { FusedKernels, View } from '../device.ts';
import { ADD_F32, emitAddRow } from './add-row.ts';
import type { Callable, FunctionBuilder, I32, Local } from './assembler.ts';
import { copy } from './copy.ts';
import { gemm } from './gemm.ts';
import { packMatrix } from './gemm-run.ts';
import { currentTile } from './gemm-tile.ts';
import { i32 } from './instructions.ts';
import { emitMap, SEGMENT } from './map-kernel.ts';
import { addressOf, allocate, arrayOf, release, type WasmBuffer } from './memory.ts';
import { argumentsAt, compileKernels, type Kernel, type KernelBuilder, run } from './runtime.ts';
import { threadInfo } from './threads.ts';

export const lstmForward: NonNullable<FusedKernels['lstmForward']> = (cell, inputs, { gates, outputs, cells }) => {
  const [T, B, H] = outputs.shape as [number, number, number];
  const [row, column] = inputs.weightHh.strides.map((stride) => 4 * stride) as [number, number];
  const weights = packMatrix({
    ...{ address: addressOf(inputs.weightHh), rows: H, columns: 4 * H, strideRow: column, strideColumn: row },
  });
  const words = allocate('i32', B * AREA);
  withPacked([inputs.h0, inputs.c0], (read) => {
    const memory = [weights.buffer, words].map(({ address }) => address);
    const written = [gates, outputs, cells].map(addressOf);
    run(kernelOf(cell, emitForward), [T, B, H, ...memory, ...read, ...written], B, grainOf(B));
  });
  for (const buffer of [weights.buffer, words]) release(buffer);
};

export const lstmBackward: NonNullable<FusedKernels['lstmBackward']> = (cell, inputs, { gGates, gh0, gc0, gBias }) => {
  const [T, B, H] = inputs.outputs.shape as [number, number, number];
  const [row, column] = inputs.weightHh.strides.map((stride) => 4 * stride) as [number, number];
  const weights = packMatrix({
    ...{ address: addressOf(inputs.weightHh), rows: 4 * H, columns: H, strideRow: row, strideColumn: column },
  });
  const words = allocate('i32', B * AREA);
  arrayOf(gBias.buffer, 'f32', gBias.offset, sizeOf(gBias.shape)).fill(0);
  copy(inputs.gHn, gh0); // where the state's gradients are kept on their way back
  copy(inputs.gCn, gc0);
  withPacked([inputs.gOutputs, inputs.c0], (read) => {
    const memory = [weights.buffer, words].map(({ address }) => address);
    const known = [inputs.outputs, inputs.cells, inputs.activations].map(addressOf);
    const written = [gGates, gh0, gc0, gBias].map(addressOf);
    const emit = (m: KernelBuilder): void => emitBackward(m, cell);
    run(kernelOf(cell.program, emit), [T, B, H, ...memory, ...read, ...known, ...written], B, grainOf(B));
  });
  for (const buffer of [weights.buffer, words]) release(buffer);
};

/** Rows of the batch that a thread takes through the loop: an equal share. */
function grainOf(B: number): number {
  return Math.max(1, Math.ceil(B / threadInfo().count));
}

const kernels = new WeakMap<Program, Kernel>();

function kernelOf(program: Program, emit: (m: KernelBuilder, program: Program) => void): Kernel {
  let kernel = kernels.get(program);
  if (!kernel) kernels.set(program, (kernel = compileKernels(['steps'], (m) => emit(m, program)).steps));
  return kernel;
}

function emitForward(m: KernelBuilder, program: Program): void {
  const { multiply } = gemm(m, currentTile());
  const cell = emitCell(m, program);
  m.kernel('steps', (f, args, from, to) => {
    const [T, B, H, weights, words, h0, c0, gates, outputs, cells] = readAll(f, args, 10);
    const [rows, H4] = [f.local('i32', i32.sub(to, from)), f.local('i32', i32.shl(H!, i32.const(2)))];
    const [h, c] = [f.local('i32', rowOf(h0!, from, H4, 1)), f.local('i32', rowOf(c0!, from, H4, 1))];
    const call = cell.start(f, { area: areaOf(words!, from), H: H!, rows });
    f.for(i32.const(0), T!, 1, (t) => {
      const first = f.local('i32', i32.add(i32.mul(t, B!), from));
      const N = i32.shl(H!, i32.const(2));
      const now = f.local('i32', rowOf(gates!, first, H4, 4));
      f.do(multiply.call(rows, N, H!, h, H4, weights!, now, i32.shl(H4, i32.const(2)), i32.const(1)));
      const [cNow, hNow] = [f.local('i32', rowOf(cells!, first, H4, 1)), f.local('i32', rowOf(outputs!, first, H4, 1))];
      call([now, c, cNow, hNow, now]);
      f.set(h, hNow);
      f.set(c, cNow);
    });
  });
}

function emitBackward(m: KernelBuilder, { program, sources }: Derived): void {
  const { multiply } = gemm(m, currentTile());
  const cell = emitCell(m, program);
  m.kernel('steps', (f, args, from, to) => {
    const [T, B, H, weights, words, gOutputs, c0, outputs, cells, activations, gGates, gh0, gc0, gBias] = readAll(
      f,
      args,
      14,
    );
    const [rows, H4] = [f.local('i32', i32.sub(to, from)), f.local('i32', i32.shl(H!, i32.const(2)))];
    const [gh, gc] = [f.local('i32', rowOf(gh0!, from, H4, 1)), f.local('i32', rowOf(gc0!, from, H4, 1))];
    const call = cell.start(f, { area: areaOf(words!, from), H: H!, rows });
    const [t, first, before] = [f.local('i32', T), f.local('i32'), f.local('i32')];
    f.countDown(t, 1, () => {
      // countDown takes one off t at the end: this is step t - 1
      f.set(first, i32.add(i32.mul(i32.sub(t, i32.const(1)), B!), from));
      const previous = rowOf(cells!, i32.sub(first, B!), H4, 1);
      f.set(before, i32.select(previous, rowOf(c0!, from, H4, 1), i32.gtS(t, i32.const(1))));
      const addresses = {
        input: [undefined, before],
        output: [rowOf(cells!, first, H4, 1), rowOf(outputs!, first, H4, 1), rowOf(activations!, first, H4, 4)],
        cotangent: [gc, rowOf(gOutputs!, first, H4, 1), undefined, gh],
      };
      const gates = f.local('i32', rowOf(gGates!, first, H4, 4));
      call([...sources.map((source) => addresses[source.from][source.index]!), gates, gc]);
      emitAddRow(f, rowOf(gBias!, from, H4, 4), gates, i32.mul(rows, H4), ADD_F32); // H4 bytes a row of H are 4H elements
      const K = i32.shl(H!, i32.const(2));
      f.do(multiply.call(rows, H!, K, gates, i32.shl(H4, i32.const(2)), weights!, gh, H4, i32.const(0)));
    });
  });
}

interface Cell {
  /** Writes what stays the same in all steps; returns what runs the cell at some addresses, inputs before outputs. */
  start(
    f: FunctionBuilder,
    at: { readonly area: I32; readonly H: I32; readonly rows: I32 },
  ): (addresses: readonly I32[]) => void;
}

/** Words in which a thread passes the cell its arguments. */
const AREA = 64;

/** The cell's program as a function of the module, for rows that are adjacent in every view. */
function emitCell(m: KernelBuilder, program: Program): Cell {
  const lanes = [...program.inputs.map((slot) => slot.lanes), ...program.outputs.map((output) => output.lanes.length)];
  const modes = lanes.map(() => 'adjacent' as const);
  const run: Callable<readonly ['i32', 'i32', 'i32']> = m.helper(
    undefined,
    ['i32', 'i32', 'i32'],
    [],
    (f, args, from, to) => emitMap(m, f, argumentsAt(args), from, to, { program, numbers: 'f32', modes }),
  );
  return {
    start(f, { area: where, H, rows }) {
      const area = f.local('i32', where);
      const word = (k: number, value: I32): void => f.do(i32.store(area, value, 4 * k));
      const segments = f.local('i32', i32.divU(i32.add(H, i32.const(SEGMENT - 1)), i32.const(SEGMENT)));
      const bytes = f.local('i32', i32.shl(H, i32.const(2)));
      const table = 2 + 3 * lanes.length;
      word(0, H);
      word(1, segments);
      lanes.forEach((_, view) => {
        word(2 + 3 * view + 1, i32.const(4));
        word(2 + 3 * view + 2, bytes);
      });
      word(table, i32.const(4 * (1 + lanes.length)));
      word(table + 1, rows);
      lanes.forEach((count, view) => {
        word(table + 2 + view, i32.mul(bytes, i32.const(count)));
      });
      return (addresses) => {
        addresses.forEach((address, view) => {
          word(2 + 3 * view, address);
        });
        f.do(run.call(area, i32.const(0), i32.mul(rows, segments)));
      };
    },
  };
}

/** The address of row `index` of rows of `count` times H elements. */
function rowOf(base: I32, index: I32, H4: I32, count: number): I32 {
  return i32.add(base, i32.mul(index, i32.mul(H4, i32.const(count))));
}

function areaOf(words: I32, item: I32): I32 {
  return i32.add(words, i32.mul(item, i32.const(4 * AREA)));
}

function readAll(
  f: FunctionBuilder,
  args: Parameters<Parameters<KernelBuilder['kernel']>[1]>[1],
  count: number,
): Local<'i32'>[] {
  return Array.from({ length: count }, (_, k) => f.local('i32', args.i32(k)));
}

/** Runs `use` with the addresses of the views' elements in row-major order; what lies otherwise is copied first. */
function withPacked(views: readonly View[], use: (addresses: number[]) => void): void {
  const copies: WasmBuffer[] = [];
  const addresses = views.map((view) => {
    if (isContiguous(view.shape, view.strides)) return addressOf(view);
    const buffer = allocate('f32', sizeOf(view.shape));
    copies.push(buffer);
    const strides = view.shape.map((_, d) => sizeOf(view.shape.slice(d + 1)));
    copy(view, { buffer, dtype: view.dtype, offset: 0, shape: view.shape, strides });
    return buffer.address;
  });
  use(addresses);
  for (const buffer of copies) release(buffer);
}
