/** The safetensors format: PyTorch's files, round trips, and files that someone damaged on purpose. */

import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { fc } from '@fast-check/vitest';
import { describe, expect, test } from 'vitest';
import { CheckpointError } from '../../packages/nn/src/serialize/errors.ts';
import { decodeSafetensors, encodeSafetensors, type Safetensors } from '../../packages/nn/src/serialize/safetensors.ts';
import type { StoredTensor } from '../../packages/nn/src/serialize/stored-dtypes.ts';
import { casesOf } from '../conformance/folder.ts';

const golden = new URL('../golden/vectors/', import.meta.url);
const groups = readdirSync(golden)
  .filter((file) => file.endsWith('.safetensors'))
  .map((file) => file.replace('.safetensors', ''));

const example = new Map<string, StoredTensor>([
  ['weight', { dtype: 'f32', shape: [2, 3], data: Float32Array.of(1, 2, 3, -4, Infinity, NaN) }],
  ['mask', { dtype: 'bool', shape: [3], data: Uint8Array.of(1, 0, 1) }],
  ['exact', { dtype: 'f64', shape: [], data: Float64Array.of(Math.PI) }],
  ['tokens', { dtype: 'i32', shape: [2, 1], data: Int32Array.of(-(2 ** 31), 2 ** 31 - 1) }],
  ['empty', { dtype: 'f32', shape: [0, 4], data: new Float32Array(0) }],
]);

/** A file around any header text. */
function file(header: string, data: Uint8Array | number = 0): Uint8Array {
  const text = new TextEncoder().encode(header);
  const bytes = new Uint8Array(8 + text.length + (typeof data === 'number' ? data : data.length));
  new DataView(bytes.buffer).setUint32(0, text.length, true);
  bytes.set(text, 8);
  if (typeof data !== 'number') bytes.set(data, 8 + text.length);
  return bytes;
}

const ascii = (text: string): Uint8Array => Uint8Array.from(text, (char) => char.charCodeAt(0));
const decode = (bytes: Uint8Array): Safetensors => decodeSafetensors(bytes, 'model.safetensors');

describe("PyTorch's files", () => {
  test.each(groups)('%s: every tensor of the manifest is there, with its shape and dtype', (group) => {
    const { tensors } = decode(readFileSync(new URL(`${group}.safetensors`, golden)));
    const manifest = JSON.parse(readFileSync(new URL(`${group}.json`, golden), 'utf8')) as {
      tensors: Record<string, { dtype: string; shape: number[] }>;
    };
    const dtypes: Record<string, string> = { F64: 'f64', F32: 'f32', I64: 'i32', BOOL: 'bool' };
    const found = Object.fromEntries([...tensors].map(([name, { dtype, shape }]) => [name, { dtype, shape }]));
    const expected = Object.entries(manifest.tensors).map(([name, t]) => [name, { ...t, dtype: dtypes[t.dtype] }]);
    expect(found).toEqual(Object.fromEntries(expected));
  });

  test.each(groups)('%s: each case has the tensors that it names', (group) => {
    const cases = casesOf(fileURLToPath(golden), group);
    expect(cases.length).toBeGreaterThan(0);
    for (const c of cases) {
      if (c.op === 'lm_train') continue; // its parts are named in its own way
      for (const name of c.inputs)
        if (c.op !== 'clip_grad_norm_') expect(c.in.has(name), `${c.name} in ${name}`).toBe(true);
      for (const name of c.outputs) expect(c.out.has(name), `${c.name} out ${name}`).toBe(true);
      for (const name of c.cotangents) expect(c.cot.get(name)?.shape).toEqual(c.out.get(name)?.shape);
      for (const [name, grad] of c.grad) expect(grad.shape).toEqual(c.in.get(name)?.shape);
    }
  });

  test('the values are the ones PyTorch wrote: softmax rows add up to 1', () => {
    const row = casesOf(fileURLToPath(golden), 'softmax').find((c) => c.name === 'softmax_3d_dim0')!;
    const { shape, data } = row.out.get('out')!;
    const stride = data.length / shape[0]!;
    const sum = Array.from({ length: shape[0]! }, (_, i) => data[i * stride]!).reduce((a, b) => a + b);
    expect(sum).toBeCloseTo(1, 12);
  });

  test('infinities in the arguments of a case are numbers', () => {
    const norms = casesOf(fileURLToPath(golden), 'clip').map((c) => c.args.norm_type);
    expect(norms).toContain(Infinity);
  });
});

describe('a round trip', () => {
  test('keeps names, dtypes, shapes, values and metadata', () => {
    const { tensors, metadata } = decode(encodeSafetensors(example, { metadata: { format: 'pt', note: 'Grüße' } }));
    expect(new Map([...tensors].sort())).toEqual(new Map([...example].sort()));
    expect(metadata).toEqual({ format: 'pt', note: 'Grüße' });
  });

  test('gives the same bytes whatever the order of the map', () => {
    const reversed = new Map([...example].reverse());
    expect(encodeSafetensors(reversed)).toEqual(encodeSafetensors(example));
  });

  test('metadata may be null', () => {
    expect(decode(file('{"__metadata__":null}')).metadata).toEqual({});
  });

  test('of no tensors is a file of its own', () => {
    expect(decode(encodeSafetensors(new Map()))).toEqual({ tensors: new Map(), metadata: {} });
  });

  test('copies: the tensors do not change with the bytes', () => {
    const bytes = encodeSafetensors(example);
    const { tensors } = decode(bytes);
    bytes.fill(0);
    expect(tensors.get('weight')!.data[0]).toBe(1);
  });

  test('writes the part of a buffer that the array shows', () => {
    const part = new Float32Array(10).fill(7).subarray(2, 4);
    const { tensors } = decode(encodeSafetensors(new Map([['a', { dtype: 'f32', shape: [2], data: part }]])));
    expect([...tensors.get('a')!.data]).toEqual([7, 7]);
  });

  test('reads bytes that start anywhere in their buffer', () => {
    const bytes = encodeSafetensors(example);
    const shifted = new Uint8Array(bytes.length + 3).subarray(3);
    shifted.set(bytes);
    expect(decode(shifted)).toEqual(decode(bytes));
  });

  test('aligns the data to 8 bytes and every tensor to its elements', () => {
    const bytes = encodeSafetensors(example);
    const headerBytes = new DataView(bytes.buffer).getUint32(0, true);
    expect(headerBytes % 8).toBe(0);
    const text = new TextDecoder().decode(bytes.subarray(8, 8 + headerBytes));
    expect(text.trimEnd().length).toBeGreaterThan(text.length - 8);
    const header = JSON.parse(text) as Record<string, { dtype: string; data_offsets: [number, number] }>;
    const bytesOf: Record<string, number> = { F64: 8, F32: 4, I32: 4, BOOL: 1 };
    for (const { dtype, data_offsets } of Object.values(header)) expect(data_offsets[0] % bytesOf[dtype]!).toBe(0);
  });

  test('of any tensors and metadata gives them back', () => {
    fc.assert(
      fc.property(anyTensors, anyMetadata, (tensors, metadata) => {
        const decoded = decode(encodeSafetensors(tensors, { metadata }));
        expect(decoded.tensors).toEqual(tensors); // maps are equal in any order
        expect(decoded.metadata).toEqual(metadata);
      }),
    );
  });
});

describe('dtypes that only PyTorch has', () => {
  const i64 = (...values: bigint[]) =>
    file(
      `{"i":{"dtype":"I64","shape":[${values.length}],"data_offsets":[0,${8 * values.length}]}}`,
      new Uint8Array(BigInt64Array.from(values).buffer),
    );

  test('I64 becomes i32', () => {
    const { tensors } = decode(i64(0n, -100n, 2147483647n, -2147483648n));
    expect(tensors.get('i')).toEqual({
      dtype: 'i32',
      shape: [4],
      data: Int32Array.of(0, -100, 2147483647, -2147483648),
    });
  });

  test.each([2147483648n, -2147483649n, 2n ** 62n])('an I64 of %d is refused', (value) => {
    expect(() => decode(i64(1n, value))).toThrow(
      `model.safetensors: tensor "i" holds the I64 ${value} at element 1; expected integers from -2147483648 to 2147483647`,
    );
  });

  test('U8 becomes i32', () => {
    const { tensors } = decode(file('{"u":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}', Uint8Array.of(0, 255)));
    expect(tensors.get('u')).toEqual({ dtype: 'i32', shape: [2], data: Int32Array.of(0, 255) });
  });

  test.each<[string, ArrayBuffer, number[]]>([
    ['I8', Int8Array.of(-128, 127).buffer, [-128, 127]],
    ['I16', Int16Array.of(-32768, 32767).buffer, [-32768, 32767]],
    ['U16', Uint16Array.of(0, 65535).buffer, [0, 65535]],
    ['U32', Uint32Array.of(0, 2 ** 31 - 1).buffer, [0, 2 ** 31 - 1]],
    ['U64', BigUint64Array.of(0n, 2147483647n).buffer, [0, 2 ** 31 - 1]],
  ])('%s becomes i32', (dtype, data, expected) => {
    const bytes = file(
      `{"i":{"dtype":"${dtype}","shape":[2],"data_offsets":[0,${data.byteLength}]}}`,
      new Uint8Array(data),
    );
    expect(decode(bytes).tensors.get('i')).toEqual({ dtype: 'i32', shape: [2], data: Int32Array.from(expected) });
  });

  test.each<[string, ArrayBuffer, string]>([
    ['U32', Uint32Array.of(0, 2 ** 32 - 1).buffer, '4294967295'],
    ['U64', BigUint64Array.of(0n, 2n ** 64n - 1n).buffer, '18446744073709551615'],
    ['U64', BigUint64Array.of(0n, 2n ** 31n).buffer, '2147483648'],
  ])('a %s that is no i32 is refused', (dtype, data, value) => {
    const bytes = file(
      `{"i":{"dtype":"${dtype}","shape":[2],"data_offsets":[0,${data.byteLength}]}}`,
      new Uint8Array(data),
    );
    expect(messageOf(bytes)).toContain(`holds the ${dtype} ${value} at element 1; expected integers from -2147483648`);
  });

  test.each([
    ['F8_E4M3', 8],
    ['C64', 64],
    ['F6_E2M3', 6],
    ['F4', 4],
  ])('%s is refused when it is read, and the message says how to convert it', (dtype, bits) => {
    const bytes = file(`{"h":{"dtype":"${dtype}","shape":[2,2],"data_offsets":[0,${bits / 2}]}}`, bits / 2);
    expect(messageOf(bytes)).toBe(
      `model.safetensors: tensor "h" has dtype "${dtype}"; expected one of F64, F32, F16, BF16, I64, I32, I16, I8, U64, U32, U16, U8, BOOL. ` +
        'Convert the tensor before it is saved, for example with .float() in PyTorch.',
    );
  });

  test('an F4 that ends within a byte is refused', () => {
    const bytes = file('{"h":{"dtype":"F4","shape":[3],"data_offsets":[0,2]}}', 2);
    expect(messageOf(bytes)).toContain('has 2 bytes of data; expected 1.5 for F4[3]');
  });
});

describe('a broken file is refused with a CheckpointError that says what was found and expected', () => {
  const entry = (shape: string, begin: number, end: number, dtype = 'F32') =>
    `{"dtype":"${dtype}","shape":${shape},"data_offsets":[${begin},${end}]}`;
  const lengthOnly = (low: number, high: number) => {
    const bytes = new Uint8Array(64);
    new DataView(bytes.buffer).setUint32(0, low, true);
    new DataView(bytes.buffer).setUint32(4, high, true);
    return bytes;
  };

  test.each<[string, Uint8Array, string]>([
    ['an empty file', new Uint8Array(0), 'the file has 0 bytes; expected at least 8'],
    ['a file shorter than its length field', new Uint8Array(7), 'the file has 7 bytes; expected at least 8'],
    ['a header longer than the file', lengthOnly(57, 0), 'given as 57 bytes; expected at most 56'],
    [
      'an absurd header length',
      lengthOnly(0xffffffff, 0xffffffff),
      'given as 18446744073709552000 bytes; expected at most 56',
    ],
    ['no header', lengthOnly(0, 0), 'the header is not JSON'],
    ['a header that is not UTF-8', file('{"a\u0000"}').map((b) => (b === 0x61 ? 0xff : b)), 'the header is not UTF-8'],
    ['a byte order mark', file('\ufeff{}'), 'the header is not JSON'],
    [
      'a header that is not JSON',
      file('{"a":'),
      'the header is not JSON: it begins with "{\\"a\\":"; expected a JSON object',
    ],
    ['a pickle', file('\u0002}q\u0000.'), 'the header is not JSON'],
    ['a header that is a list', file('[]'), 'the header is not a JSON object'],
    ['a header that is null', file('null'), 'the header is not a JSON object'],
    ['deep nesting', file('['.repeat(1e6)), 'the header nests deeper than 3 levels'],
    [
      'a name twice',
      file(`{"a":${entry('[]', 0, 4)},"a":${entry('[]', 0, 4)}}`, 4),
      'names "a" twice; expected each name once',
    ],
    [
      'a name twice, spelled in two ways',
      file(`{"a":${entry('[]', 0, 4)},"\\u0061" :${entry('[]', 0, 4)}}`, 4),
      'names "a" twice',
    ],
    ['a name twice, far from its colon', file(`{"a":1,"a"${' '.repeat(999)}:1}`), 'names "a" twice'],
    [
      'shape twice',
      file('{"a":{"dtype":"F32","shape":[1],"shape":[],"data_offsets":[0,4]}}', 4),
      'names "shape" twice',
    ],
    ['a tensor named __proto__', file(`{"__proto__":${entry('[]', 0, 4)}}`, 4), 'the header uses the name "__proto__"'],
    ['metadata named __proto__', file('{"__metadata__":{"__proto__":"x"}}'), 'the header uses the name "__proto__"'],
    [
      'a tensor named constructor',
      file(`{"constructor":${entry('[]', 0, 4)}}`, 4),
      'the header uses the name "constructor"; expected a well-formed, harmless name',
    ],
    ['a part named __proto__', file(`{"a.__proto__.b":${entry('[]', 0, 4)}}`, 4), 'uses the name "a.__proto__.b"'],
    ['metadata named prototype', file('{"__metadata__":{"prototype":"x"}}'), 'the header uses the name "prototype"'],
    ['a space before the header', file(' {}'), 'the header begins with a space; expected the character {'],
    ['too many dimensions', file(`{"a":${entry(`[${'1,'.repeat(64)}1]`, 0, 4)}}`, 4), 'tensor "a" has 65 dimensions'],
    ['half a surrogate pair', file(`{"\\ud800":${entry('[]', 0, 4)}}`, 4), 'the header uses the name "\\ud800"'],
    ['metadata that is not text', file('{"__metadata__":{"epoch":3}}'), '__metadata__ holds something else than texts'],
    [
      'metadata that is half a surrogate pair',
      file('{"__metadata__":{"a":"\\ud800"}}'),
      '__metadata__ holds something else than texts',
    ],
    ['a tensor that is a number', file('{"a":3}'), 'tensor "a" is not described by an object'],
    ['no dtype', file('{"a":{"shape":[],"data_offsets":[0,4]}}', 4), 'tensor "a" has no dtype'],
    ['an unknown dtype', file(`{"a":${entry('[]', 0, 4, 'Q7')}}`, 4), 'tensor "a" has dtype "Q7"; expected one of F64'],
    ['a dtype that objects inherit', file(`{"a":${entry('[]', 0, 4, 'constructor')}}`, 4), 'has dtype "constructor"'],
    ['no shape', file('{"a":{"dtype":"F32","data_offsets":[0,4]}}', 4), 'tensor "a" has no shape'],
    [
      'a negative size',
      file(`{"a":${entry('[-1]', 0, 4)}}`, 4),
      'tensor "a" has no shape; expected a list of whole numbers',
    ],
    ['a size of 1.5', file(`{"a":${entry('[1.5]', 0, 6)}}`, 6), 'tensor "a" has no shape'],
    ['offsets in the wrong order', file(`{"a":${entry('[]', 4, 0)}}`, 4), 'tensor "a" has no data_offsets'],
    ['one offset', file('{"a":{"dtype":"F32","shape":[],"data_offsets":[0]}}', 4), 'tensor "a" has no data_offsets'],
    [
      'too few bytes for the shape',
      file(`{"a":${entry('[2]', 0, 4)}}`, 4),
      'has 4 bytes of data; expected 8 for F32[2]',
    ],
    [
      'a shape beyond all memory',
      file(`{"a":${entry('[9007199254740991,9007199254740991]', 0, 4)}}`, 4),
      'tensor "a" has sizes whose product is beyond all numbers; expected sizes of a tensor',
    ],
    [
      'a shape beyond all memory, times 0',
      file(`{"a":${entry(`[${'9007199254740991,'.repeat(20)}0]`, 0, 0)}}`),
      'has sizes whose product is beyond all numbers',
    ],
    [
      'a size whose bytes overflow to the right number',
      file(`{"a":${entry('[4294967296,4294967296,4294967296]', 0, 0)}}`),
      'has sizes whose product is beyond all numbers',
    ],
    [
      'data that the file does not have',
      file(`{"a":${entry('[2000000000]', 0, 8e9)}}`, 4),
      'has 4 bytes of data; expected 8000000000',
    ],
    [
      'overlapping tensors',
      file(`{"a":${entry('[2]', 0, 8)},"b":${entry('[2]', 4, 12)}}`, 12),
      'tensor "b" starts at byte 4 of the data and overlaps',
    ],
    [
      'a gap',
      file(`{"a":${entry('[]', 0, 4)},"b":${entry('[]', 8, 12)}}`, 12),
      'tensor "b" starts at byte 8 of the data and leaves a gap before it; expected a start at byte 4',
    ],
    ['a gap at the start', file(`{"a":${entry('[]', 4, 8)}}`, 8), 'leaves a gap before it; expected a start at byte 0'],
    [
      'bytes that belong to no tensor',
      file(`{"a":${entry('[]', 0, 4)}}`, 5),
      'the file has 5 bytes of data; expected 4 from its header',
    ],
    [
      'a bool of 2',
      file(`{"a":${entry('[2]', 0, 2, 'BOOL')}}`, Uint8Array.of(1, 2)),
      'holds the BOOL 2 at element 1; expected 0 or 1',
    ],
    ['a checkpoint of PyTorch', ascii('PK\x03\x04........'), 'It looks like a pickle (.pt, .pth, .bin)'],
    ['a web page', ascii('<!DOCTYPE html>'), 'It looks like a web page'],
    ['a pointer of Git LFS', ascii('version https://git-lfs.github.com/spec/v1'), 'run git lfs pull'],
    ['an index', ascii('{\n  "metadata": {'), 'It looks like JSON. An index of shards is opened by its path'],
  ])('%s', (_, bytes, message) => {
    expect(() => decode(bytes)).toThrow(CheckpointError);
    expect(() => decode(bytes)).toThrow(message);
    expect(() => decode(bytes)).toThrow(/^model\.safetensors: /);
  });

  test('a long name is cut in the message', () => {
    const bytes = file(`{"${'x'.repeat(100_000)}":3}`);
    expect(messageOf(bytes)!.length).toBeLessThan(300);
  });

  test('a long dtype is cut in the message', () => {
    const bytes = file(`{"a":${entry('[]', 0, 4, 'x'.repeat(100_000))}}`, 4);
    expect(messageOf(bytes)!.length).toBeLessThan(400);
  });

  test('a header of more than 16 MiB is refused before it is parsed', () => {
    const bytes = file(' '.repeat(16 * 2 ** 20 + 1));
    expect(messageOf(bytes)).toContain('at most 16777216');
  });

  test('a header of nothing but quotes and backslashes is refused in no time', () => {
    expect(messageOf(file(`{"${'\\"'.repeat(500_000)}`))).toContain('not JSON');
    expect(messageOf(file(`{${'"" '.repeat(500_000)}`))).toContain('not JSON');
  });
});

describe('fuzz', () => {
  const whole = encodeSafetensors(example, { metadata: { format: 'pt' } });
  const headerEnd = 8 + new DataView(whole.buffer).getUint32(0, true);

  test('every truncation is a CheckpointError', () => {
    for (let length = 0; length < whole.length; length++) {
      expect(messageOf(whole.subarray(0, length)), `cut to ${length} bytes`).toBeDefined();
    }
  });

  test('bytes added at the end are a CheckpointError', () => {
    expect(messageOf(Uint8Array.of(...whole, 0))).toBeDefined();
  });

  test('one flipped bit anywhere is a CheckpointError, or leaves every tensor whole', () => {
    for (let bit = 0; bit < whole.length * 8; bit++) expectSafe(flipped(whole, [bit]), `bit ${bit}`);
  });

  test('a flipped bit in the data changes at most the one tensor it belongs to', () => {
    const before = decode(whole).tensors;
    for (let bit = headerEnd * 8; bit < whole.length * 8; bit++) {
      if (messageOf(flipped(whole, [bit])) !== undefined) continue; // a bool that is neither 0 nor 1
      const after = decode(flipped(whole, [bit])).tensors;
      const changed = [...before].filter(([name, { data }]) => !sameBytes(data, after.get(name)!.data));
      expect(changed.length).toBe(1);
    }
  });

  test('many flipped bits, anywhere', () => {
    const bits = fc.array(fc.nat({ max: whole.length * 8 - 1 }), { minLength: 2, maxLength: 12 });
    fc.assert(
      fc.property(bits, (list) => expectSafe(flipped(whole, list))),
      { numRuns: 2000 },
    );
  });

  test('bytes of the header replaced by characters that JSON cares about', () => {
    const change = fc.tuple(fc.nat({ max: headerEnd - 9 }), fc.constantFrom(...'{}[]":,\\0129-.eE u'));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 6 }), (changes) => {
        const bytes = whole.slice();
        for (const [at, char] of changes) bytes[8 + at] = char.charCodeAt(0);
        expectSafe(bytes);
      }),
      { numRuns: 2000 },
    );
  });

  test('any JSON as a header', () => {
    const bytes = fc.uint8Array({ maxLength: 40 });
    fc.assert(fc.property(fc.json(), bytes, (json, data) => expectSafe(file(json, data))));
  });

  test('any bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => expectSafe(bytes)));
  });
});

describe('what cannot be written is a CheckpointError', () => {
  const data = Float32Array.of(1, 2);
  test.each<[string, string, StoredTensor, string]>([
    ['the name __metadata__', '__metadata__', { dtype: 'f32', shape: [2], data }, 'a tensor is named "__metadata__"'],
    ['the name __proto__', '__proto__', { dtype: 'f32', shape: [2], data }, 'a tensor is named "__proto__"'],
    ['half a surrogate pair', '\ud800', { dtype: 'f32', shape: [2], data }, 'a tensor is named "\\ud800"'],
    ['a shape of another size', 'a', { dtype: 'f32', shape: [3], data }, 'tensor "a" of shape [3] has 2 elements'],
    ['a negative shape', 'a', { dtype: 'f32', shape: [-1, -2], data }, 'tensor "a" of shape [-1, -2] has 2 elements'],
    ['an array of another dtype', 'a', { dtype: 'i32', shape: [2], data }, 'expected a Int32Array'],
  ])('%s', (_, name, tensor, message) => {
    expect(() => encodeSafetensors(new Map([[name, tensor]]))).toThrow(CheckpointError);
    expect(() => encodeSafetensors(new Map([[name, tensor]]))).toThrow(message);
  });

  test('metadata that no UTF-8 can hold', () => {
    expect(() => encodeSafetensors(new Map(), { metadata: { a: '\udfff' } })).toThrow(
      'the metadata has "a": "\\udfff"',
    );
  });
});

const hostile = /^(constructor|prototype)$|(^|\.)__proto__($|\.)/;
const anyText = fc.string({ unit: 'binary', maxLength: 12 }).filter((text) => !hostile.test(text));
const anyMetadata = fc.dictionary(anyText, fc.string({ unit: 'binary' }), { noNullPrototype: true });
const anyShape = fc.array(fc.nat({ max: 4 }), { maxLength: 4 });
const anyTensor: fc.Arbitrary<StoredTensor> = fc
  .tuple(anyShape, fc.constantFrom('f32', 'f64', 'i32', 'bool'), fc.infiniteStream(fc.integer()))
  .map(([shape, dtype, stream]) => {
    const size = shape.reduce((a, b) => a * b, 1);
    const numbers = [...stream.take(size)];
    if (dtype === 'bool') return { dtype, shape, data: Uint8Array.from(numbers, (n) => n & 1) };
    if (dtype === 'i32') return { dtype, shape, data: Int32Array.from(numbers) };
    const floats = numbers.map((n) => n / 7);
    return { dtype, shape, data: dtype === 'f32' ? Float32Array.from(floats) : Float64Array.from(floats) };
  });
const anyTensors = fc
  .uniqueArray(
    fc.tuple(
      anyText.filter((name) => name !== '__metadata__'),
      anyTensor,
    ),
    { maxLength: 5, selector: ([name]) => name },
  )
  .map((entries) => new Map(entries));

function flipped(bytes: Uint8Array, bits: readonly number[]): Uint8Array {
  const copy = bytes.slice();
  for (const bit of bits) copy[bit >> 3]! ^= 1 << (bit & 7);
  return copy;
}

/** The message of the CheckpointError that the bytes cause, or undefined; any other exception gets through. */
function messageOf(bytes: Uint8Array): string | undefined {
  try {
    decode(bytes);
    return undefined;
  } catch (error) {
    if (error instanceof CheckpointError) return error.message;
    throw error;
  }
}

/** Refused, or tensors that are whole: without a checksum in the format, values and names may differ. */
function expectSafe(bytes: Uint8Array, what?: string): void {
  if (messageOf(bytes) !== undefined) return;
  for (const { shape, data } of decode(bytes).tensors.values()) {
    expect(data.length, what).toBe(shape.reduce((size, n) => size * n, 1));
  }
}

function sameBytes(a: StoredTensor['data'], b: StoredTensor['data']): boolean {
  const bytes = (data: StoredTensor['data']) => Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return bytes(a).equals(bytes(b));
}
