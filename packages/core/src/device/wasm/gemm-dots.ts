/**
 * Thin products, by dot products: for operands that are both contiguous along k, when one of them has few lines.
 *
 *   output[x, y] = sum over k of lines[x, k] few[y, k] (+ p[x, y])
 *
 * Nothing is packed, so that a vector times a matrix runs as fast as memory delivers the matrix.
 */

import type { Callable, FunctionBuilder, I32, Local, V128 } from './assembler.ts';
import { atOffset } from './gemm.ts';
import { words } from './gemm-matrix.ts';
import { i32s, multiplyAddOf, type Tile } from './gemm-tile.ts';
import { f32x4, i32, v128 } from './instructions.ts';
import type { KernelBuilder } from './runtime.ts';
import { emitOffsets, tableAt } from './walk.ts';

/** Lines in an item of the kernel. */
export const DOT_LINES = 4;
/** Lines of the thin operand that share the loads of the other. */
const FEW = 2;
/** Sums are added up in blocks of so many k, which bounds their rounding errors. */
const BLOCK = 4096;

/**
 * The kernel 'dots': an item is `DOT_LINES` lines, times all few. Arguments: how many lines and few, K; addresses and
 * strides (bytes) of the lines, of the few, of the output along both, and of p, or 0; items in a batch entry; the table of
 * batches.
 */
export function dotsKernel(m: KernelBuilder, tile: Tile): void {
  const tiles = [DOT_LINES, 1].map((height) => ({
    height,
    byWidth: [FEW, 1].map((width) => ({ width, dot: dotTile(m, tile, height, width) })),
  }));
  m.kernel('dots', (f, args, from, to) => {
    const [lines, few, K, x, strideX, y, strideY, output, stepX, stepY] = words(args, 0, 10);
    const [p, stepPX, stepPY, perBatch] = words(args, 10, 4);
    const [xNow, yNow, out, added] = [f.local('i32'), f.local('i32'), f.local('i32'), f.local('i32')];
    const [first, linesLeft, fewLeft] = [f.local('i32'), f.local('i32'), f.local('i32')];
    f.for(from, to, 1, (item) => {
      f.set(first, i32.mul(i32.remU(item, perBatch), i32.const(DOT_LINES)));
      f.set(linesLeft, i32.sub(lines, first));
      f.if(i32.ltS(i32.const(DOT_LINES), linesLeft), () => f.set(linesLeft, i32.const(DOT_LINES)));
      for (const { height, byWidth } of tiles) {
        f.countDown(linesLeft, height, () => {
          f.set(xNow, i32.add(x, i32.mul(first, strideX)));
          f.set(yNow, y);
          f.set(out, i32.add(output, i32.mul(first, stepX)));
          f.set(added, i32.add(p, i32.mul(first, stepPX)));
          emitOffsets(f, tableAt(args, 14), i32.divU(item, perBatch), [xNow, yNow, out, added]);
          f.set(added, i32.select(added, i32.const(0), p));
          f.set(fewLeft, few);
          for (const { width, dot } of byWidth) {
            f.countDown(fewLeft, width, () => {
              f.do(dot.call(K, xNow, strideX, yNow, strideY, out, stepX, stepY, added, stepPX, stepPY));
              f.set(yNow, i32.add(yNow, i32.mul(strideY, i32.const(width))));
              f.set(out, i32.add(out, i32.mul(stepY, i32.const(width))));
              f.set(added, atOffset(added, i32.mul(stepPY, i32.const(width))));
            });
          }
          f.increment(first, height);
        });
      }
    });
  });
}

type DotTile = readonly [
  ...[K: 'i32', x: 'i32', strideX: 'i32', y: 'i32', strideY: 'i32'],
  ...[output: 'i32', stepX: 'i32', stepY: 'i32', p: 'i32', stepPX: 'i32', stepPY: 'i32'],
];

/** output[x, y] for so many lines and few. */
function dotTile(m: KernelBuilder, tile: Tile, lines: number, few: number): Callable<DotTile> {
  const multiplyAdd = multiplyAddOf(tile);
  const unroll = few === 1 ? 2 : 1; // sums in flight: at least eight
  return m.helper(undefined, i32s<DotTile>(11), [], (f, K, x, strideX, y, strideY, ...outputs) => {
    const [output, stepX, stepY, p, stepPX, stepPY] = outputs;
    const zero = f.constant('zero', f32x4.const(0));
    const xs = pointers(f, x, strideX, lines);
    const ys = pointers(f, y, strideY, few);
    const vectors = (count: number): Local<'v128'>[] => Array.from({ length: count }, () => f.local('v128'));
    const totals = vectors(few); // a lane each line
    const sums = totals.map(() => xs.map(() => vectors(unroll)));
    const right = totals.map(() => vectors(unroll));
    const left = f.local('v128');
    const block = f.local('i32');
    const advance = (bytes: number): void =>
      [...xs, ...ys].forEach((pointer) => {
        f.increment(pointer, bytes);
      });
    const at = f.local('i32');
    const eachElement = (start: I32, alongX: I32, alongY: I32, visit: (j: number, i: number) => void): void =>
      totals.forEach((_, j) => {
        f.set(at, i32.add(start, i32.mul(alongY, i32.const(j))));
        for (let i = 0; i < lines; i++) {
          visit(j, i);
          f.set(at, i32.add(at, alongX));
        }
      });
    f.if(p, () => eachElement(p, stepPX, stepPY, (j, i) => f.set(totals[j]!, v128.loadLane(at, totals[j]!, i))));
    f.while(
      () => i32.gtS(K, i32.const(0)),
      () => {
        f.set(block, i32.select(K, i32.const(BLOCK), i32.ltS(K, i32.const(BLOCK))));
        f.set(K, i32.sub(K, block));
        for (const sum of sums.flat(2)) f.set(sum, zero);
        f.countDown(block, 4 * unroll, () => {
          ys.forEach((pointer, j) => {
            right[j]!.forEach((vector, u) => {
              f.set(vector, v128.load(pointer, 16 * u));
            });
          });
          xs.forEach((pointer, i) => {
            for (let u = 0; u < unroll; u++) {
              f.set(left, v128.load(pointer, 16 * u));
              sums.forEach((ofFew, j) => {
                f.set(ofFew[i]![u]!, multiplyAdd(left, right[j]![u]!, ofFew[i]![u]!));
              });
            }
          });
          advance(16 * unroll);
        });
        sums.forEach((ofFew, j) => {
          const [s0, s1, s2, s3] = ofFew.map((parts) =>
            parts.slice(1).reduce<V128>((total, part) => f32x4.add(total, part), parts[0]!),
          );
          f.set(totals[j]!, f32x4.add(totals[j]!, sumsOfLanes(s0!, s1 ?? zero, s2 ?? zero, s3 ?? zero)));
        });
        f.countDown(block, 1, () => {
          f.set(left, v128.loadZero(xs[0]!));
          xs.slice(1).forEach((pointer, i) => {
            f.set(left, v128.loadLane(pointer, left, i + 1));
          });
          ys.forEach((pointer, j) => {
            f.set(totals[j]!, multiplyAdd(left, v128.loadSplat(pointer), totals[j]!));
          });
          advance(4);
        });
      },
    );
    eachElement(output, stepX, stepY, (j, i) => f.do(v128.storeLane(at, totals[j]!, i)));
  });
}

function pointers(f: FunctionBuilder, first: Local<'i32'>, stride: Local<'i32'>, count: number): Local<'i32'>[] {
  const all = [first];
  for (let i = 1; i < count; i++) all.push(f.local('i32', i32.add(all[i - 1]!, stride)));
  return all;
}

/** A vector of the four vectors' sums. */
function sumsOfLanes(a: V128, b: V128, c: V128, d: V128): V128 {
  const halves = (x: V128, y: V128): V128 =>
    f32x4.add(v128.shuffle(x, y, [0, 4, 1, 5]), v128.shuffle(x, y, [2, 6, 3, 7]));
  const [ab, cd] = [halves(a, b), halves(c, d)];
  return f32x4.add(v128.shuffle(ab, cd, [0, 1, 4, 5]), v128.shuffle(ab, cd, [2, 3, 6, 7]));
}
