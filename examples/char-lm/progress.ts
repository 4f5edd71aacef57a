/** How training goes: a bar where there is a terminal, a line now and then where there is none. */
import { type Options, SingleBar } from 'cli-progress';
import { bits, duration, thousands } from './format.ts';

export interface Progress {
  /** After each step: how many steps are done in all, and the step's loss in nats per token. */
  update(done: number, loss: number): void;
  /** A line of text that stays, above the bar. */
  log(line: string): void;
  /** Ends the bar, whose last state stays. Call it after an error too: the process does not end before. */
  stop(): void;
}

export interface ProgressSettings {
  /** All steps, and those that were done before this run. */
  readonly steps: number;
  readonly done?: number;
  readonly tokensPerStep: number;
  readonly stream?: NodeJS.WriteStream;
  /** Between two lines where there is no terminal. */
  readonly secondsPerLine?: number;
}

/** Shows progress on `stream`, stderr by default, so stdout stays for results. */
export function startProgress(settings: ProgressSettings): Progress {
  const { stream = process.stderr } = settings;
  return stream.isTTY ? bar(settings, stream) : lines(settings, stream);
}

function bar(settings: ProgressSettings, stream: NodeJS.WriteStream): Progress {
  const { steps, done: before = 0 } = settings;
  // The bar takes what the text leaves of a line, and on a narrow terminal the text has no bits.
  const compact = stream.columns < FULL_WIDTH + 20;
  const describe = meter(settings, compact);
  const barsize = Math.min(Math.max(stream.columns - (compact ? COMPACT_WIDTH : FULL_WIDTH), 5), 40);
  const options: Options = { stream, barsize, format: '{bar} {text}', barCompleteChar: '█', barIncompleteChar: '░' };
  const display = new SingleBar({ ...options, hideCursor: true });
  const state = { done: before, text: `${before}/${steps}` };
  const show = (): void => display.start(steps, state.done, { text: state.text });
  show();
  return {
    update(done, loss) {
      state.done = done;
      state.text = describe(done, loss);
      display.update(done, { text: state.text });
    },
    log(line) {
      // The bar's line is overwritten with the text, and drawn anew below.
      display.stop();
      stream.moveCursor(0, -1);
      stream.cursorTo(0);
      stream.clearLine(0);
      stream.write(`${line}\n`);
      show();
    },
    stop: () => display.stop(),
  };
}

function lines(settings: ProgressSettings, stream: NodeJS.WriteStream): Progress {
  const { steps, secondsPerLine = 5 } = settings;
  const describe = meter(settings);
  let last = performance.now();
  return {
    update(done, loss) {
      const text = describe(done, loss);
      const now = performance.now();
      if (now - last < secondsPerLine * 1000 && done < steps) return;
      last = now;
      stream.write(`step ${text}\n`);
    },
    log: (line) => void stream.write(`${line}\n`),
    stop: () => {},
  };
}

/** Of a usual line of `meter` with all it can tell, and of a compact one, in characters. */
const FULL_WIDTH = 78;
const COMPACT_WIDTH = 58;

/** How many of the latest steps the loss and the speed are means of. */
const WINDOW = 20;

/** Returns a function of steps done and loss that describes both, with the speed and the time left. */
function meter(
  { steps, done: before = 0, tokensPerStep }: ProgressSettings,
  compact = false,
): (done: number, loss: number) => string {
  const marks = [{ done: before, time: performance.now() }];
  const losses: number[] = [];
  return (done, nats) => {
    marks.push({ done, time: performance.now() });
    losses.push(nats);
    if (marks.length > WINDOW + 1) marks.shift();
    if (losses.length > WINDOW) losses.shift();
    const [first, last] = [marks[0], marks[marks.length - 1]];
    const stepsPerSecond = (last.done - first.done) / Math.max((last.time - first.time) / 1000, 1e-6);
    const mean = losses.reduce((sum, each) => sum + each, 0) / losses.length;
    const left = done < steps ? `${duration((steps - done) / stepsPerSecond)} left` : 'done';
    const speed = `${thousands(stepsPerSecond * tokensPerStep)} tokens/s`;
    const inBits = compact ? '' : `, ${bits(mean).toFixed(3)} bits/char`;
    return `${done}/${steps} · ${mean.toFixed(3)} nats${inBits} · ${speed} · ${left}`;
  };
}
