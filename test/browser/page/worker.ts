import type { Job } from './job.ts';
import { perform } from './tasks.ts';

globalThis.onmessage = async ({ data }: MessageEvent<Job>) =>
  postMessage(
    await perform(data).then(
      (result) => ({ result }),
      (error: Error) => ({ error: String(error.stack) }),
    ),
  );
