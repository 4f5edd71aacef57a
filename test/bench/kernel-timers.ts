/** What each kernel of a device takes and does, while a program runs. */
import type { Device, View } from '../../packages/core/src/device/device.ts';

/** Calls of one kernel with the same shapes. */
export interface Phase {
  readonly name: string;
  calls: number;
  ms: number;
  /** Floating-point operations; 0 where they are not what counts. */
  flop: number;
  /** Bytes that it must read and write. */
  bytes: number;
}

/**
 * Puts a clock around every kernel of a device: it returns when its work is done, so what is measured is the kernel and
 * nothing else. Each call of the result takes what was gathered since the last one.
 */
export function timeKernels({ kernels }: Pick<Device, 'kernels'>): () => Phase[] {
  let phases = new Map<string, Phase>();
  let inside = false;
  const timed =
    (kernel: string, run: (...args: unknown[]) => unknown) =>
    (...args: unknown[]): unknown => {
      if (inside) return run(...args); // a kernel that uses another is one phase
      inside = true;
      const start = performance.now();
      try {
        return run(...args);
      } finally {
        const ms = performance.now() - start;
        inside = false;
        add(describe(kernel, args), ms);
      }
    };
  const add = ({ name, flop, bytes }: Work, ms: number): void => {
    const phase = phases.get(name) ?? { name, calls: 0, ms: 0, flop: 0, bytes: 0 };
    phases.set(name, phase);
    phase.calls++;
    phase.ms += ms;
    phase.flop += flop;
    phase.bytes += bytes;
  };
  const wrap = (table: Record<string, unknown>): void => {
    for (const [name, entry] of Object.entries(table)) {
      if (typeof entry === 'function') table[name] = timed(name, entry as (...args: unknown[]) => unknown);
      else wrap(entry as Record<string, unknown>);
    }
  };
  wrap(kernels as unknown as Record<string, unknown>);
  return () => {
    const taken = [...phases.values()];
    phases = new Map();
    return taken;
  };
}

interface Work {
  readonly name: string;
  readonly flop: number;
  readonly bytes: number;
}

/** What a call does. Bytes are those of its views, unless its row knows better. */
function describe(kernel: string, args: readonly unknown[]): Work {
  const views = viewsIn(args);
  const bytes = views.reduce((sum, view) => sum + bytesOf(view), 0);
  const { name = shown(views[0]), ...work } = ROWS[kernel]?.(args, bytes) ?? {};
  return { flop: 0, bytes, ...work, name: `${kernel} ${name}` };
}

/** A row a kernel whose shape, work or traffic its first view does not tell: from its arguments, as `Kernels` has them. */
const ROWS: Readonly<Record<string, (args: readonly unknown[], bytes: number) => Partial<Work>>> = {
  map: ([program, , outputs]) => ({
    name: `${(program as { readonly name: string }).name} ${shown((outputs as readonly View[])[0])}`,
  }),
  reduce: ([op, input]) => ({ name: `${op} ${shown(input as View)}` }),
  matmul([a, b, output]) {
    const [left, right] = [a as View, b as View];
    const sums = (output as View).shape.reduce((x, y) => x * y, 1);
    return { name: `${shown(left)} ${shown(right)}`, flop: 2 * sums * left.shape.at(-1)! };
  },
  // Of what they pick from they touch as much as they put out, or take in.
  gather: ([source, , , output], bytes) => ({
    name: shown(output as View),
    bytes: bytes - bytesOf(source as View) + bytesOf(output as View),
  }),
  scatterAdd: ([source, , , output], bytes) => ({
    bytes: bytes - bytesOf(output as View) + 2 * bytesOf(source as View),
  }),
  linearCrossEntropy: ([inputs, , gradients]) => {
    const { hidden, weight } = inputs as { readonly hidden: View; readonly weight: View };
    const [N, H, V] = [hidden.shape[0]!, hidden.shape[1]!, weight.shape[0]!];
    return { name: `${shown(hidden)} ${shown(weight)}`, flop: (gradients ? 6 : 2) * N * H * V };
  },
  updateAll: ([program, items]) => ({
    name: `${(program as { readonly name: string }).name}, ${(items as readonly unknown[]).length} tensors`,
  }),
  lstmForward: ([, , outputs]) => lstm((outputs as { readonly outputs: View }).outputs),
  lstmBackward: ([, inputs]) => lstm((inputs as { readonly outputs: View }).outputs),
};

/** Each step multiplies [B, H] by the recurrent weights [H, 4H], or [B, 4H] by their transpose. */
function lstm(outputs: View): Partial<Work> {
  const [T, B, H] = outputs.shape as [number, number, number];
  return { name: shown(outputs), flop: 2 * T * B * H * 4 * H };
}

function viewsIn(value: unknown): View[] {
  if (typeof value !== 'object' || value === null) return [];
  if ('buffer' in value && 'strides' in value) return [value as View];
  if (Array.isArray(value)) return value.flatMap(viewsIn);
  // Records of views, and nothing deeper: programs hold no views.
  return Object.values(value).flatMap((entry) =>
    entry && typeof entry === 'object' && 'strides' in entry ? viewsIn(entry) : [],
  );
}

/** What is repeated by a stride of 0 is read once. */
function bytesOf({ dtype, shape, strides }: View): number {
  const elements = shape.reduce((product, size, dim) => (strides[dim] === 0 ? product : product * size), 1);
  return elements * (dtype === 'f64' ? 8 : dtype === 'bool' ? 1 : 4);
}

function shown(view: View | undefined): string {
  return `[${view?.shape.join(', ') ?? ''}]`;
}
