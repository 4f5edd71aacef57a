/** The table of bench:startup, from invented measurements. */
import { expect, it } from 'vitest';
import { openPage } from './page.ts';
import { startupTable } from './startup-report.ts';

it('the table of start-up has the median of each milestone, and its spread', () => {
  const at = (imported: number) => ({ imported, made: imported + 10.4, stepped: imported + 100 });
  expect(startupTable([{ name: 'wide SIMD', empty: [30, 41, 35], trained: [at(80), at(70), at(90)] }])).toContain(
    '| wide SIMD | 35 (30-41) | 80 (70-90) | 90 (80-100) | 180 (170-190) |',
  );
});

it('docs/benchmarks.md has the section that it is written into', () => {
  openPage('docs/benchmarks.md', ['startup']);
});
