/** `pnpm test:browser`: tests in Node that drive pages in Chromium. */
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    fileParallelism: false, // one browser at a time: a page that waits for a processor is not slow itself
    include: ['test/browser/*.browser.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
