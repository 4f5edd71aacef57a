/** The loss so far beside what counting n-grams reaches, drawn anew when there is more: at most once a frame. */
import { type LossPoint, type Reference, spread, thin } from '../char-lm/curve.ts';
import { element } from './dom.ts';

export interface Curve {
  readonly losses: readonly LossPoint[];
  readonly validation: readonly LossPoint[];
  readonly references: readonly Reference[];
}

export interface LossChart {
  draw(curve: Curve): void;
}

export function lossChart(): LossChart {
  const svg = element('chart', SVGSVGElement);
  let latest: Curve = { losses: [], validation: [], references: [] }; // axes alone, to begin with
  let isDue = false;
  const draw = (): void => {
    isDue = false;
    const { width, height } = svg.getBoundingClientRect();
    svg.replaceChildren(...parts(latest, width, height));
    svg.setAttribute('aria-label', inWords(latest));
  };
  const soon = (): void => {
    if (!isDue) requestAnimationFrame(draw);
    isDue = true;
  };
  new ResizeObserver(soon).observe(svg);
  return {
    draw(curve) {
      latest = curve;
      soon();
    },
  };
}

/** Pixels around the axes; the labels of the references stand to the right. */
const MARGIN = { top: 14, right: 104, bottom: 40, left: 40 };
/** More points cannot be told apart, and cost time. */
const MOST_POINTS = 400;

function parts({ losses, validation, references }: Curve, width: number, height: number): SVGElement[] {
  const steps = thin(losses, MOST_POINTS);
  const end = Math.max(10, losses.at(-1)?.step ?? 0, validation.at(-1)?.step ?? 0);
  const levels = [...steps, ...validation].map(({ loss }) => loss).concat(references.map(({ nats }) => nats));
  const [low, high] = levels.length > 0 ? [Math.min(...levels), Math.max(...levels)] : [0, 5];
  const pad = (high - low) * 0.04;

  const [left, right] = [MARGIN.left, Math.max(width - MARGIN.right, MARGIN.left + 1)];
  const [top, bottom] = [MARGIN.top, height - MARGIN.bottom];
  const x = (step: number): number => left + ((right - left) * step) / end;
  const y = (nats: number): number => bottom - ((bottom - top) * (nats - low + pad)) / (high - low + 2 * pad);
  const path = (points: readonly LossPoint[]): string =>
    points.map(({ step, loss }, i) => `${i === 0 ? 'M' : 'L'}${x(step).toFixed(1)} ${y(loss).toFixed(1)}`).join('');

  return [
    ...ticks(low, high, 6).flatMap((nats) => [
      make('line', { x1: left, x2: right, y1: y(nats), y2: y(nats) }),
      text(left - 8, y(nats), 'end', String(nats)),
    ]),
    ...ticks(0, end, Math.max(2, (right - left) / 90)).map((step) =>
      text(x(step), bottom + 16, 'middle', step.toLocaleString('en-US')),
    ),
    text((left + right) / 2, height - 6, 'middle', 'optimizer steps'),
    ...references.map(({ nats }) =>
      make('line', { class: 'reference', x1: left, x2: right, y1: y(nats), y2: y(nats) }),
    ),
    ...spread(references, ((high - low) * 15) / (bottom - top)).map(({ label, nats }) =>
      text(right + 8, y(nats), 'start', label),
    ),
    make('path', { class: 'each', d: path(steps) }),
    make('path', { d: path(runningMean(steps)) }),
    make('path', { class: 'watched', d: path(validation) }),
    ...validation.map(({ step, loss }) => make('circle', { cx: x(step), cy: y(loss), r: 3 })),
  ];
}

/** Each point as the mean of its neighbours, a fortieth of the curve. */
function runningMean(points: readonly LossPoint[]): LossPoint[] {
  const reach = Math.floor(points.length / 80);
  return points.map(({ step }, i) => {
    const near = points.slice(Math.max(0, i - reach), i + reach + 1);
    return { step, loss: near.reduce((sum, { loss }) => sum + loss, 0) / near.length };
  });
}

/** Round numbers between two, about as many as asked for: 1, 2 or 5 times a power of ten apart. */
function ticks(low: number, high: number, count: number): number[] {
  const rough = Math.max(high - low, 1e-6) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const apart = power * ([1, 2, 5].find((factor) => factor * power >= rough) ?? 10);
  const first = Math.ceil(low / apart);
  const last = Math.floor(high / apart + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * apart).toPrecision(6)));
}

function text(x: number, y: number, anchor: 'start' | 'middle' | 'end', content: string): SVGElement {
  const label = make('text', { x, y, dy: '0.32em', 'text-anchor': anchor });
  label.textContent = content;
  return label;
}

function make(name: string, attributes: Readonly<Record<string, string | number>>): SVGElement {
  const made = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  return made;
}

function inWords({ losses, validation, references }: Curve): string {
  const nats = (point: LossPoint): string => `${point.loss.toFixed(2)} nats per character after step ${point.step}`;
  const [loss, watched] = [losses.at(-1), validation.at(-1)];
  return [
    loss ? `Training loss ${nats(loss)}` : 'Loss curve: no step yet',
    ...(watched ? [`validation loss ${nats(watched)}`] : []),
    ...references.map(({ label, nats }) => `${label} ${nats.toFixed(2)}`),
  ].join('; ');
}
