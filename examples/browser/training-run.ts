/** A training in a worker of its own, which ends with it: what it held on its device goes too. */
import type { News, Order, Plan } from './messages.ts';

export interface TrainingRun {
  /** Asks it to stop after the step that is under way; its checkpoint and its end are still told. */
  stop(): void;
}

/** The last news is of an end or an error. */
export function startTraining(plan: Plan, hear: (news: News) => void): TrainingRun {
  const worker = openWorker(hear);
  send(worker, { kind: 'train', ...plan });
  return { stop: () => send(worker, { kind: 'stop' }) };
}

export function probeDevices(hear: (news: News) => void): void {
  send(openWorker(hear), { kind: 'probe' });
}

function openWorker(hear: (news: News) => void): Worker {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
  worker.onmessage = ({ data: news }: MessageEvent<News>) => {
    if (['devices', 'end', 'error'].includes(news.kind)) worker.terminate();
    hear(news);
  };
  worker.onerror = ({ message }) => {
    worker.terminate();
    hear({ kind: 'error', message: message || 'The worker could not be loaded: is the server still there?' });
  };
  return worker;
}

function send(worker: Worker, order: Order): void {
  worker.postMessage(order);
}
