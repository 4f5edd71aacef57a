/**
 * A worker as a file of its own, `@tapegrad/core/worker`: for pages whose Content-Security-Policy forbids workers that
 * are not files, see ThreadOptions.
 */

import { serveKernels } from './worker.ts';

serveKernels();
