/** The reference vectors of test/golden on every device: `pnpm conformance test/golden/vectors`, and `.../more`, as a test. */

import { setDevice } from '@tapegrad/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { devices } from '../support/devices.ts';
import { failuresOf, GROUPS } from './golden.ts';
import { DEVICES } from './parity-page.ts';
import { placeOf, runCase } from './run.ts';

describe.each(devices)('on %s, in the float it has for a case', (device) => {
  beforeAll(() => setDevice(device));
  afterAll(() => setDevice('cpu'));

  test.each(GROUPS)('$group', async ({ cases }) => {
    expect(await failuresOf(cases, (c) => runCase(c, placeOf(c, device)))).toEqual([]);
  });
});

test('all vectors are there, and docs/parity.md knows each device', () => {
  expect(GROUPS.flatMap(({ cases }) => cases).length).toBe(859 + 54 + 44);
  expect(DEVICES).toEqual(expect.arrayContaining([...devices]));
});
