/** The table of op cases in Chromium, values and gradients, on wasm with threads and on webgpu. */

import { expect, test } from 'vitest';
import { ISOLATED } from '../../tools/browser.mjs';
import { parityRows, rowsOn } from '../anywhere/table.ts';
import { pages } from './pages.ts';

const onPage = pages();

test('no two rows have one name', () => {
  expect(new Set(parityRows.map(([name]) => name)).size).toBe(parityRows.length);
});

test.each(['wasm', 'webgpu'])('every row agrees with cpu on %s', async (device) => {
  expect(await onPage(ISOLATED, 'performInWorker', 'tableParity', device, 2)).toEqual(
    Object.fromEntries(rowsOn(device).map(([name]) => [name, 'agrees'])),
  );
});
