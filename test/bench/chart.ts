/** Measurements beside straight lines, as an SVG file's text. */
import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { fitLine, type Point } from './fit.ts';

export interface Chart {
  readonly title: string;
  readonly subtitle: string;
  /** What the horizontal axis shows; the vertical one shows milliseconds. */
  readonly x: string;
  readonly series: readonly { readonly name: string; readonly points: readonly Point[] }[];
}

/** A dot a measurement, and the line through each series. */
export function lineChart({ title, subtitle, x, series }: Chart): string {
  const all = series.flatMap(({ points }) => points);
  const [right, top] = [Math.max(...all.map(({ n }) => n)), Math.max(...all.map(({ ms }) => ms))];
  const svg = Plot.plot({
    document: parseHTML('<!doctype html><html><body></body></html>').document,
    ...SIZE,
    style: { background: 'white', color: INK, fontFamily: 'system-ui, sans-serif', fontSize: '13px' },
    x: { domain: [0, right], label: null, tickFormat: ',d', ticks: 8 },
    y: { domain: [0, top], nice: true, label: null, grid: true, tickSize: 0, tickFormat: ',d' },
    marks: [
      Plot.text([title], { frameAnchor: 'top-left', dy: -82, fontSize: 20, fontWeight: 'bold' }),
      Plot.text([subtitle], { frameAnchor: 'top-left', dy: -54, fill: FAINT }),
      Plot.text([x], { frameAnchor: 'bottom', dy: 40 }),
      Plot.text(['milliseconds a step'], { frameAnchor: 'left', textAnchor: 'middle', rotate: -90, dx: -66 }),
      ...series.flatMap(({ points }, k) => {
        const { a, b } = fitLine(points);
        const ends = [0, right].map((n) => ({ n, ms: a + b * n }));
        return [
          Plot.line(ends, { x: 'n', y: 'ms', stroke: COLOURS[k]!, strokeWidth: 1.5 }),
          Plot.dot(points, { x: 'n', y: 'ms', fill: COLOURS[k]!, stroke: 'white', r: 5 }),
        ];
      }),
    ],
  });
  svg.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  return `${svg.outerHTML.replace(/<\/svg>$/, `${legend(series.map(({ name }) => name))}</svg>`)}\n`;
}

const SIZE = { width: 860, height: 480, marginTop: 100, marginRight: 40, marginBottom: 52, marginLeft: 88 };
const INK = '#222';
const FAINT = '#666';
const COLOURS = ['#3b6fb6', '#d1495b', '#4c956c', '#8d6a9f'];

/** A line between the titles and the frame: a stroke of each kind, and what it stands for. */
function legend(names: readonly string[]): string {
  const items = names.map(
    (name, k) =>
      `<g transform="translate(${170 * k}, 0)"><line x2="24" stroke="${COLOURS[k]}" stroke-width="3"/>` +
      `<text x="32" dy="0.32em" fill="currentColor">${name}</text></g>`,
  );
  return `<g text-anchor="start" transform="translate(${SIZE.marginLeft}, ${SIZE.marginTop - 24})">${items.join('')}</g>`;
}
