import { configDefaults, defineConfig } from 'vitest/config';

/** With WebGPU, on a software driver where there is no GPU. */
const onWebGpu = {
  globalSetup: ['test/webgpu/adapter.ts'],
  setupFiles: ['test/webgpu/setup.ts'],
  env: { TEST_DEVICES: 'webgpu' },
};

/** `pnpm test:long`: a minute on a software driver, so not part of `pnpm test`. */
const long = ['test/conformance/vectors.test.ts', 'test/webgpu/training.test.ts', 'test/webgpu/processes.test.ts'];

export default defineConfig({
  test: {
    setupFiles: ['test/setup.ts'],
    maxWorkers: '100%', // tests outweigh what runs beside them
    // No test is about time: the limit is there for what hangs, not for a slow machine.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'main',
          include: ['test/**/*.test.ts'],
          exclude: [...configDefaults.exclude, 'test/webgpu/**'],
        },
      },
      {
        extends: true,
        test: {
          name: 'webgpu',
          // The last of these are about every device (test/support/devices.ts).
          include: [
            'test/webgpu/**/*.test.ts',
            'test/core/anomaly.test.ts',
            'test/core/kernels.test.ts',
            'test/docs.test.ts',
          ],
          exclude: [...configDefaults.exclude, ...long],
          ...onWebGpu,
        },
      },
      {
        extends: true,
        test: { name: 'webgpu-long', include: long, ...onWebGpu },
      },
    ],
  },
});
