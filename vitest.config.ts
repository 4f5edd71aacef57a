import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // No test is about time: the limit is there for what hangs, not for a slow machine.
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
