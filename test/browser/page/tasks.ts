/** What a page can be asked, on its main thread or in a worker: functions whose results can be copied to the test. */

import '@tapegrad/core/webgpu';
import { agree } from '../../anywhere/agree.ts';
import { tableParity } from '../../anywhere/table.ts';
import { train } from '../../anywhere/train.ts';
import type { Job } from './job.ts';

const tasks: Record<Job['task'], (...args: never[]) => Promise<unknown>> = {
  agree,
  tableParity,
  train: () => train(),
  /** As a page does whose Content-Security-Policy allows workers from files only. */
  trainWithWorkerFile: () =>
    train({ worker: () => new Worker(new URL('@tapegrad/core/worker', import.meta.url), { type: 'module' }) }),
};

export function perform({ task, args }: Job): Promise<unknown> {
  return tasks[task](...(args as never[]));
}
