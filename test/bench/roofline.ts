/** What this machine can do at most: multiply-adds with 128 and 256 bits, and copying memory that no cache holds. */
import { spawn, spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { Worker } from 'node:worker_threads';
import { ROOT } from './built.ts';
import { rounded } from './measure.ts';

/** All threads together. */
export interface Roofline {
  readonly threads: number;
  /** Undefined where there is no C compiler. */
  readonly fma128_gflops?: number;
  readonly fma256_gflops?: number;
  /** Bytes read and bytes written, in GB/s, by the C library's copy of 64 MB. */
  readonly copy_gbs: number;
}

/** Measures for about 6 s. `peers` is the folder with gemm_peak.c. */
export async function measureRoofline(peers: string, threads: number): Promise<Roofline> {
  return { threads, ...(await multiplyAddPeak(peers, threads)), copy_gbs: await copyRate(threads) };
}

/** One process a thread, all at once. */
async function multiplyAddPeak(
  peers: string,
  threads: number,
): Promise<Partial<Record<'fma128_gflops' | 'fma256_gflops', number>>> {
  const program = join(ROOT, 'node_modules/.cache/gemm_peak');
  const flags = ['-O2', '-mavx2', '-mfma', '-o', program];
  const source = join(resolve(ROOT, peers), 'gemm_peak.c');
  if (spawnSync('cc', [...flags, source], { stdio: 'ignore' }).status !== 0) return {};
  const outputs = await Promise.all(Array.from({ length: threads }, () => outputOf(program)));
  const peaks = outputs.map((text) => JSON.parse(text) as Record<'fma128_gflops' | 'fma256_gflops', number>);
  const sum = (field: 'fma128_gflops' | 'fma256_gflops'): number =>
    rounded(
      peaks.reduce((total, peak) => total + peak[field], 0),
      1,
    );
  return { fma128_gflops: sum('fma128_gflops'), fma256_gflops: sum('fma256_gflops') };
}

function outputOf(program: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const child = spawn(program);
    child.stdout.on('data', (chunk) => {
      text += chunk;
    });
    child.on('error', reject);
    child.on('close', (code) => (code === 0 ? resolve(text) : reject(new Error(`${program} exits with ${code}`))));
  });
}

/** Each thread copies 64 MB of its own, again and again, at the same time as the others. */
async function copyRate(threads: number): Promise<number> {
  const rates = await Promise.all(Array.from({ length: threads }, () => new Promise<number>(copyInWorker)));
  return rounded(
    rates.reduce((a, b) => a + b),
    1,
  );
}

function copyInWorker(resolve: (gbs: number) => void, reject: (error: Error) => void): void {
  const worker = new Worker(COPY, { eval: true });
  worker.on('message', resolve);
  worker.on('error', reject);
}

/** The median of 1 s of copies, after two that touch the pages. */
const COPY = `
const [from, to] = [new Float32Array(2 ** 24).fill(1), new Float32Array(2 ** 24)];
const copy = () => {
  const start = performance.now();
  to.set(from);
  return performance.now() - start;
};
copy(), copy();
const ms = [];
for (const end = performance.now() + 1000; performance.now() < end; ) ms.push(copy());
ms.sort((a, b) => a - b);
require('node:worker_threads').parentPort.postMessage((from.byteLength + to.byteLength) / ms[ms.length >> 1] / 1e6);
`;
