/** The head with its loss against a Linear followed by CrossEntropyLoss. */
import { grad, manualSeed, randint, randn, setDevice, type Tensor, tensor } from '@tapegrad/core';
import { CrossEntropyLoss, Linear, LinearCrossEntropyLoss } from '@tapegrad/nn';
import { afterEach, describe, expect, test } from 'vitest';

afterEach(() => setDevice('cpu'));

describe.each(['cpu', 'wasm'] as const)('on %s', (device) => {
  test.each([
    { B: 2, T: 3, H: 4, V: 5, bias: true, reduction: 'mean' },
    { B: 3, T: 1, H: 7, V: 11, bias: false, reduction: 'sum' },
    { B: 7, T: 60, H: 3, V: 700, bias: true, reduction: 'mean' }, // several chunks of rows
  ] as const)(
    'equals CrossEntropyLoss of a Linear: $B x $T rows, $V classes, bias $bias',
    async ({ B, T, H, V, bias, reduction }) => {
      await setDevice(device);
      manualSeed(V);
      const head = new LinearCrossEntropyLoss(H, V, { bias, reduction });
      const layer = new Linear(H, V, { bias });
      layer.loadStateDict(head.stateDict());
      const hidden = randn([B, T, H], { requiresGrad: true });
      const targets = tensor(
        Int32Array.from((await randint(0, V, [B * T]).data()) as Int32Array, (t, k) => (k % 4 === 1 ? -100 : t)),
      ).reshape([B, T]);
      const plain = new CrossEntropyLoss({ classDim: -1, reduction }).forward(layer.forward(hidden), targets);
      const fused = head.forward(hidden, targets);
      const leaves = (module: Linear | LinearCrossEntropyLoss): Tensor[] => [hidden, ...module.parameters()];
      const scale = Math.abs(await plain.item());
      expect(Math.abs((await fused.item()) - (await plain.item()))).toBeLessThan(1e-5 * scale);
      const [expected, found] = [grad(plain, leaves(layer)), grad(fused, leaves(head))];
      for (const [k, g] of found.entries()) {
        const [x, y] = [Float32Array.from(await g.data()), Float32Array.from(await expected[k]!.data())];
        const largest = y.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
        expect(x.reduce((worst, v, i) => Math.max(worst, Math.abs(v - y[i]!)), 0)).toBeLessThan(2e-5 * largest);
      }
    },
  );
});

describe('bad input says what is wrong', () => {
  const head = new LinearCrossEntropyLoss(3, 4);
  test.each([
    [
      'targets of another shape',
      () => head.forward(randn([2, 3]), tensor(Int32Array.of(1))),
      /hidden is \[2, 3\], targets are \[1\]/,
    ],
    [
      'hidden features of another size',
      () => head.forward(randn([2, 5]), tensor(Int32Array.of(1, 1))),
      /expected hidden \[\.\.\., 3\]/,
    ],
    ['float targets', () => head.forward(randn([1, 3]), tensor([1])), /dtype: 'i32'/],
    [
      'a class that is not there',
      () => head.forward(randn([1, 3]), tensor(Int32Array.of(4))),
      /index 4 at position \[0\] is out of range: expected 0 to 3/,
    ],
  ])('%s', (_, call, message) => {
    expect(call).toThrow(message);
  });
});
