/** The table of `pnpm bench:memory`. */
import type { PoolStats } from '@tapegrad/core';
import { table } from './markdown.ts';

/** What a process holds after some steps. Bytes. */
export interface Held {
  readonly steps: number;
  readonly pool: Pick<PoolStats, 'bytesInUse' | 'bytesIdle'>;
  readonly heap: number;
  readonly rss: number;
}

/** What is held at some steps, and how that compares with the first of them. */
export function memoryTable(held: readonly Held[]): string {
  const first = held[0]!;
  const columns: readonly (readonly [string, (one: Held) => number])[] = [
    ['in use in the pool', ({ pool }) => pool.bytesInUse],
    ['idle in the pool', ({ pool }) => pool.bytesIdle],
    ["JavaScript's heap", ({ heap }) => heap],
    ['RSS', ({ rss }) => rss],
  ];
  return table(
    ['after steps', ...columns.map(([name]) => `${name}, MiB`)],
    held.map((one) => [
      one.steps.toLocaleString('en'),
      ...columns.map(([, of]) =>
        one === first ? mebibytes(of(one)) : `${mebibytes(of(one))} (${change(of(one), of(first))})`,
      ),
    ]),
  );
}

function mebibytes(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(2);
}

/** `equal`, or by how many percent there is more or less. */
function change(now: number, before: number): string {
  if (now === before) return 'equal';
  const percent = 100 * (now / before - 1);
  return `${percent < 0 ? '-' : '+'}${Math.abs(percent).toFixed(1)}%`;
}
