/** The page of examples/browser, as a user drives it, on wasm and on webgpu. */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EntryType } from 'node:perf_hooks';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { decodeCheckpoint } from '../../examples/char-lm/checkpoint.ts';
import { buildSite, ISOLATED, launchChromium, serve } from '../../tools/browser.mjs';

type Browser = Awaited<ReturnType<typeof launchChromium>>;
type Page = Awaited<ReturnType<Browser['newPage']>>;
type Route = Parameters<Parameters<Page['route']>[1]>[0];

const site = mkdtempSync(join(tmpdir(), 'tapegrad-example-'));
/** Screenshots; `SCREENSHOTS=docs/images` renews those that the README shows. */
const images = process.env.SCREENSHOTS ?? site;
let browser: Browser;
beforeAll(async () => {
  await buildSite(join(import.meta.dirname, '../../examples/browser'), site);
  browser = await launchChromium();
});
afterAll(async () => {
  await browser?.close();
  rmSync(site, { recursive: true });
});

test.each([
  ['wasm', 400],
  ['webgpu', 6],
])(
  'on %s it trains, stops, resumes, and gives the weights away; the page stays quick',
  { timeout: 120_000 },
  async (device, steps) => {
    const { page, complaints } = await open();
    await watchLongTasks(page);
    await begin(page, device);
    await stepReaches(page, steps);
    await page.getByRole('button', { name: 'Stop' }).click();
    await stopped(page);
    expect(await longTasks(page)).toEqual([]);
    const first = await downloaded(page);
    expect(first.step).toBe(await stepOf(page));
    expect(first.losses.length).toBe(first.step);
    expect(first.losses.at(-1)!.loss).toBeLessThan(first.losses[0]!.loss - 0.05);

    await watchLongTasks(page);
    await page.getByRole('button', { name: 'Resume' }).click();
    await stepReaches(page, first.step + 1);
    await page.getByRole('button', { name: 'Stop' }).click();
    await stopped(page);
    expect(await longTasks(page)).toEqual([]);
    if (device === 'wasm') await page.screenshot({ path: join(images, 'training-in-a-tab.png') });
    const second = await downloaded(page);
    expect(second.step).toBeGreaterThanOrEqual(first.step + 1);
    expect(second.losses.slice(0, first.step)).toEqual(first.losses);

    expect(complaints).toEqual([]);
  },
);

test('it learns a file of the user, and shows samples, in the dark and on a narrow screen', async () => {
  const { page, complaints } = await open({ viewport: { width: 420, height: 760 }, colorScheme: 'dark' });
  const text = 'The sea was calm; the ship went on. '.repeat(400);
  await page.getByLabel('Choose a text file').setInputFiles({
    name: 'sea.txt',
    mimeType: 'text/plain',
    buffer: Buffer.from(text),
  });
  await begin(page, 'wasm');
  await until(page, async () => (await contentOf(page, '#sample')).includes('the ship'));
  expect(await contentOf(page, '#status')).toMatch(/^sea\.txt: 14,400 characters, 17 different\./);
  await page.locator('#sample').scrollIntoViewIfNeeded();
  await page.screenshot({ path: join(images, 'training-in-the-dark.png') });
  expect(complaints).toEqual([]);
});

test('a device that cannot be had is greyed out, with the reason', async () => {
  const { page } = await open({}, "Object.defineProperty(WorkerNavigator.prototype, 'gpu', { value: undefined })");
  expect(await page.getByRole('radio', { name: 'webgpu' }).isDisabled()).toBe(true);
  expect(await contentOf(page, '#devices')).toMatch(
    /device 'webgpu' is not available here: this browser has no WebGPU/,
  );
});

test('a file that cannot be learnt from is refused in words', async () => {
  const { page } = await open();
  await page.getByLabel('Choose a text file').setInputFiles({
    name: 'short.txt',
    mimeType: 'text/plain',
    buffer: Buffer.from('too short'),
  });
  await begin(page, 'wasm');
  await page.locator('#status.bad').waitFor();
  expect(await contentOf(page, '#status')).toMatch(
    /^short\.txt has 9 characters, and sequences of 64 need at least 82/,
  );
});

/** A new page that knows its devices, and what its console complains about. `before` runs first in its workers. */
async function open(
  options: Parameters<Browser['newPage']>[0] = {},
  before = '',
): Promise<{ page: Page; complaints: string[] }> {
  const server = await serve(site, ISOLATED);
  const page = await browser.newPage({ viewport: { width: 1200, height: 830 }, ...options });
  onTestFinished(async () => {
    await page.close();
    server.close();
  });
  if (before) {
    await page.route('**/worker-*.js', async (route: Route) => {
      const response = await route.fetch();
      await route.fulfill({ response, body: `${before};${await response.text()}` });
    });
  }
  const complaints: string[] = [];
  page.on('pageerror', (error: Error) => complaints.push(String(error)));
  page.on('console', (message: { type(): string; text(): string }) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  await page.goto(`${server.url}/`);
  await page.getByRole('radio', { name: 'cpu' }).waitFor();
  return { page, complaints };
}

/** From now on: tasks of the page's thread that take more than 50 ms. */
async function watchLongTasks(page: Page): Promise<void> {
  await page.evaluate(() => {
    const found: number[] = [];
    new PerformanceObserver((list) => found.push(...list.getEntries().map(({ duration }) => duration))).observe({
      type: 'longtask' as EntryType,
    });
    Object.assign(globalThis, { longTasks: found });
  });
}

function longTasks(page: Page): Promise<number[]> {
  return page.evaluate(() => (globalThis as unknown as { longTasks: number[] }).longTasks);
}

/** Trains the smallest model. */
async function begin(page: Page, device: string): Promise<void> {
  await page.getByRole('radio', { name: device }).check();
  await page.getByLabel('Units of the LSTM').selectOption('32');
  await page.getByRole('button', { name: 'Train' }).click();
}

async function contentOf(page: Page, selector: string): Promise<string> {
  return (await page.locator(selector).textContent()) ?? '';
}

async function stepOf(page: Page): Promise<number> {
  return Number.parseInt((await contentOf(page, '#step')).replaceAll(',', ''), 10);
}

/** Where the page says that something went wrong instead, this fails with what it says. */
async function until(page: Page, isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) {
    expect(await page.locator('#status.bad').allTextContents()).toEqual([]);
    await page.waitForTimeout(100);
  }
}

function stepReaches(page: Page, step: number): Promise<void> {
  return until(page, async () => (await stepOf(page)) >= step);
}

function stopped(page: Page): Promise<void> {
  return until(page, async () => (await contentOf(page, '#status')).startsWith('Stopped after step '));
}

/** The training in the file that the page gives, as Node reads it. */
async function downloaded(page: Page): Promise<Awaited<ReturnType<typeof decodeCheckpoint>>> {
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Download weights' }).click(),
  ]);
  const path = await download.path();
  return decodeCheckpoint(path, readFileSync(path), 'cpu');
}
