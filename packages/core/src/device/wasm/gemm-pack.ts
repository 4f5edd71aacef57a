/**
 * Packing: operands in the order in which the microkernels read them, whatever their strides.
 *
 * A matrix is cut into panels of a few lines (rows of A, columns of B). A panel holds, for k = 0, 1, ..., its lines'
 * k-th elements side by side: panel[k * width + line]. So a transpose costs nothing later, and memory is read in order.
 */

import type { Callable, FunctionBuilder, I32, Local } from './assembler.ts';
import { i32s, type Tile, tailWidths } from './gemm-tile.ts';
import { transposePanel } from './gemm-transpose.ts';
import { f32, f64, i32, v128 } from './instructions.ts';
import type { KernelBuilder } from './runtime.ts';

/** Strides in bytes; the panels are 4 K bytes a line. */
export type Pack = Callable<PackParams>;

type PackParams = readonly [lines: 'i32', K: 'i32', source: 'i32', strideLine: 'i32', strideK: 'i32', panels: 'i32'];

/** Panels of `tile.rows` rows, and at the end panels as high as `panelRows` says. */
export function packRows(m: KernelBuilder, tile: Tile): Pack {
  const copyAny = copyElements(m);
  const whole = wholePanels(m, tile.rows, copyAny);
  return m.helper(undefined, i32s<PackParams>(6), [], (f, lines, K, source, strideLine, strideK, panels) => {
    const count = f.local('i32', wholeRowPanels(tile, lines));
    f.do(whole.call(count, K, source, strideLine, strideK, panels));
    const done = f.local('i32', i32.mul(count, i32.const(tile.rows)));
    f.set(lines, i32.sub(lines, done));
    f.set(source, i32.add(source, i32.mul(done, strideLine)));
    f.set(panels, i32.add(panels, i32.mul(done, i32.shl(K, i32.const(2)))));
    const height = f.local('i32');
    f.while(
      () => i32.gtS(lines, i32.const(0)),
      () => {
        f.set(height, panelRows(tile, lines));
        f.do(copyAny.call(height, height, i32.shl(height, i32.const(2)), K, source, strideLine, strideK, panels));
        f.set(source, i32.add(source, i32.mul(height, strideLine)));
        f.set(panels, i32.add(panels, i32.mul(height, i32.shl(K, i32.const(2)))));
        f.set(lines, i32.sub(lines, height));
      },
    );
  });
}

/** Panels of `tile.columns` columns; the last one is filled up with zeros as far as the microkernels read. */
export function packColumns(m: KernelBuilder, tile: Tile): Pack {
  const copyAny = copyElements(m);
  const whole = wholePanels(m, tile.columns, copyAny);
  return m.helper(undefined, i32s<PackParams>(6), [], (f, lines, K, source, strideLine, strideK, panels) => {
    const count = f.local('i32', i32.divU(lines, i32.const(tile.columns)));
    f.do(whole.call(count, K, source, strideLine, strideK, panels));
    const done = f.local('i32', i32.mul(count, i32.const(tile.columns)));
    f.set(lines, i32.sub(lines, done));
    f.if(lines, () => {
      const from = i32.add(source, i32.mul(done, strideLine));
      const to = i32.add(panels, i32.mul(done, i32.shl(K, i32.const(2))));
      f.do(
        copyAny.call(lines, paddedWidth(tile, lines), i32.const(4 * tile.columns), K, from, strideLine, strideK, to),
      );
    });
  });
}

/** Rows of the next panel when `rest` are left: what exceeds a multiple is shared by the last two, 6 + 1 = 4 + 3. */
export function panelRows(tile: Tile, rest: I32): I32 {
  const full = i32.const(tile.rows);
  const half = i32.shrU(i32.add(rest, i32.const(1)), i32.const(1));
  return i32.select(full, i32.select(half, rest, i32.gtS(rest, full)), i32.geS(rest, i32.const(2 * tile.rows)));
}

/** How many panels are full before the last ones are shared. */
function wholeRowPanels(tile: Tile, rows: I32): I32 {
  const [all, rest] = [i32.divU(rows, i32.const(tile.rows)), i32.remU(rows, i32.const(tile.rows))];
  return i32.sub(all, i32.and(i32.ne(rest, i32.const(0)), i32.ne(all, i32.const(0))));
}

/** The width to which `columns` (fewer than a tile) are padded. */
export function paddedWidth(tile: Tile, columns: I32): I32 {
  const widths = tailWidths(tile);
  return widths
    .slice(0, -1)
    .reduceRight(
      (wider, width) => i32.select(i32.const(width), wider, i32.leS(columns, i32.const(width))),
      i32.const(widths.at(-1)!),
    );
}

type CopyElements = readonly [
  ...[
    lines: 'i32',
    width: 'i32',
    step: 'i32',
    K: 'i32',
    source: 'i32',
    strideLine: 'i32',
    strideK: 'i32',
    panel: 'i32',
  ],
];

/** One panel of any width, element by element, with zeros from `lines` to `width`; `step` bytes for each k. */
function copyElements(m: KernelBuilder): Callable<CopyElements> {
  return m.helper(
    undefined,
    i32s<CopyElements>(8),
    [],
    (f, lines, width, step, K, source, strideLine, strideK, panel) => {
      const [from, to] = [f.local('i32'), f.local('i32')];
      f.countDown(K, 1, () => {
        f.set(from, source);
        f.set(to, panel);
        f.for(i32.const(0), width, 1, (line) => {
          f.if(
            i32.ltS(line, lines),
            () => f.do(f32.store(to, f32.load(from))),
            () => f.do(f32.store(to, f32.const(0))),
          );
          f.set(from, i32.add(from, strideLine));
          f.increment(to, 4);
        });
        f.set(source, i32.add(source, strideK));
        f.set(panel, i32.add(panel, step));
      });
    },
  );
}

/** So many panels of one width, the fastest way that the strides allow. */
function wholePanels(m: KernelBuilder, width: number, copyAny: Callable<CopyElements>): Pack {
  const group = width > 8 ? 2 : 4;
  const copyGroup = copyPanels(m, width, group);
  const copyOne = copyPanels(m, width, 1);
  const transpose = transposePanel(m, width);
  return m.helper(undefined, i32s<PackParams>(6), [], (f, count, K, source, strideLine, strideK, target) => {
    const bytes = f.local('i32', i32.mul(K, i32.const(4 * width)));
    const pack = (panels: number, one: () => void): void =>
      f.countDown(count, panels, () => {
        one();
        f.set(source, i32.add(source, i32.mul(strideLine, i32.const(width * panels))));
        f.set(target, i32.add(target, i32.mul(bytes, i32.const(panels))));
      });
    f.if(i32.eq(strideLine, i32.const(4)), () => {
      pack(group, () => f.do(copyGroup.call(K, source, strideK, target, bytes)));
      pack(1, () => f.do(copyOne.call(K, source, strideK, target, bytes)));
    });
    f.if(i32.eq(strideK, i32.const(4)), () => pack(1, () => f.do(transpose.call(K, source, strideLine, target))));
    const all = i32.const(width);
    pack(1, () => f.do(copyAny.call(all, all, i32.const(4 * width), K, source, strideLine, strideK, target)));
  });
}

type CopyPanels = readonly [K: 'i32', source: 'i32', strideK: 'i32', target: 'i32', bytes: 'i32'];

/** Adjacent panels, `bytes` each, whose lines are contiguous across. */
function copyPanels(m: KernelBuilder, width: number, panels: number): Callable<CopyPanels> {
  return m.helper(undefined, i32s<CopyPanels>(5), [], (f, K, source, strideK, target, bytes) => {
    const targets = [target];
    for (let p = 1; p < panels; p++) targets.push(f.local('i32', i32.add(targets[p - 1]!, bytes)));
    f.countDown(K, 1, () => {
      targets.forEach((to, p) => {
        copyLine(f, source, to, 4 * width * p, width);
        f.increment(to, 4 * width);
      });
      f.set(source, i32.add(source, strideK));
    });
  });
}

/** Copies `width` adjacent elements. */
function copyLine(f: FunctionBuilder, from: Local<'i32'>, to: Local<'i32'>, offset: number, width: number): void {
  let x = 0;
  for (; x + 4 <= width; x += 4) f.do(v128.store(to, v128.load(from, offset + 4 * x), 4 * x));
  for (; x + 2 <= width; x += 2) f.do(f64.store(to, f64.load(from, offset + 4 * x), 4 * x));
  if (x < width) f.do(f32.store(to, f32.load(from, offset + 4 * x), 4 * x));
}
