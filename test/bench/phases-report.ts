/** Where the time of a training step goes, beside the machine's roofline. */
import type { Phase } from './kernel-timers.ts';
import { percent, readable, table } from './markdown.ts';

/** One training step: how long it took, and its kernels. */
export interface Step {
  readonly ms: number;
  readonly phases: readonly Phase[];
}

/** What bounds a phase: multiply-adds and memory traffic, of all threads together. */
export interface Bounds {
  /** GFLOP/s of the width that is in use; undefined where it was not measured. */
  readonly peak: number | undefined;
  /** GB/s, read and written. */
  readonly copy: number;
}

/** Phases below this share of the step are one row. */
const SMALL = 0.01;

export function phaseTable(steps: readonly Step[], bounds: Bounds): string {
  const quick = quickest(steps);
  const total = quick.reduce((ms, step) => ms + step.ms, 0) / quick.length;
  const phases = means(quick).sort((a, b) => b.ms - a.ms);
  const kernels = sum('kernels', phases);
  const large = phases.filter(({ ms }) => ms >= SMALL * total);
  const small = phases.filter(({ ms }) => ms < SMALL * total);
  const others = sum(`${small.length} kernels below ${percent(SMALL)} each`, small);
  const between: Phase = {
    name: 'between kernels: tape, memory, reading the loss',
    calls: 0,
    ms: total - kernels.ms,
    flop: 0,
    bytes: 0,
  };
  const step: Phase = { ...kernels, name: '**the step**', calls: 0, ms: total };
  const roofline = (some: readonly Phase[]): number => some.reduce((ms, phase) => ms + rooflineOf(phase, bounds), 0);
  const rows = [
    ...large.map((phase) => ({ phase, bound: rooflineOf(phase, bounds) })),
    ...(small.length > 0 ? [{ phase: others, bound: roofline(small) }] : []),
    { phase: between, bound: 0 },
    { phase: step, bound: roofline(phases) },
  ];
  return table(
    ['phase', 'calls', 'ms', 'of the step', 'GFLOP/s', 'GB/s', 'roofline, ms', 'reached'],
    rows.map(({ phase: { name, calls, ms, flop, bytes }, bound }) => [
      name,
      calls === 0 ? '' : String(Math.round(calls)),
      readable(ms),
      percent(ms / total),
      flop === 0 ? '' : String(Math.round(flop / ms / 1e6)),
      bytes === 0 ? '' : (bytes / ms / 1e6).toFixed(1),
      bound === 0 ? '' : readable(bound),
      bound === 0 ? '' : percent(bound / ms),
    ]),
  );
}

/** The larger of the time that its multiply-adds need, and the time that its traffic needs if no cache holds any of it. */
function rooflineOf({ flop, bytes }: Phase, { peak, copy }: Bounds): number {
  return Math.max(peak === undefined ? 0 : flop / peak / 1e6, bytes / copy / 1e6);
}

/** The quarter of the steps that took least: what disturbed the others says nothing about kernels. */
function quickest(steps: readonly Step[]): Step[] {
  return [...steps].sort((a, b) => a.ms - b.ms).slice(0, Math.ceil(steps.length / 4));
}

/** Of each phase, the mean over steps. */
function means(steps: readonly Step[]): Phase[] {
  const all = steps.flatMap(({ phases }) => phases);
  const mean = (x: number): number => x / steps.length;
  return [...new Set(all.map(({ name }) => name))].map((name) => {
    const { calls, ms, flop, bytes } = sum(
      name,
      all.filter((phase) => phase.name === name),
    );
    return { name, calls: mean(calls), ms: mean(ms), flop: mean(flop), bytes: mean(bytes) };
  });
}

function sum(name: string, phases: readonly Phase[]): Phase {
  const of = (field: 'calls' | 'ms' | 'flop' | 'bytes'): number => phases.reduce((a, phase) => a + phase[field], 0);
  return { name, calls: of('calls'), ms: of('ms'), flop: of('flop'), bytes: of('bytes') };
}
