// A thread that computes for the main thread. It imports nothing, so that any bundler can copy it as it is.
//
// It waits for work in the shared memory, first spinning, then asleep. Meanwhile it cannot receive messages: kernels that
// are compiled later reach it as bytes in the memory. `control.ts` says what lies where.

const SPINS = 20_000;

const parent = globalThis.process?.getBuiltinModule?.('node:worker_threads').parentPort;
if (parent) parent.once('message', start);
else
  globalThis.onmessage = ({ data }) => {
    start(data);
    globalThis.close();
  };

function start({ memory, team, control }) {
  const words = new Int32Array(memory.buffer, 0, 16_384);
  const at = Object.fromEntries(Object.entries(control).map(([name, address]) => [name, address / 4]));
  const functions = [];
  let link = new Int32Array(memory.buffer, control.modules, 1);

  loadModules();
  if (Atomics.load(words, at.team) === team) Atomics.add(words, at.ready, 1);
  (parent ?? globalThis).postMessage('ready');
  waitForWork();

  function waitForWork() {
    for (let spins = 0; Atomics.load(words, at.team) === team; ) {
      if (Atomics.load(words, at.left) > 0) {
        work();
        spins = 0;
      } else if (Atomics.load(link, 0) !== 0) loadModules();
      else if (++spins > SPINS) {
        sleep();
        spins = 0;
      }
    }
  }

  function sleep() {
    const wake = Atomics.load(words, at.wake);
    Atomics.add(words, at.asleep, 1);
    // What was asked before `asleep` was raised woke nobody, so look again.
    if (Atomics.load(words, at.left) <= 0 && Atomics.load(words, at.team) === team) {
      Atomics.wait(words, at.wake, wake);
    }
    Atomics.sub(words, at.asleep, 1);
  }

  function work() {
    for (let left = Atomics.sub(words, at.left, 1); left > 0; left = Atomics.sub(words, at.left, 1)) {
      // Until this chunk is done the main thread starts nothing else.
      const from = (words[at.chunks] - left) * words[at.chunk];
      const to = Math.min(words[at.total], from + words[at.chunk]);
      try {
        if (words[at.kernel] >= functions.length) loadModules();
        functions[words[at.kernel]](control.arguments, from, to);
      } catch (error) {
        reportFailure(error);
      }
      const pending = Atomics.sub(words, at.pending, 1);
      if (pending === 1 && Atomics.load(words, at.mainSleeps) === 1) Atomics.notify(words, at.pending);
    }
  }

  /** The exports of all modules in order: a kernel's number is its place among them. */
  function loadModules() {
    for (let next = Atomics.load(link, 0) >>> 0; next !== 0; next = Atomics.load(link, 0) >>> 0) {
      const [, length] = wordsAt(next, 2);
      wordsAt(next, 2 + Math.ceil(length / 4));
      const bytes = new Uint8Array(memory.buffer, next + 8, length).slice();
      const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } });
      functions.push(...Object.values(exports));
      link = wordsAt(next, 1);
    }
  }

  /** Memory that has just grown is seen here when a loop ends, not before. */
  function wordsAt(address, length) {
    while (memory.buffer.byteLength < address + 4 * length);
    return new Int32Array(memory.buffer, address, length);
  }

  function reportFailure(error) {
    const text = new TextEncoder().encode(String(error?.stack ?? error)).subarray(0, 4096);
    new Uint8Array(memory.buffer, control.failure + 4, text.length).set(text);
    Atomics.store(words, control.failure / 4, text.length);
  }
}
