import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    setupFiles: ['test/setup.ts'],
    maxWorkers: '100%', // tests outweigh what runs beside them
    // No test is about time: the limit is there for what hangs, not for a slow machine.
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
