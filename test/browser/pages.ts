/** Pages in Chromium that do what a test asks, see page/tasks.ts. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished } from 'vitest';
import { buildSite, launchChromium, serve } from '../../tools/browser.mjs';
import type { Job } from './page/job.ts';

/** On the main thread, or in a worker. */
export type Place = 'perform' | 'performInWorker';

export type OnPage = <Result>(
  headers: Readonly<Record<string, string>>,
  place: Place,
  task: Job['task'],
  ...args: unknown[]
) => Promise<Result>;

/** For a file of tests: the function does a task on a new page, served with the headers. An error on the page fails it. */
export function pages(): OnPage {
  const site = mkdtempSync(join(tmpdir(), 'tapegrad-site-'));
  let browser: Awaited<ReturnType<typeof launchChromium>>;
  beforeAll(async () => {
    await buildSite(join(import.meta.dirname, 'page'), site);
    browser = await launchChromium();
  });
  afterAll(async () => {
    await browser?.close();
    rmSync(site, { recursive: true });
  });

  return async <Result>(
    headers: Readonly<Record<string, string>>,
    place: Place,
    task: Job['task'],
    ...args: unknown[]
  ) => {
    const server = await serve(site, headers);
    const page = await browser.newPage();
    onTestFinished(async () => {
      await page.close();
      server.close();
    });
    const errors: string[] = [];
    page.on('pageerror', (error: Error) => errors.push(String(error)));
    await page.goto(`${server.url}/`);
    type Page = Record<Place, (job: Job) => Promise<unknown>>;
    const result = await page.evaluate(([place, job]: [Place, Job]) => (globalThis as unknown as Page)[place](job), [
      place,
      { task, args },
    ] as [Place, Job]);
    expect(errors).toEqual([]);
    return result as Result;
  };
}
