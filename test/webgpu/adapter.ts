/**
 * Before the tests of the webgpu device: provides Node with WebGPU, and finds out whether it has an adapter. Without one
 * the tests fail where CI is set; elsewhere they are skipped, which the last line of the run says aloud.
 */

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';
import { provideWebGpu } from '../../scripts/webgpu.mjs';

declare module 'vitest' {
  interface ProvidedContext {
    /** Why there is no adapter; empty where there is one. */
    readonly noAdapter: string;
    /** What a process needs in its environment before it asks for WebGPU. */
    readonly webGpuEnvironment: Readonly<Record<string, string>>;
  }
}

export default function setUp(project: TestProject): void {
  const { environment, noAdapter } = lookForAdapter();
  if (noAdapter && process.env.CI) throw new Error(`the webgpu device cannot be tested here: ${noAdapter}`);
  if (noAdapter)
    process.on('exit', () =>
      console.error(
        `\n${noAdapter}\n!!!! THE WEBGPU DEVICE WAS NOT TESTED: its tests were skipped, since there is no adapter.`,
      ),
    );
  project.provide('noAdapter', noAdapter);
  project.provide('webGpuEnvironment', environment);
}

function lookForAdapter(): { environment: Readonly<Record<string, string>>; noAdapter: string } {
  let environment: Readonly<Record<string, string>> = {};
  try {
    environment = provideWebGpu();
  } catch (error) {
    return { environment, noAdapter: String(error) };
  }
  const probe = fileURLToPath(new URL('probe.ts', import.meta.url));
  const { status, stderr } = spawnSync(process.execPath, [probe], {
    env: { ...process.env, ...environment },
    encoding: 'utf8',
  });
  return { environment, noAdapter: status === 0 ? '' : stderr.trim() || `node ended with ${status}` };
}
