/** model.save and model.load: files, shards, 16-bit floats, and what does not fit. */

import { renameSync } from 'node:fs';
import fs, {
  type FileHandle,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve, win32 } from 'node:path';
import { pathToFileURL } from 'node:url';
import { fc } from '@fast-check/vitest';
import {
  type AnyTensor,
  ArgumentError,
  assign,
  manualSeed,
  ones,
  Parameter,
  randn,
  type Tensor,
  tensor,
} from '@tapegrad/core';
import {
  CheckpointError,
  decodeStateDict,
  Embedding,
  encodeStateDict,
  Linear,
  LSTM,
  Module,
  openSafetensors,
  StateDictError,
  saveSafetensors,
} from '@tapegrad/nn';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { parseIndex } from '../../packages/nn/src/serialize/shard-index.ts';

class Model extends Module {
  readonly embedding = new Embedding(8, 3);
  readonly lstm = new LSTM(3, 4, { batchFirst: true });
  readonly head = new Linear(4, 8);

  override forward(tokens: Tensor<'i32'>): Tensor {
    return this.head.forward(this.lstm.forward(this.embedding.forward(tokens))[0]);
  }
}

/** Two layers that share their weight, as the first and the last layer of language models do. */
class Tied extends Module {
  readonly embedding = new Embedding(8, 4);
  readonly head = new Linear(4, 8);

  constructor() {
    super();
    this.head.weight = this.embedding.weight;
  }

  override forward(tokens: Tensor<'i32'>): Tensor {
    return this.head.forward(this.embedding.forward(tokens));
  }
}

let root: string;
let folder: string;
let count = 0;
const at = (name: string): string => join(folder, name);
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'tapegrad-weights-'));
});
beforeEach(async () => {
  manualSeed(1);
  folder = join(root, String(count++));
  await mkdir(folder);
});
afterAll(() => rm(root, { recursive: true }));

const valuesOf = (module: Module): Record<string, unknown> =>
  Object.fromEntries([...module.stateDict()].map(([key, x]) => [key, x.toArraySync()]));

async function failure(promise: Promise<unknown>): Promise<Error> {
  return promise.then(
    () => {
      throw new Error('it did not fail');
    },
    (error: Error) => error,
  );
}

describe('there and back', () => {
  test.each<[string, () => string | URL]>([
    ['a path', () => at('x.safetensors')],
    ['a file: URL', () => pathToFileURL(at('x.safetensors'))],
    ['an index', () => at('x.safetensors.index.json')],
    ["an index's file: URL", () => pathToFileURL(at('x.safetensors.index.json'))],
  ])('%s', async (_, path) => {
    const [model, other] = [new Model(), new Model()];
    expect(await model.save(path())).toBeUndefined();
    expect(await other.load(path())).toEqual({ missingKeys: [], unexpectedKeys: [] });
    expect(valuesOf(other)).toEqual(valuesOf(model));
  });

  test('a stream has the bytes that a file has', async () => {
    const model = new Model();
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const saved = model.save(writable, { metadata: { step: '3' } });
    const streamed = new Uint8Array(await new Response(readable).arrayBuffer());
    await saved;
    await model.save(at('x'), { metadata: { step: '3' } });
    expect(new Uint8Array(await readFile(at('x')))).toEqual(streamed);
    expect(await encodeStateDict(model.stateDict(), { metadata: { step: '3' } })).toEqual(streamed);
  });

  test('a model in f64 keeps every bit', async () => {
    const [model, other] = [
      new Linear(3, 2, { device: 'cpu', dtype: 'f64' }),
      new Linear(3, 2, { device: 'cpu', dtype: 'f64' }),
    ];
    await model.save(at('x'));
    await other.load(at('x'));
    expect(valuesOf(other)).toEqual(valuesOf(model));
  });

  test('F64 is rounded where the model has f32', async () => {
    const layer = new Linear(2, 1, { bias: false });
    await layer.load(
      await encodeStateDict(new Map([['weight', tensor(Float64Array.of(0.1, 3), { device: 'cpu' }).reshape([1, 2])]])),
    );
    expect([layer.weight.dtype, layer.weight.toArraySync()]).toEqual(['f32', [[Math.fround(0.1), 3]]]);
  });

  test('parameters that modules share are in the file under each key, and one of them is enough', async () => {
    const [model, other] = [new Tied(), new Tied()];
    await model.save(at('x'));
    expect([...(await openSafetensors(await readFile(at('x')))).tensors.keys()]).toEqual([
      'embedding.weight',
      'head.bias',
      'head.weight',
    ]);
    const state = model.stateDict();
    state.delete('head.weight');
    expect(await other.load(await encodeStateDict(state))).toEqual({ missingKeys: [], unexpectedKeys: [] });
    expect(valuesOf(other)).toEqual(valuesOf(model));
    state.delete('embedding.weight');
    expect((await failure(other.load(await encodeStateDict(state)))).message).toContain(
      'missing: embedding.weight, head.weight',
    );
  });
});

describe('16 bits', () => {
  test.each([
    ['f16', 2 ** -11],
    ['bf16', 2 ** -8],
  ] as const)('%s takes half the room, and rounds', async (dtype, precision) => {
    const [model, other] = [new Model(), new Model()];
    const size = model.parameters().reduce((sum, x) => sum + x.size, 0);
    await model.save(at('x'), { dtype });
    const file = await openSafetensors(at('x'));
    expect([...file.tensors.values()].map((x) => x.dtype)).toEqual(Array(7).fill(dtype.toUpperCase()));
    expect([...file.tensors.values()].reduce((sum, x) => sum + x.bytes, 0)).toBe(2 * size);
    await file.close();
    await other.load(at('x'));
    for (const [k, x] of model.parameters().entries()) {
      const [exact, rounded] = [x.dataSync(), other.parameters()[k]!.dataSync()];
      for (const [i, value] of exact.entries())
        expect(Math.abs(rounded[i]! - value)).toBeLessThanOrEqual(Math.abs(value) * precision);
    }
    expect(valuesOf(other)).not.toEqual(valuesOf(model));
    expect(new Map([...decodeStateDict(await readFile(at('x')), 'x').tensors].sort()).size).toBe(7);
  });

  test('integers and masks stay as they are', async () => {
    const tensors = new Map<string, AnyTensor>([
      ['i', tensor(Int32Array.of(1, 70_000))],
      ['b', tensor([true, false])],
      ['f', tensor([1, NaN, Infinity])],
    ]);
    const file = await openSafetensors(await encodeStateDict(tensors, { dtype: 'f16' }));
    expect([...file.tensors].map(([name, { dtype }]) => `${name} ${dtype}`)).toEqual(['i I32', 'f F16', 'b BOOL']);
    expect(await (await file.read('f')).toArray()).toEqual([1, NaN, Infinity]);
    expect(await (await file.read('i')).toArray()).toEqual([1, 70_000]);
  });

  test('f32 can be written as f64, and f64 as f32', async () => {
    const x = tensor(Float64Array.of(0.1), { device: 'cpu' });
    const wide = await openSafetensors(await encodeStateDict(new Map([['x', tensor([0.1])]]), { dtype: 'f64' }));
    expect(await (await wide.read('x')).toArray()).toEqual([Math.fround(0.1)]);
    const narrow = await openSafetensors(await encodeStateDict(new Map([['x', x]]), { dtype: 'f32' }));
    expect([narrow.tensors.get('x')!.dtype, await (await narrow.read('x')).toArray()]).toEqual([
      'F32',
      [Math.fround(0.1)],
    ]);
  });

  test.each([
    ['f16', 65_520, /^.*x: tensor "w" holds 65520 at element 1; expected numbers that F16 can hold. Save it as 'bf16'/],
    ['bf16', 3.4e38, /holds 3\.39\d*e\+38 at element 1; expected numbers that BF16 can hold. Save it as it is/],
    ['f32', 1e39, /holds 1e\+39 at element 1; expected numbers that F32 can hold/],
  ] as const)('%s refuses a number that would become infinite', async (dtype, value, message) => {
    const x = dtype === 'f32' ? tensor(Float64Array.of(0, value), { device: 'cpu' }) : tensor([0, value]);
    const error = await failure(saveSafetensors(at('x'), new Map([['w', x]]), { dtype }));
    expect(error).toBeInstanceOf(CheckpointError);
    expect(error.message).toMatch(message);
    expect(await readdir(folder)).toEqual([]);
  });
});

describe('what does not fit', () => {
  const wrong = new Map([
    ['weight', ones([3, 2])],
    ['extra', ones([1])],
  ]);

  test('one error lists all keys, and nothing is changed', async () => {
    const layer = new Linear(3, 2);
    const before = valuesOf(layer);
    await saveSafetensors(at('x.safetensors'), wrong);
    const error = await failure(layer.load(at('x.safetensors')));
    expect(error).toBeInstanceOf(StateDictError);
    expect(error.message).toBe(`load: ${at('x.safetensors')} does not fit the module, and nothing was loaded:
  missing: bias
  unexpected: extra
  of another shape: weight: [3, 2] in ${at('x.safetensors')}, [2, 3] in the module`);
    expect(error).toMatchObject({ missingKeys: ['bias'], unexpectedKeys: ['extra'], misshapenKeys: ['weight'] });
    expect(valuesOf(layer)).toEqual(before);
  });

  test('keys behind a prefix are told as such', async () => {
    const given = new Map([...new Linear(2, 1).stateDict()].map(([key, x]) => [`module.${key}`, x]));
    const error = await failure(new Linear(2, 1).load(await encodeStateDict(given)));
    expect(error.message).toMatch(
      /\n {2}missing: weight, bias\n.*\nThe module's keys are there behind module\.: rename them\.$/s,
    );
    given.delete('module.bias');
    expect((await failure(new Linear(2, 1).load(await encodeStateDict(given)))).message).not.toContain('behind');
  });

  test('a key that would act on a terminal is quoted', async () => {
    const given = new Map([
      ['\x1b[2J', ones([1])],
      ['a b', ones([1])],
      ['x'.repeat(300), ones([1])],
    ]);
    const error = await failure(new Linear(1, 1).load(await encodeStateDict(given)));
    expect(error.message).toContain(`unexpected: "\\u001b[2J", "a b", "${'x'.repeat(80)}..."\n`);
  });

  test('strict: false loads what both have, and returns the rest', async () => {
    const layer = new Linear(2, 3);
    const { bias } = valuesOf(layer);
    const result = await layer.load(await encodeStateDict(wrong), { strict: false });
    expect(result).toEqual({ missingKeys: ['bias'], unexpectedKeys: ['extra'] });
    expect(valuesOf(layer)).toEqual({
      weight: [
        [1, 1],
        [1, 1],
        [1, 1],
      ],
      bias,
    });
    await expect(new Linear(3, 2).load(await encodeStateDict(wrong), { strict: false })).rejects.toThrow(
      'of another shape: weight',
    );
  });

  test('what is not needed is not read: it may have a dtype that does not exist here', async () => {
    const header = `{"weight":{"dtype":"F32","shape":[1,1],"data_offsets":[0,4]},"scale":{"dtype":"F8_E4M3","shape":[1],"data_offsets":[4,5]}}`;
    const file = Buffer.concat([
      Buffer.alloc(8),
      Buffer.from(header),
      Buffer.from(Float32Array.of(7).buffer),
      Buffer.alloc(1),
    ]);
    file.writeUInt32LE(header.length, 0);
    const layer = new Linear(1, 1, { bias: false });
    expect(await layer.load(file, { strict: false })).toEqual({ missingKeys: [], unexpectedKeys: ['scale'] });
    expect(layer.weight.itemSync()).toBe(7);
  });

  test.each<[string, (bytes: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer> | Response]>([
    ['is cut off', (bytes) => bytes.subarray(0, -1)],
    ['is a stream that ends too early', (bytes) => new Response(bytes.subarray(0, -1))],
    ['is a stream that ends too late', (bytes) => new Response(new Uint8Array([...bytes, 0]))],
    ['has a mask of 2 in its last tensor', (bytes) => bytes.with(-1, 2) as Uint8Array<ArrayBuffer>],
  ])('a file that %s changes nothing', async (_, damage) => {
    class Masked extends Module {
      readonly weight = new Parameter(randn([2]));
      readonly mask = this.registerBuffer('mask', tensor([true, false]));
      override forward(): void {}
    }
    const [model, other] = [new Masked(), new Masked()];
    const before = valuesOf(other);
    await expect(other.load(damage(await encodeStateDict(model.stateDict())))).rejects.toThrow(CheckpointError);
    expect(valuesOf(other)).toEqual(before);
  });
});

describe('a file is replaced as a whole', () => {
  test('nothing is left beside it, and the old one is gone', async () => {
    await writeFile(at('x'), new Uint8Array(1e6));
    await new Linear(2, 1).save(at('x'));
    expect(await readdir(folder)).toEqual(['x']);
    expect((await stat(at('x'))).size).toBeLessThan(1000);
  });

  test('where saving fails the old one is as it was', async () => {
    const layer = new Linear(2, 1);
    await layer.save(at('x'));
    const before = await readFile(at('x'));
    assign(layer.weight, tensor([[1e6, 0]]));
    await expect(layer.save(at('x'), { dtype: 'f16' })).rejects.toThrow(CheckpointError);
    expect(await readFile(at('x'))).toEqual(before);
    expect(await readdir(folder)).toEqual(['x']);
  });

  test('until all is written and handed to the disk, the old one is there', async () => {
    await new Linear(2, 1).save(at('x'));
    const before = await readFile(at('x'));
    const seen: unknown[] = [];
    const look = async (what: string) => seen.push([what, (await readFile(at('x'))).equals(before)]);
    const [first, second] = [ones([300]), ones([300])];
    for (const [x, name] of [
      [first, 'first'],
      [second, 'second'],
    ] as const) {
      const data = x.data.bind(x);
      x.data = async () => {
        await look(name);
        return data();
      };
    }
    const handle = await fs.open(at('x'));
    const spies = [
      vi.spyOn(Object.getPrototypeOf(handle) as FileHandle, 'sync').mockImplementation(() => look('sync') as never),
      vi.spyOn(fs, 'rename').mockImplementationOnce((from, to) => look('rename').then(() => renameSync(from, to))),
    ];
    await handle.close();
    try {
      await saveSafetensors(
        at('x'),
        new Map([
          ['first', first],
          ['second', second],
        ]),
      );
    } finally {
      for (const spy of spies) spy.mockRestore();
    }
    expect(seen).toEqual([
      ['first', true],
      ['second', true],
      ['sync', true],
      ['rename', true],
      ['sync', false], // the folder
    ]);
  });

  test('what a killed save left is taken away by a later one, but not what may be in use', async () => {
    const [old, fresh] = [`x.${crypto.randomUUID()}.part`, `x.${crypto.randomUUID()}.part`];
    const others = [`y.${crypto.randomUUID()}.part`, 'x.mine.part', 'x.part'];
    for (const name of [old, fresh, ...others]) {
      await writeFile(at(name), '');
      if (name !== fresh) await fs.utimes(at(name), new Date(), new Date(Date.now() - 601_000));
    }
    await new Linear(2, 1).save(at('x'));
    expect((await readdir(folder)).sort()).toEqual(['x', fresh, ...others].sort());
  });

  test.skipIf(process.platform === 'win32')('who may not read the old one may not read the new one', async () => {
    await writeFile(at('x'), '', { mode: 0o600 });
    await new Linear(2, 1).save(at('x'));
    expect((await stat(at('x'))).mode & 0o777).toBe(0o600);
  });

  test('where there are no files it says what to do', async () => {
    const { getBuiltinModule } = process;
    Object.assign(process, { getBuiltinModule: undefined });
    try {
      expect((await failure(new Linear(1, 1).save('x'))).message).toBe(
        'x: a path, and there are no files here; expected Node 20.16 or later. Pass a WritableStream, or use encodeStateDict.',
      );
    } finally {
      Object.assign(process, { getBuiltinModule });
    }
  });

  test('a link stays a link', async () => {
    await writeFile(at('there'), '');
    await symlink(at('there'), at('link'));
    await new Linear(2, 1).save(at('link'));
    expect((await lstat(at('link'))).isSymbolicLink()).toBe(true);
    await new Linear(2, 1).load(at('there'));
  });

  test('two that save to one path leave one of the two', async () => {
    const models = [new Linear(50, 50), new Linear(50, 50), new Linear(50, 50)];
    await Promise.all(models.map((model) => model.save(at('x'))));
    const loaded = new Linear(50, 50);
    await loaded.load(at('x'));
    expect(models.map(valuesOf)).toContainEqual(valuesOf(loaded));
    expect(await readdir(folder)).toEqual(['x']);
  });

  test.each<[string, () => string, RegExp]>([
    [
      'a folder that is not there',
      () => at('none/x'),
      /x: it cannot be written: there is no such file or folder; expected a file name in a folder/,
    ],
    ['a folder', () => folder, /it cannot be written: /],
    ['an address', () => 'https://host/x', /a URL; expected a path/],
  ])('%s cannot be written, and it says so', async (_, path, message) => {
    const error = await failure(new Linear(1, 1).save(path()));
    expect(error).toBeInstanceOf(CheckpointError);
    expect(error.message).toMatch(message);
    expect(await readdir(folder)).toEqual([]);
    expect((await readdir(root)).filter((name) => name.endsWith('.part'))).toEqual([]);
  });

  test('a parameter that changes while it is being saved is an error, and no file', async () => {
    const layer = new Linear(2, 1);
    const saving = failure(layer.save(at('x')));
    assign(layer.weight, ones([1, 2]));
    const error = await saving;
    expect(error).toBeInstanceOf(ArgumentError);
    expect(error.message).toBe(
      'save: "weight" changed while it was being saved: await the end before the next step, or save model.stateDict()',
    );
    expect(await readdir(folder)).toEqual([]);
  });

  test('a stream is aborted where saving fails', async () => {
    const seen: unknown[] = [];
    const stream = new WritableStream({
      abort: (reason) => void seen.push(reason),
      close: () => void seen.push('close'),
    });
    const error = await failure(saveSafetensors(stream, new Map([['x', tensor([1e6])]]), { dtype: 'f16' }));
    expect(seen).toEqual([error]);
  });

  test.each<[string, unknown]>([
    ['a name', { __proto__: 'x', a: 1 }],
    ['half a surrogate pair', { a: '\ud800' }],
  ])('metadata with %s cannot be written', async (_, metadata) => {
    await expect(new Linear(1, 1).save(at('x'), { metadata: metadata as never })).rejects.toThrow(
      /the metadata has "a": /,
    );
  });
});

describe('shards', () => {
  test('the index names them, and none has more than it may', async () => {
    const model = new Model();
    await model.save(at('m.safetensors.index.json'), { maxShardBytes: 300, metadata: { format: 'pt' } });
    expect((await readdir(folder)).sort()).toEqual([
      'm-00001-of-00003.safetensors',
      'm-00002-of-00003.safetensors',
      'm-00003-of-00003.safetensors',
      'm.safetensors.index.json',
    ]);
    const index = JSON.parse(await readFile(at('m.safetensors.index.json'), 'utf8'));
    expect(index.metadata).toEqual({ total_size: model.parameters().reduce((sum, x) => sum + 4 * x.size, 0) });
    expect(Object.keys(index.weight_map).sort()).toEqual([...model.stateDict().keys()].sort());
    for (const name of new Set<string>(Object.values(index.weight_map))) {
      const shard = await openSafetensors(at(name));
      expect([...shard.tensors.values()].reduce((sum, x) => sum + x.bytes, 0)).toBeLessThanOrEqual(300);
      expect(shard.metadata).toEqual({ format: 'pt' });
      for (const key of shard.tensors.keys()) expect(index.weight_map[key]).toBe(name);
      await shard.close();
    }
    const other = new Model();
    await other.load(at('m.safetensors.index.json'));
    expect(valuesOf(other)).toEqual(valuesOf(model));
    const names = (await readdir(folder)).filter((name) => name.startsWith('m-'));
    const third = new Model();
    await third.load(await Promise.all(names.map(async (name) => new Blob([await readFile(at(name))]))));
    expect(valuesOf(third)).toEqual(valuesOf(model));
  });

  test('a tensor that is larger than a shard has one of its own', async () => {
    await new Linear(10, 10).save(at('m.index.json'), { maxShardBytes: 1 });
    expect((await readdir(folder)).sort()).toEqual([
      'm-00001-of-00002.safetensors',
      'm-00002-of-00002.safetensors',
      'm.index.json',
    ]);
  });

  test('no tensors are no shards', async () => {
    await saveSafetensors(at('m.index.json'), new Map());
    expect(await readdir(folder)).toEqual(['m.index.json']);
    expect((await openSafetensors(at('m.index.json'))).tensors.size).toBe(0);
  });

  test('where saving fails the old ones are as they were', async () => {
    const layer = new Linear(2, 1);
    const options = { maxShardBytes: 4, dtype: 'f16' } as const;
    await layer.save(at('m.index.json'), options);
    const before = valuesOf(layer);
    assign(layer.bias!, tensor([1e6]));
    assign(layer.weight, ones([1, 2]));
    await expect(layer.save(at('m.index.json'), options)).rejects.toThrow(CheckpointError);
    expect((await readdir(folder)).filter((name) => name.endsWith('.part'))).toEqual([]);
    await layer.load(at('m.index.json'));
    for (const [key, values] of Object.entries(before)) {
      const rounded = [values].flat(2).map((x) => expect.closeTo(x as number, 3));
      expect([valuesOf(layer)[key]].flat(2)).toEqual(rounded);
    }
  });

  test('a crash between old shards and new ones leaves no index, rather than one of both', async () => {
    const layer = new Linear(2, 1);
    await layer.save(at('m.index.json'), { maxShardBytes: 8 });
    const rename = vi.spyOn(fs, 'rename').mockImplementationOnce(async (from, to) => renameSync(from, to));
    rename.mockRejectedValueOnce(Object.assign(new Error('crash'), { code: 'EIO' }));
    try {
      await expect(new Linear(2, 1).save(at('m.index.json'), { maxShardBytes: 8 })).rejects.toThrow(
        /m-00002-of-00002\.safetensors: it cannot be written: crash; expected/,
      );
    } finally {
      rename.mockRestore();
    }
    await expect(layer.load(at('m.index.json'))).rejects.toThrow('m.index.json: there is no such file');
    expect((await readdir(folder)).sort()).toEqual(['m-00001-of-00002.safetensors', 'm-00002-of-00002.safetensors']);
  });

  const files = async (index: unknown): Promise<string> => {
    await new Linear(2, 1).save(at('m.index.json'), { maxShardBytes: 8 });
    await writeFile(at('m.index.json'), typeof index === 'string' ? index : JSON.stringify(index));
    return at('m.index.json');
  };
  const [one, two] = ['m-00001-of-00002.safetensors', 'm-00002-of-00002.safetensors'];
  test.each<[string, unknown, RegExp]>([
    ['is not JSON', '{', /the index is not JSON: it begins with "{"/],
    ['is a list', [], /the index has no weight_map; expected an object: file names by the names of tensors/],
    ['has no map', { metadata: {} }, /the index has no weight_map/],
    ['has a list for a map', { weight_map: [one] }, /the index has no weight_map/],
    [
      'has a number for a file',
      { weight_map: { weight: 3 } },
      /says that "weight" is in "3"; expected the name of a file beside it/,
    ],
    [
      'leads out of its folder',
      { weight_map: { weight: `../${one}` } },
      /"weight" is in "\.\.\/m-0.*; expected the name of a file/,
    ],
    [
      'leads out of its folder on Windows',
      { weight_map: { weight: `..\\${one}` } },
      /expected the name of a file beside it/,
    ],
    ['names a drive', { weight_map: { weight: 'c:x' } }, /expected the name of a file beside it/],
    ['names a folder', { weight_map: { weight: '..' } }, /expected the name of a file beside it/],
    ['names nothing', { weight_map: { weight: '' } }, /expected the name of a file beside it/],
    ['has a zero byte', { weight_map: { weight: 'a\0b' } }, /expected the name of a file beside it/],
    ['has a name twice', `{"weight_map":{"weight":"${one}","weight":"${two}"}}`, /the index names "weight" twice/],
    ['has a hostile name', `{"weight_map":{"__proto__":"${one}"}}`, /the index uses the name "__proto__"/],
    ['nests deeply', '['.repeat(1e5), /the index nests deeper than 8 levels/],
    ['is huge', ' '.repeat(2 ** 24 + 1), /the index has 16777217 bytes; expected at most 16777216/],
    ['names a shard that is not there', { weight_map: { weight: 'none' } }, /none: there is no such file/],
    [
      'names what the shard lacks',
      { weight_map: { weight: one, gain: one, bias: two } },
      /the shard m-00001-of-00002.safetensors lacks "gain"/,
    ],
    ['lacks what the shard has', { weight_map: { gain: two } }, /lacks "gain"/],
    ['lacks a tensor', { weight_map: { weight: one }, bias: two }, /missing: bias/],
  ])('an index that %s is refused', async (_, index, message) => {
    const error = await failure(new Linear(2, 1).load(await files(index)));
    expect(error.message).toMatch(message);
    expect(error).toBeInstanceOf(message.source.includes('missing') ? StateDictError : CheckpointError);
  });

  test('whatever an index says, no shard lies outside of its folder', () => {
    const home = resolve('/some/folder');
    const part = fc.constantFrom('..', '.', '/', '\\', 'c:', 'x', '\0', ' ', '~', '%2e%2e');
    const name = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(part).map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(name, (file) => {
        const index = new TextEncoder().encode(JSON.stringify({ weight_map: { weight: file } }));
        try {
          for (const shard of parseIndex(index, 'index').keys()) {
            expect(dirname(join(home, shard))).toBe(home);
            expect(win32.dirname(win32.join('c:\\some', shard))).toBe('c:\\some');
          }
        } catch (error) {
          expect(error).toBeInstanceOf(CheckpointError);
        }
      }),
    );
  });

  test('a shard with more than the index says is refused', async () => {
    const path = await files({ weight_map: { bias: two } });
    await saveSafetensors(at(two!), new Linear(2, 1).stateDict());
    expect((await failure(openSafetensors(path))).message).toContain(
      'the shard m-00002-of-00002.safetensors has "weight", which the index does not name; expected what the index says, and no more',
    );
  });

  test.each<[string, object, string]>([
    ['x.safetensors', { maxShardBytes: 5 }, 'maxShardBytes is for a path that ends in .index.json; given '],
    ['x.index.json', { maxShardBytes: 0 }, 'expected maxShardBytes above 0; given 0'],
    ['x.index.json', { maxShardBytes: NaN }, 'expected maxShardBytes above 0; given NaN'],
  ])('%s with %o is an ArgumentError', async (name, options, message) => {
    const error = await failure(new Linear(1, 1).save(at(name), options));
    expect(error).toBeInstanceOf(ArgumentError);
    expect(error.message).toContain(message);
  });

  test('a stream has no shards', async () => {
    const error = await failure(new Linear(1, 1).save(new WritableStream(), { maxShardBytes: 5 }));
    expect(error.message).toContain('given a stream');
  });
});
