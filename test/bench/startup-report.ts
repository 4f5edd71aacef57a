/** The table of `pnpm bench:startup`. */
import { spread, table } from './markdown.ts';
import { rounded } from './measure.ts';

/** When a program had reached its milestones: milliseconds since its process was asked for. */
export interface Milestones {
  readonly imported: number;
  readonly made: number;
  readonly stepped: number;
}

/** A way to start Node, with an empty program and with one that trains. */
export interface Start {
  readonly name: string;
  readonly empty: readonly number[];
  readonly trained: readonly Milestones[];
}

export function startupTable(starts: readonly Start[]): string {
  const shown = (values: readonly number[]): string => spread(values, (ms) => String(rounded(ms, 0)));
  const rows = starts.map(({ name, empty, trained }) => [
    name,
    shown(empty),
    ...(['imported', 'made', 'stepped'] as const).map((milestone) => shown(trained.map((one) => one[milestone]))),
  ]);
  const milestones = ['an empty program runs', 'packages are imported', 'the model is made', 'the first step is done'];
  return table(['ms from process start until', ...milestones], rows);
}
