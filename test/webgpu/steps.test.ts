/** What a training step takes on webgpu: dispatches, buffers, and no waiting. */

import { deviceInfo, ones, Parameter, setDevice, stack } from '@tapegrad/core';
import { Adam, SGD } from '@tapegrad/optim';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { MODELS } from '../bench/problem.ts';
import { makeStep } from '../bench/training.ts';
import { garbageCollector } from '../support/garbage-collector.ts';

beforeEach(() => setDevice('webgpu'));
afterEach(() => setDevice('cpu'));

describe('a step of the small model', () => {
  /** What the counters have counted while `fn` ran. */
  const countersOf = (fn: () => unknown): Readonly<Record<string, number>> => {
    const { counters: before } = deviceInfo();
    fn();
    return Object.fromEntries(Object.entries(deviceInfo().counters).map(([name, n]) => [name, n - before[name]!]));
  };

  test.each([
    ['with CrossEntropyLoss', false],
    ['with LinearCrossEntropyLoss', true],
  ])('%s takes one dispatch a time step each way and 40 others at most, and waits for nothing', (_, fusedLoss) => {
    const [short, long] = [4, 7].map((time) => {
      const step = makeStep({ ...MODELS.small, time }, fusedLoss);
      step();
      return countersOf(step);
    });
    expect(long!.dispatches! - short!.dispatches!).toBe(2 * (7 - 4));
    expect(short!.dispatches! - 2 * 4).toBeLessThanOrEqual(40);
    expect(short).toMatchObject({ compilations: 0, bytesWritten: 0, bytesRead: 0 });
    expect(short!.submits).toBeLessThanOrEqual(1);
  });

  test('makes no new buffer from the third on', async () => {
    const collect = await garbageCollector();
    const step = makeStep({ ...MODELS.small, batch: 8, time: 4 });
    const turn = async (): Promise<void> => {
      await step().item();
      collect(); // small tensors, such as losses, stay until they are collected
      await new Promise((resolve) => setTimeout(resolve));
    };
    await turn();
    await turn();
    for (let k = 0; k < 3; k++) {
      const { poolHits, poolMisses } = countersOf(step);
      expect(poolMisses).toBe(0);
      expect(poolHits).toBeGreaterThan(20);
      await turn();
    }
  });
});

test.each([
  ['Adam', 4, (params: Parameter[]) => new Adam(params)],
  ['SGD', 2, (params: Parameter[]) => new SGD(params)],
  ['SGD with momentum', 3, (params: Parameter[]) => new SGD(params, { momentum: 0.9 })],
])('a step of %s, with %i buffers a parameter, is as few dispatches as those allow', (_, buffers, make) => {
  const params = Array.from({ length: 13 }, (_, k) => new Parameter(ones([k + 1, 3])));
  const optimizer = make(params);
  const step = (): number => {
    stack(params.map((param) => param.square().sum()))
      .sum()
      .backward();
    const { counters: before } = deviceInfo();
    optimizer.step();
    return deviceInfo().counters.dispatches! - before.dispatches!;
  };
  step(); // which also makes the state
  const together = Math.floor((deviceInfo().details.buffersOfAKernel as number) / buffers);
  expect(step()).toBe(Math.ceil(params.length / together));
});
