/** Which WebAssembly features the engine has, and which of them were switched on. */

import { type FunctionBuilder, ModuleBuilder } from './assembler.ts';
import { nodeProcess } from './host.ts';
import { f32x4 } from './instructions.ts';

export interface Features {
  /** a * b + c in one rounding. */
  readonly relaxedSimd: boolean;
  /** V8 joins adjacent 128-bit operations into 256-bit ones: Node on x64 with --experimental-wasm-revectorize. */
  readonly wideSimd: boolean;
  /** Memory that threads can share. */
  readonly sharedMemory: boolean;
}

let known: Features | undefined;
let hasSimd: boolean | undefined;
const absent = new Set<keyof Features>();

export function features(): Features {
  known ??= {
    relaxedSimd: !absent.has('relaxedSimd') && canCompile((f) => void f.local('v128', f32x4.fma(one, one, one))),
    wideSimd: !absent.has('wideSimd') && hasWideSimd(),
    sharedMemory: whyNotShared() === undefined,
  };
  return known;
}

/** Leaves features out, for tests: call it before the first kernel is compiled. */
export function withoutFeatures(names: readonly (keyof Features)[]): void {
  for (const name of names) absent.add(name);
  known = undefined;
}

/** Why the device cannot be used here; undefined where it can. */
export function whyNoSimd(): string | undefined {
  if (typeof WebAssembly === 'undefined') return 'the engine has no WebAssembly';
  hasSimd ??= canCompile((f) => void f.local('v128', one));
  return hasSimd ? undefined : 'the engine has no WebAssembly SIMD';
}

/** Why threads cannot share memory here; undefined where they can. */
export function whyNotShared(): string | undefined {
  if (absent.has('sharedMemory')) return 'shared memory is switched off';
  if (typeof SharedArrayBuffer === 'undefined' || globalThis.crossOriginIsolated === false)
    return 'the page is not cross-origin isolated (it needs the headers Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp)';
  return undefined;
}

/** The library never changes V8's flags, which is unsafe once code runs: the flag must come on the command line. */
function hasWideSimd(): boolean {
  const node = nodeProcess();
  return node?.arch === 'x64' && node.execArgv.some((arg) => /^--experimental[-_]wasm[-_]revectorize$/.test(arg));
}

const one = f32x4.const(1);

function canCompile(body: (f: FunctionBuilder) => void): boolean {
  const m = new ModuleBuilder({ initialPages: 1, maximumPages: 1, shared: false });
  m.function('probe', [], [], body);
  return WebAssembly.validate(m.bytes());
}
