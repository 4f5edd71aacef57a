/** The page: `perform(job)` does a task on the main thread, `performInWorker(job)` in a worker of its own. */

import type { Job } from './job.ts';
import { perform } from './tasks.ts';

const performInWorker = (job: Job): Promise<unknown> =>
  new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
    worker.onmessage = ({ data }) => ('error' in data ? reject(new Error(data.error)) : resolve(data.result));
    worker.onerror = ({ message }) => reject(new Error(message));
    worker.postMessage(job);
  });

Object.assign(globalThis, { perform, performInWorker });
