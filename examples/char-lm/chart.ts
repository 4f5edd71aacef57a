/** The loss curve of a run as an SVG file's text. */
import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { type LossPoint, type Reference, spread, thin } from './curve.ts';

export interface LossCurve {
  readonly title: string;
  readonly subtitle: string;
  /** The loss of each step's batch. */
  readonly train: readonly LossPoint[];
  /** The loss on the validation text, now and then. */
  readonly validation: readonly LossPoint[];
  readonly references: readonly Reference[];
}

/** Draws the training loss (each step faint, their running mean strong), the validation loss and the references. */
export function lossChart({ title, subtitle, train, validation, references }: LossCurve): string {
  const steps = thin(train);
  const watched = thin(validation);
  const levels = [...steps, ...watched].map(({ loss }) => loss).concat(references.map(({ nats }) => nats));
  const finite = levels.filter(Number.isFinite); // a run that diverged is drawn as far as it went
  const [low, high] = [Math.min(...finite), Math.max(...finite)];
  const end = Math.max(1, ...[...train.slice(-1), ...validation.slice(-1)].map(({ step }) => step));

  const svg = Plot.plot({
    document: parseHTML('<!doctype html><html><body></body></html>').document,
    ...SIZE,
    style: { background: 'white', color: INK, fontFamily: 'system-ui, sans-serif', fontSize: '13px' },
    x: { domain: [0, end], label: null, tickFormat: ',d', ticks: Math.min(8, end) },
    y: { domain: [low, high], nice: true, label: null, grid: true, tickSize: 0 },
    marks: [
      Plot.text([title], { frameAnchor: 'top-left', dy: -82, fontSize: 20, fontWeight: 'bold' }),
      Plot.text([subtitle], { frameAnchor: 'top-left', dy: -54, fill: FAINT }),
      Plot.text(['optimizer steps'], { frameAnchor: 'bottom', dy: 40 }),
      Plot.text(['loss in nats per character'], { frameAnchor: 'left', textAnchor: 'middle', rotate: -90, dx: -48 }),
      Plot.ruleY(references, { y: 'nats', stroke: FAINT, strokeDasharray: '5 4' }),
      Plot.text(spread(references, (high - low) / 24), {
        x: end,
        y: 'nats',
        text: 'label',
        textAnchor: 'start',
        dx: 8,
        fill: FAINT,
      }),
      Plot.line(steps, { x: 'step', y: 'loss', stroke: BLUE, strokeOpacity: 0.25, strokeWidth: 1 }),
      Plot.line(steps, running({ x: 'step', y: 'loss', stroke: BLUE, strokeWidth: 2 }, steps.length)),
      Plot.line(watched, { x: 'step', y: 'loss', stroke: RED, strokeWidth: 1.5 }),
      Plot.dot(watched, { x: 'step', y: 'loss', fill: RED, stroke: 'white', r: 4 }),
    ],
  });
  svg.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  return `${svg.outerHTML.replace(/<\/svg>$/, `${legend()}</svg>`)}\n`;
}

const SIZE = { width: 960, height: 540, marginTop: 100, marginRight: 140, marginBottom: 52, marginLeft: 64 };
const INK = '#222';
const FAINT = '#666';
const BLUE = '#3b6fb6';
const RED = '#d1495b';

/** A line between the titles and the frame: a stroke of each kind, and what it stands for. */
function legend(): string {
  const entries = [
    { x: 0, name: 'training, each step', stroke: `stroke="${BLUE}" stroke-opacity="0.4"` },
    { x: 175, name: 'training, running mean', stroke: `stroke="${BLUE}" stroke-width="2.5"` },
    { x: 375, name: 'validation', stroke: `stroke="${RED}" stroke-width="2.5"` },
    { x: 490, name: 'n-grams on the validation text', stroke: `stroke="${FAINT}" stroke-dasharray="5 4"` },
  ];
  const items = entries.map(
    ({ x, name, stroke }) =>
      `<line x1="${x}" x2="${x + 24}" ${stroke}/><text x="${x + 30}" dy="0.32em" fill="currentColor">${name}</text>`,
  );
  return `<g text-anchor="start" transform="translate(${SIZE.marginLeft}, ${SIZE.marginTop - 24})">${items.join('')}</g>`;
}

/** Options of a line through the means of neighbouring points. */
function running(line: Plot.LineOptions, points: number): Plot.LineOptions {
  return Plot.windowY({ ...line, k: Math.max(1, Math.round(points / 40)), anchor: 'middle' });
}
