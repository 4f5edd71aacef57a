/**
 * Thin products, by dot products: for operands that are both contiguous along k, when one of them has few lines.
 *
 *   output[x, y] = sum over k of lines[x, k] few[y, k]
 *
 * Nothing is packed, so that a vector times a matrix runs as fast as memory delivers the matrix.
 */

import type { Callable, FunctionBuilder, Local, V128 } from './assembler.ts';
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
 * strides (bytes) of the lines, of the few, and of the output along both; items in a batch entry; the table of batches.
 */
export function dotsKernel(m: KernelBuilder, tile: Tile): void {
  const tiles = [DOT_LINES, 1].map((height) => ({
    height,
    byWidth: [FEW, 1].map((width) => ({ width, dot: dotTile(m, tile, height, width) })),
  }));
  m.kernel('dots', (f, args, from, to) => {
    const [lines, few, K, x, strideX, y, strideY, output, stepX, stepY, perBatch] = words(args, 0, 11);
    const [xNow, yNow, out] = [f.local('i32'), f.local('i32'), f.local('i32')];
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
          emitOffsets(f, tableAt(args, 11), i32.divU(item, perBatch), [xNow, yNow, out]);
          f.set(fewLeft, few);
          for (const { width, dot } of byWidth) {
            f.countDown(fewLeft, width, () => {
              f.do(dot.call(K, xNow, strideX, yNow, strideY, out, stepX, stepY));
              f.set(yNow, i32.add(yNow, i32.mul(strideY, i32.const(width))));
              f.set(out, i32.add(out, i32.mul(stepY, i32.const(width))));
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
  ...[output: 'i32', stepX: 'i32', stepY: 'i32'],
];

/** output[x, y] for so many lines and few. */
function dotTile(m: KernelBuilder, tile: Tile, lines: number, few: number): Callable<DotTile> {
  const multiplyAdd = multiplyAddOf(tile);
  const unroll = few === 1 ? 2 : 1; // sums in flight: at least eight
  return m.helper(undefined, i32s<DotTile>(8), [], (f, K, x, strideX, y, strideY, output, stepX, stepY) => {
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
    totals.forEach((total, j) => {
      f.set(x, i32.add(output, i32.mul(stepY, i32.const(j))));
      for (let i = 0; i < lines; i++) {
        f.do(v128.storeLane(x, total, i));
        f.set(x, i32.add(x, stepX));
      }
    });
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
