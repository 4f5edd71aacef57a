/** How times grow: the line through them, its table, and its chart. */
import { describe, expect, it } from 'vitest';
import { deviation, fitLine } from './fit.ts';
import type { StepLine } from './measure.ts';
import { type Axis, axisChart, axisTable, type SizeSeries } from './scaling-report.ts';

describe('the line through measurements', () => {
  it('goes through points that lie on a line', () => {
    const line = fitLine([10, 20, 40].map((n) => ({ n, ms: 5 + 3 * n })));
    expect(line.a).toBeCloseTo(5, 10);
    expect(line.b).toBeCloseTo(3, 10);
    expect(deviation(line, { n: 10, ms: 38.5 })).toBeCloseTo(0.1, 10);
  });

  it('counts small and large measurements alike: no other line has smaller squares of relative deviations', () => {
    const points = [
      { n: 1, ms: 12 },
      { n: 2, ms: 18 },
      { n: 10, ms: 130 },
    ];
    const { a, b } = fitLine(points);
    const cost = (da: number, db: number): number =>
      points.reduce((sum, { n, ms }) => sum + ((a + da + (b + db) * n - ms) / ms) ** 2, 0);
    for (const [da, db] of [
      [0.01, 0],
      [-0.01, 0],
      [0, 0.01],
      [0, -0.01],
    ] as const)
      expect(cost(da, db)).toBeGreaterThan(cost(0, 0));
  });
});

describe('the report of an axis', () => {
  const axis: Axis = { name: 'time', label: 'time steps T', values: [50, 100, 200] };
  const fixed = { time: 50, vocab: 10 };
  const size = (time: number, vocab: number, fusedLoss: boolean, ...ms: (number | undefined)[]): SizeSeries => ({
    contender: { name: '', time, vocab, fusedLoss },
    rounds: ms.map((ms_median) => (ms_median === undefined ? undefined : ({ ms_median } as StepLine))),
  });
  const series = [
    size(50, 10, false, 99, 100, 200),
    size(100, 10, false, 200, 200, 200),
    size(200, 10, false, undefined),
    size(50, 20, false, 7777, 7777, 7777), // lies on the other axis
    size(50, 10, true, 50),
    size(100, 10, true, 100),
    size(200, 10, true, 200),
  ];

  it('has medians over rounds and deviations from the line, and says what failed', () => {
    expect(axisTable(axis, fixed, series).split('\n')).toEqual([
      '| time steps T | plain loss: ms a step | from 0.0 + 2.00 n | fused loss: ms a step | from 0.0 + 1.00 n |',
      '|---|---|---|---|---|',
      '| 50 | 100 | +0.0% | 50 | +0.0% |',
      '| 100 | 200 | +0.0% | 100 | +0.0% |',
      '| 200 | failed |  | 200 | +0.0% |',
    ]);
  });

  it('is drawn with a dot a measurement and a line a loss', () => {
    const svg = axisChart(axis, fixed, series, 'two threads');
    expect(svg).toContain('xmlns="http://www.w3.org/2000/svg"');
    expect(svg.match(/<circle/g)).toHaveLength(5);
    for (const text of ['time steps T', 'two threads', 'plain loss', 'fused loss']) expect(svg).toContain(text);
  });
});
