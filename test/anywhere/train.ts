/**
 * Trains a small language model for three steps on the wasm device, saves and loads its head, and tells with what. It
 * names nothing of Node or of browsers: it runs in both, as it is and in bundles.
 */

import { deviceInfo, manualSeed, ones, randint, setDevice, setThreads, type ThreadOptions } from '@tapegrad/core';
import { CrossEntropyLoss, Embedding, encodeStateDict, Linear, LSTM } from '@tapegrad/nn';
import { contiguousBatches } from '@tapegrad/nn/data';
import { Adam } from '@tapegrad/optim';

/** V vocabulary, H hidden features, B batch, T time. */
const [V, H, B, T] = [200, 128, 16, 32];

export interface Report {
  readonly losses: readonly number[];
  /** Whether a worker computed a part of a kernel. */
  readonly hasHelp: boolean;
  /** Whether a head that loads the trained one's weights, from bytes and from a stream, has them. */
  readonly loads: boolean;
  /** `deviceInfo('wasm').details`: threads, workersReady, threadsBecause, relaxedSimd, sharedMemory... */
  readonly [detail: string]: unknown;
}

export async function train({ worker }: ThreadOptions = {}): Promise<Report> {
  await setDevice('wasm');
  const items = countItems();
  setThreads(2, { worker });
  const hasHelp = await workersHelp(items);
  return { ...(await learn()), hasHelp, ...deviceInfo('wasm').details };
}

async function learn(): Promise<{ losses: number[]; loads: boolean }> {
  manualSeed(1);
  const [embedding, lstm, head] = [
    new Embedding(V, H),
    new LSTM(H, H, { batchFirst: true }),
    new Linear(H, V),
  ] as const;
  const optimizer = new Adam(
    [embedding, lstm, head].flatMap((layer) => [...layer.parameters()]),
    { lr: 1e-2 },
  );
  const criterion = new CrossEntropyLoss({ classDim: -1 });
  const tokens = (await randint(0, V, [B * T + 1]).data()) as Int32Array;
  const { inputs, targets } = contiguousBatches(tokens, { batchSize: B, sequenceLength: T }).at(0);
  const found: number[] = [];
  for (let step = 0; step < 3; step++) {
    optimizer.zeroGrad();
    const [hidden] = lstm.forward(embedding.forward(inputs));
    const loss = criterion.forward(head.forward(hidden), targets);
    loss.backward();
    optimizer.step();
    found.push(await loss.item());
  }
  return { losses: found, loads: await loadsWeightsOf(head) };
}

async function loadsWeightsOf(head: Linear): Promise<boolean> {
  const expected = (await head.weight.data()).join();
  const bytes = await encodeStateDict(head.stateDict());
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const saved = head.save(writable);
  const [fromBlob, fromStream] = [new Linear(H, V), new Linear(H, V)];
  await fromBlob.load(new Blob([bytes]));
  await fromStream.load(new Response(readable));
  await saved;
  return (await fromBlob.weight.data()).join() === expected && (await fromStream.weight.data()).join() === expected;
}

/** Computes the same until this thread does less of it than it did alone. False where workers cannot be had. */
async function workersHelp(items: { count: number }): Promise<boolean> {
  const x = ones([1_000_000]);
  const compute = (): number => {
    items.count = 0;
    x.tanh();
    return items.count;
  };
  const alone = compute(); // starts the workers
  const patience = Date.now() + 20_000;
  while (Date.now() < patience) {
    const { threads, workersReady } = deviceInfo('wasm').details;
    if (threads === 1) return false;
    if (workersReady === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    else if (compute() < alone) return true;
  }
  return false;
}

type KernelFunction = (args: number, from: number, to: number) => void;
type Instance = new (module: unknown, imports: unknown) => { readonly exports: Record<string, KernelFunction> };

/** Counts the items that kernels, `(args, from, to)`, compute on this thread; call it before the first one is compiled. */
function countItems(): { count: number } {
  const items = { count: 0 };
  const counted =
    (kernel: KernelFunction): KernelFunction =>
    (args, from, to) => {
      items.count += to - from;
      kernel(args, from, to);
    };
  const engine = (globalThis as unknown as { WebAssembly: { Instance: Instance } }).WebAssembly;
  const { Instance } = engine;
  engine.Instance = class {
    readonly exports: Record<string, KernelFunction>;
    constructor(module: unknown, imports: unknown) {
      const { exports } = new Instance(module, imports);
      this.exports = Object.fromEntries(Object.entries(exports).map(([name, kernel]) => [name, counted(kernel)]));
    }
  };
  return items;
}
