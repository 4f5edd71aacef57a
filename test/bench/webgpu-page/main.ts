/** The page of `pnpm bench:webgpu`: `measure(job)` trains a contender's model, and says what its steps took. */

import { MODELS, type Sizes } from '../problem.ts';
import { count } from './counters.ts';
import type { Contender, Job, Measured } from './job.ts';

const contenders: Readonly<Record<Job['contender'], () => Promise<Contender>>> = {
  tapegrad: async () => (await import('./tapegrad.ts')).tapegrad,
  tfjs: async () => (await import('./tfjs.mjs')).tfjs,
  'jax-js': async () => (await import('./jax-js.mjs')).jaxJs,
};

/** Steps until everything is compiled. */
const WARM_UP = 3;

async function measure({ contender, model, time, seconds }: Job): Promise<Measured> {
  const counters = count();
  const sizes: Sizes = { ...MODELS.small, time };
  const began = performance.now();
  const { start } = await contenders[contender]();
  const step = await start(model === 'mlp' ? undefined : sizes);
  const losses: number[] = [];
  for (let k = 0; k < WARM_UP; k++) losses.push(await step());
  const warm = { ms: performance.now() - began, ...counters() };
  const ms: number[] = [];
  for (const end = performance.now() + seconds * 1e3; ms.length < 3 || performance.now() < end; ) {
    const before = performance.now();
    losses.push(await step());
    ms.push(performance.now() - before);
  }
  const all = counters();
  const perStep = Object.fromEntries(
    Object.entries(all).map(([name, n]) => [name, (n - warm[name as keyof typeof all]) / ms.length]),
  ) as unknown as Measured['perStep'];
  return { ms, losses, warmUpMs: warm.ms, pipelines: warm.pipelines, perStep };
}

Object.assign(globalThis, { measure });
