/** The wasm device in Chromium: on the main thread and in a worker, with shared memory and without, under a strict policy. */

import { describe, expect, test } from 'vitest';
import { ISOLATED } from '../../tools/browser.mjs';
import type { Agreement } from '../anywhere/agree.ts';
import { type Report, train } from '../anywhere/train.ts';
import { type Place, pages } from './pages.ts';

const onPage = pages();
const losses = train().then((report) => report.losses); // Node's

describe.each([
  ['on the main thread', 'perform'],
  ['in a worker', 'performInWorker'],
] satisfies [string, Place][])('%s', (_, place) => {
  test('of an isolated page two threads train, to the losses of Node', async () => {
    const report = await onPage<Report>(ISOLATED, place, 'train');
    expect(report).toMatchObject({ threads: 2, workersReady: 1, sharedMemory: true, hasHelp: true });
    expect(report.losses).toEqual(await losses);
  });

  test('of any other page one thread does, to the same losses, and says why', async () => {
    const report = await onPage<Report>({}, place, 'train');
    expect(report).toMatchObject({ threads: 1, workersReady: 0, sharedMemory: false, hasHelp: false });
    expect(report.threadsBecause).toMatch(/^the page is not cross-origin isolated \(it needs the headers /);
    expect(report.losses).toEqual(await losses);
  });

  test.each([1, 2])('wasm agrees with cpu, with %i threads', async (threads) => {
    const { differences } = await onPage<Agreement>(ISOLATED, place, 'agree', threads);
    for (const [name, difference] of Object.entries(differences)) expect(difference, name).toBeLessThanOrEqual(2e-6);
  });
});

describe('where a Content-Security-Policy allows no worker but files', () => {
  const strict = { ...ISOLATED, 'Content-Security-Policy': "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'" };

  test('one thread trains, and says what to do', async () => {
    const report = await onPage<Report>(strict, 'perform', 'train');
    expect(report).toMatchObject({ threads: 1, workersReady: 0, hasHelp: false });
    expect(report.threadsBecause).toMatch(/Content-Security-Policy .* worker-src blob:, or give setThreads a worker/);
    expect(report.losses).toEqual(await losses);
  });

  test('two threads train with the worker file of the package', async () => {
    const report = await onPage<Report>(strict, 'perform', 'trainWithWorkerFile');
    expect(report).toMatchObject({ threads: 2, workersReady: 1, hasHelp: true });
    expect(report.losses).toEqual(await losses);
  });
});
