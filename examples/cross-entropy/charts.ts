/**
 * Two pictures of cross-entropy, each the text of an SVG file.
 *
 * A model said that something would happen with probability p, and it did. The loss is -log p, in nats: how surprised
 * the model is. The values come from tapegrad, the drawing is Observable Plot's.
 */

import * as Plot from '@observablehq/plot';
import { linspace, type Tensor, tensor } from '@tapegrad/core';
import { parseHTML } from 'linkedom';

// ---- one prediction ------------------------------------------------------------------------------------------------

/** -log p against the probability p of the true class: nothing to pay at p = 1, without bound towards p = 0. */
export function lossChart(): string {
  const p = linspace(0.007, 1, 250);
  // Who guesses among n classes gives 1/n to each, and pays log n.
  const classes = [2, 5, 10, 50];
  const guesses = points(tensor(classes).reciprocal(), tensor(classes).reciprocal().log().neg());
  const labelled = guesses.map((point, k) => ({ ...point, label: `1 of ${classes[k]}: ${point.y.toFixed(2)}` }));

  return draw({
    title: 'Cross-entropy punishes being sure and wrong',
    subtitle: 'The loss of one prediction is -log p, where p is the probability that it gave to the true class.',
    x: 'predicted probability p of the true class',
    y: 'loss in nats',
    top: 5,
    legend: [
      { name: 'loss = -log p', stroke: BLUE },
      { name: 'p = 1: certain and right, loss 0', stroke: RED, dashed: true },
      { name: 'a guess: one class of n', dot: INK },
    ],
    marks: [
      Plot.ruleX([1], { stroke: RED, strokeWidth: 2, strokeDasharray: '6 4' }),
      Plot.line(points(p, p.log().neg()), { x: 'x', y: 'y', stroke: BLUE, strokeWidth: 3 }),
      Plot.dot(labelled, { x: 'x', y: 'y', fill: INK, stroke: 'white', r: 5 }),
      Plot.text(labelled, { x: 'x', y: 'y', text: 'label', textAnchor: 'start', dx: 10, dy: -8, ...HALO }),
      Plot.dot([[1, 0]], { fill: RED, stroke: 'white', r: 6 }),
    ],
  });
}

// ---- two classes ---------------------------------------------------------------------------------------------------

/** -(y log p + (1 - y) log(1 - p)): what a model that says "class 1 with probability p" pays when the label is y. */
export function binaryLoss(p: Tensor, y: 0 | 1): Tensor {
  const opposite = p.neg().add(1);
  return p
    .log()
    .mul(y)
    .add(opposite.log().mul(1 - y))
    .neg();
}

/** Both labels of the binary case over p in [0.01, 0.99]: mirror images that meet where the model does not know. */
export function binaryChart(): string {
  const p = linspace(0.01, 0.99, 197);
  const half = tensor([0.5]);
  const middle = points(half, binaryLoss(half, 1)).map((point) => ({
    ...point,
    label: `ln 2 = ${point.y.toFixed(3)}`,
  }));

  return draw({
    title: 'Binary cross-entropy: each label pulls to its own side',
    subtitle:
      'One number p answers for both classes. Whatever the label is, p = 0.5 costs ln 2 nats, which is one bit.',
    x: 'predicted probability p of class 1',
    y: 'loss in nats',
    top: 5,
    legend: [
      { name: 'label y = 1: loss = -log p', stroke: BLUE },
      { name: 'label y = 0: loss = -log(1 - p)', stroke: RED },
      { name: 'p = 0.5: no opinion', dot: INK },
    ],
    marks: [
      Plot.line(points(p, binaryLoss(p, 1)), { x: 'x', y: 'y', stroke: BLUE, strokeWidth: 3 }),
      Plot.line(points(p, binaryLoss(p, 0)), { x: 'x', y: 'y', stroke: RED, strokeWidth: 3 }),
      Plot.dot(middle, { x: 'x', y: 'y', fill: INK, stroke: 'white', r: 5 }),
      Plot.text(middle, { x: 'x', y: 'y', text: 'label', dy: -20, ...HALO }),
    ],
  });
}

// ---- how both are drawn --------------------------------------------------------------------------------------------

interface Chart {
  readonly title: string;
  readonly subtitle: string;
  /** What the axes show, with the unit. */
  readonly x: string;
  readonly y: string;
  /** Where the axis of the loss ends. */
  readonly top: number;
  readonly legend: readonly Entry[];
  readonly marks: readonly Plot.Markish[];
}

/** A line of the legend: a stroke or a dot, and what it stands for. */
interface Entry {
  readonly name: string;
  readonly stroke?: string;
  readonly dashed?: boolean;
  readonly dot?: string;
}

interface Point {
  readonly x: number;
  readonly y: number;
}

const SIZE = { width: 860, height: 520, marginTop: 118, marginRight: 40, marginBottom: 56, marginLeft: 66 };
const INK = '#222';
const FAINT = '#666';
const BLUE = '#3b6fb6';
const RED = '#d1495b';
/** Keeps letters readable where they cross a line. */
const HALO = { fill: INK, stroke: 'white', strokeWidth: 6 };

function draw({ title, subtitle, x, y, top, legend, marks }: Chart): string {
  const svg = Plot.plot({
    document: parseHTML('<!doctype html><html><body></body></html>').document,
    ...SIZE,
    style: { background: 'white', color: INK, fontFamily: 'system-ui, sans-serif', fontSize: '13px' },
    x: { domain: [0, 1], label: null, ticks: 10 },
    y: { domain: [0, top], label: null, grid: true, ticks: 5, tickSize: 0 },
    marks: [
      Plot.text([title], { frameAnchor: 'top-left', dy: -100, fontSize: 20, fontWeight: 'bold' }),
      Plot.text([subtitle], { frameAnchor: 'top-left', dy: -70, fill: FAINT }),
      Plot.text([x], { frameAnchor: 'bottom', dy: 44 }),
      Plot.text([y], { frameAnchor: 'left', rotate: -90, dx: -46 }),
      Plot.ruleY([0], { stroke: FAINT }),
      ...marks,
    ],
  });
  svg.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  return `${svg.outerHTML.replace(/<\/svg>$/, `${legendOf(legend)}</svg>`)}\n`;
}

/** A row between the titles and the frame. */
function legendOf(entries: readonly Entry[]): string {
  const column = (SIZE.width - SIZE.marginLeft - SIZE.marginRight) / entries.length;
  const items = entries.map(({ name, stroke, dashed, dot }, k) => {
    const sign = dot
      ? `<circle cx="12" r="5" fill="${dot}"/>`
      : `<line x2="24" stroke="${stroke}" stroke-width="3"${dashed ? ' stroke-dasharray="6 4"' : ''}/>`;
    const text = `<text x="32" dy="0.32em" fill="currentColor">${name}</text>`;
    return `<g transform="translate(${k * column}, 0)">${sign}${text}</g>`;
  });
  const place = `translate(${SIZE.marginLeft}, ${SIZE.marginTop - 24})`;
  return `<g class="legend" text-anchor="start" transform="${place}">${items.join('')}</g>`;
}

/** Two vectors as the points that Plot draws. */
function points(x: Tensor, y: Tensor): Point[] {
  const [xs, ys] = [x.dataSync(), y.dataSync()]; // waits for the device
  return Array.from(xs, (value, k) => ({ x: value, y: ys[k]! }));
}
