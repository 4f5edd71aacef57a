/** How fast steps are, without what is done between them now and then. */

export interface StepTimer {
  /** After each step. */
  step(): void;
  /** After what is no step. */
  pause(): void;
  /** Of the latest steps; 0 before the first. */
  tokensPerSecond(): number;
}

export function stepTimer(tokensPerStep: number, latest = 20): StepTimer {
  const durations: number[] = [];
  let last = performance.now();
  return {
    step() {
      const now = performance.now();
      durations.push(now - last);
      if (durations.length > latest) durations.shift();
      last = now;
    },
    pause() {
      last = performance.now();
    },
    tokensPerSecond() {
      const milliseconds = durations.reduce((sum, each) => sum + each, 0);
      return milliseconds > 0 ? (1000 * durations.length * tokensPerStep) / milliseconds : 0;
    },
  };
}
