/** What the page shows of a training: numbers, curve, samples. */
import type { LossPoint, Reference } from '../char-lm/curve.ts';
import { duration, thousands } from '../char-lm/format.ts';
import { element, show } from './dom.ts';
import { lossChart } from './loss-chart.ts';
import type { Beginning, News } from './messages.ts';

export interface Readout {
  begin(beginning: Beginning): void;
  /** News of steps, validation, samples and the end; the rest is not shown here. */
  add(news: News): void;
}

/** The loss of a step jumps: what is shown is the mean of as many. */
const LATEST = 20;

export function readout(): Readout {
  const chart = lossChart();
  let losses: LossPoint[] = [];
  let validation: LossPoint[] = [];
  let references: readonly Reference[] = [];
  let steps = 0;

  const showAll = (tokensPerSecond?: number, stepsPerSecond?: number): void => {
    const done = losses.at(-1)?.step ?? 0;
    const latest = losses.slice(-LATEST);
    const mean = latest.reduce((sum, { loss }) => sum + loss, 0) / latest.length;
    show('step', `${thousands(done)} / ${thousands(steps)}`);
    show('loss', latest.length > 0 ? mean.toFixed(3) : '–');
    show('validation', validation.at(-1)?.loss.toFixed(3) ?? '–');
    show('speed', tokensPerSecond ? thousands(tokensPerSecond) : '–');
    show('left', stepsPerSecond ? duration((steps - done) / stepsPerSecond) : '–');
    chart.draw({ losses, validation, references });
  };

  let clock = { step: 0, time: 0 };
  return {
    begin(beginning) {
      ({ references, steps } = beginning);
      losses = [...beginning.losses];
      validation = [...beginning.validation];
      clock = { step: beginning.step, time: performance.now() };
      if (beginning.step === 0) {
        showSample('The first sample is on its way.', '');
        show('sample-step', '');
      }
      showAll();
    },
    add(news) {
      if (news.kind === 'steps') {
        losses.push(...news.losses);
        // With what is done between the steps: the time that is left has it too.
        const seconds = (performance.now() - clock.time) / 1000;
        showAll(news.tokensPerSecond, ((losses.at(-1)?.step ?? 0) - clock.step) / seconds);
      }
      if (news.kind === 'validation') validation.push(news.point);
      if (news.kind === 'end') show('left', '–');
      if (news.kind === 'sample') {
        showSample(news.prompt, news.text);
        show('sample-step', `after step ${thousands(news.step)}; grey is the text that it continues`);
      }
    },
  };
}

function showSample(prompt: string, text: string): void {
  const start = document.createElement('span');
  start.className = 'prompt';
  start.textContent = prompt;
  element('sample', HTMLElement).replaceChildren(start, text);
}
