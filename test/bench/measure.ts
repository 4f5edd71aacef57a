/** Timing, and the lines of JSON that hold results: the last lines of standard output, the same fields for all contenders. */
import { readFileSync } from 'node:fs';
import type { ModelName } from './problem.ts';

/** What a training run measured. Times are milliseconds a step. */
export interface StepLine {
  readonly peer: string;
  readonly version: string;
  readonly model: ModelName;
  readonly threads: number;
  /** Timed steps, after the warm-up steps. */
  readonly steps: number;
  readonly ms_median: number;
  readonly ms_best: number;
  readonly tokens_per_second: number;
  /** Peak resident memory of the process, MiB. */
  readonly peak_rss_mb: number;
  /** The loss of the first warm-up step, with the starting weights; null: not a number, or of other data. */
  readonly loss_first: number | null;
  readonly loss_last: number | null;
}

/** What one operation took, in milliseconds a call. */
export interface OpLine {
  readonly peer: string;
  readonly version: string;
  readonly threads: number;
  readonly op: string;
  readonly calls: number;
  readonly ms_median: number;
  readonly ms_best: number;
  /** Where a call is so short that only the mean of many counts. */
  readonly ms_mean?: number;
  readonly gflops?: number;
  /** Bytes that a call reads and writes, where memory is what it waits for. */
  readonly bytes?: number;
}

/** How tapegrad ran: further fields of its lines. */
export interface Mode {
  readonly device: string;
  /** 256-bit instructions in WebAssembly. */
  readonly wide_simd: boolean;
  /** webgpu: what computes. */
  readonly adapter?: string;
}

/** How long to measure. */
export interface Span {
  readonly seconds: number;
  /** An exact number of timed calls instead. */
  readonly steps?: number | undefined;
  readonly atLeast: number;
}

/** Milliseconds of each of repeated calls. */
export async function timed(call: () => unknown, { seconds, steps, atLeast }: Span): Promise<number[]> {
  const ms: number[] = [];
  const end = performance.now() + seconds * 1e3;
  while (steps ? ms.length < steps : ms.length < atLeast || performance.now() < end) {
    const start = performance.now();
    await call();
    ms.push(performance.now() - start);
  }
  return ms;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

export function rounded(x: number, digits = 3): number {
  return Number(x.toFixed(digits));
}

/** Peak resident memory of this process, MiB. Linux: VmHWM, which starts afresh at exec; maxRSS may be the launcher's. */
export function peakRssMb(): number {
  return peakRssMbOf('self') ?? process.resourceUsage().maxRSS / 1024;
}

/** Peak resident memory of a process, MiB; undefined where there is no /proc. */
export function peakRssMbOf(pid: number | 'self'): number | undefined {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1024;
  } catch {
    return undefined;
  }
}
