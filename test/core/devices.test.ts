/** Devices: which is the default and why, where f64 is, and operands that are on two. */

import { spawnSync } from 'node:child_process';
import {
  type AnyTensor,
  cat,
  DeviceError,
  DTypeError,
  deviceInfo,
  embedding,
  ones,
  randn,
  setDevice,
  softmaxCrossEntropy,
  type Tensor,
  tensor,
  zeros,
} from '@tapegrad/core';
import { gradcheck, parity } from '@tapegrad/core/testing';
import { beforeEach, describe, expect, test } from 'vitest';
import { opCases } from '../ops.cases.ts';

beforeEach(() => setDevice('wasm'));

/** What a process prints in which `before` runs once the package is imported, before its first use. */
function printed(before: string, script: string): string {
  const core = new URL('../../packages/core/src/index.ts', import.meta.url);
  const code = `import { deviceInfo, setDevice, tensor } from '${core}'; ${before}; ${script}`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', code], { encoding: 'utf8' });
  expect(stderr).toBe('');
  return stdout.trim();
}

describe('the default device', () => {
  const show = `const { name, unavailable } = deviceInfo();
    const where = tensor([1, 2]).add(1).device.name;
    const refused = await setDevice('wasm').catch((error) => String(error));
    console.log(JSON.stringify([name, where, unavailable, refused]));`;

  test('is wasm', () => {
    expect(JSON.parse(printed('', show))).toEqual(['wasm', 'wasm', {}, null]);
  });

  test.each([
    ['the engine has no WebAssembly', 'delete globalThis.WebAssembly'],
    ['the engine has no WebAssembly SIMD', 'WebAssembly.validate = () => false'],
  ])('is cpu where %s, and deviceInfo() says why', (why, before) => {
    const refused = `DeviceError: device 'wasm' is not available here: ${why}; available: cpu`;
    expect(JSON.parse(printed(before, show))).toEqual(['cpu', 'cpu', { wasm: why }, refused]);
  });
});

describe('f64 on a device that lacks it', () => {
  const remedy =
    /has no f64 \(it has f32, i32, bool\); cpu has it: pass \{ device: 'cpu' \}, or await setDevice\('cpu'\)/;

  test.each<[string, () => unknown]>([
    ['tensor', () => tensor([1], { dtype: 'f64' })],
    ['tensor', () => tensor(Float64Array.of(1))],
    ['zeros', () => zeros([2], { dtype: 'f64' })],
    ['randn', () => randn([2], { dtype: 'f64' })],
  ])('%s says where it is, and how to choose that', (op, make) => {
    expect(make).toThrow(DTypeError);
    expect(make).toThrow(remedy);
    expect(make).toThrow(new RegExp(`^${op}: wasm `));
  });

  test('is made on cpu, and is the default there', async () => {
    expect(tensor([1], { dtype: 'f64', device: 'cpu' }).dtype).toBe('f64');
    await setDevice('cpu');
    expect(tensor(Float64Array.of(1)).dtype).toBe('f64');
  });

  test('is where gradients are checked: inputs of any dtype, and what the function makes, go there', () => {
    const targets = tensor(Int32Array.of(2, 0));
    const logits = randn([2, 3]);
    expect(gradcheck((x, t) => softmaxCrossEntropy(x, t as AnyTensor as never), [logits, targets]).checked).toBe(1);
    expect(gradcheck((x) => softmaxCrossEntropy(x, tensor(Int32Array.of(2, 0))), [logits]).checked).toBe(1);
    expect([deviceInfo().name, logits.device.name]).toEqual(['wasm', 'wasm']);
  });

  test('is what parity compares with, and what the function makes is where its inputs are', async () => {
    const reports = await parity((x) => embedding(x, tensor(Int32Array.of(1, 0))), [randn([2, 3])]);
    expect(reports.map(({ device }) => device)).toEqual(['wasm', 'cpu']);
    expect(deviceInfo().name).toBe('wasm');
  });
});

describe('operands on two devices', () => {
  const several = opCases.filter(({ inputs }) => inputs.length > 1);

  test.each(several.map((c) => [`${c.op} ${c.what}`, c] as const))('are refused: %s', async (_, { inputs, run }) => {
    await setDevice('cpu'); // where inputs are made
    const all = inputs.map((make, k) => make(k)).map((x) => (x.dtype === 'f64' ? (x as Tensor).cast('f32') : x));
    all[all.length - 1] = await all.at(-1)!.to('wasm');
    expect(() => run(...all)).toThrow(DeviceError);
    expect(() => run(...all)).toThrow(/^\w+: .*two devices: .*(cpu.*wasm|wasm.*cpu)/);
  });

  test('are refused as a gradient, too', () => {
    const x = ones([2], { requiresGrad: true });
    const g = ones([2], { device: 'cpu' });
    expect(() => {
      x.grad = g;
    }).toThrow(/^grad: a gradient is on its tensor's device: given one on cpu, the tensor is on wasm/);
    expect(() => x.mul(2).backward({ gradient: g })).toThrow(DeviceError);
  });

  test('are named with dtypes and shapes, and the remedy', () => {
    const x = zeros([2, 3], { device: 'cpu' });
    expect(() => cat([x, zeros([1, 3])])).toThrow(
      /^cat: operands are on two devices: cpu \(f32 \[2, 3\]\), wasm \(f32 \[1, 3\]\); move one with await x\.to\(device\), or make it with \{ device \}$/,
    );
  });
});
