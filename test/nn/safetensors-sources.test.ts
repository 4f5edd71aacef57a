/** Reading safetensors files tensor by tensor, from wherever they are, and from those who wish us ill. */

import { type FileHandle, mkdtemp, open, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { fc } from '@fast-check/vitest';
import { ArgumentError, setDevice } from '@tapegrad/core';
import {
  CheckpointError,
  encodeSafetensors,
  openSafetensors,
  type SafetensorsSource,
  type StoredTensor,
} from '@tapegrad/nn';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const example = new Map<string, StoredTensor>([
  ['exact', { dtype: 'f64', shape: [], data: Float64Array.of(Math.PI) }],
  ['tokens', { dtype: 'i32', shape: [2, 1], data: Int32Array.of(-5, 7) }],
  ['weight', { dtype: 'f32', shape: [2, 3], data: Float32Array.of(1, 2, 3, -4, 5, 6) }],
  ['empty', { dtype: 'bool', shape: [0, 4], data: new Uint8Array(0) }],
  ['mask', { dtype: 'bool', shape: [3], data: Uint8Array.of(1, 0, 1) }],
]);
const bytes = encodeSafetensors(example, { metadata: { format: 'pt' } });
const [weightOnly, maskOnly] = ['weight', 'mask'].map((name) =>
  encodeSafetensors(new Map([[name, example.get(name)!]])),
);

let folder: string;
let handle: FileHandle;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tapegrad-sources-'));
  await writeFile(join(folder, 'x.safetensors'), bytes);
  handle = await open(join(folder, 'x.safetensors'));
});
afterAll(async () => {
  await handle.close();
  await rm(folder, { recursive: true });
});

/** A response that arrives in pieces of `size` bytes. */
function inPieces(data: Uint8Array, size: number): Response {
  let at = 0;
  const stream = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (at >= data.length) return controller.close();
      controller.enqueue(data.slice(at, (at += size)));
    },
  });
  return new Response(stream);
}

/** A header around tensors that need not be there. */
function headed(header: object, data: Uint8Array = new Uint8Array(0)): Uint8Array<ArrayBuffer> {
  const text = new TextEncoder().encode(JSON.stringify(header));
  const file = new Uint8Array(8 + text.length + data.length);
  new DataView(file.buffer).setUint32(0, text.length, true);
  file.set(text, 8);
  file.set(data, 8 + text.length);
  return file;
}

async function readAll(source: SafetensorsSource): Promise<Map<string, StoredTensor>> {
  const file = await openSafetensors(source);
  try {
    const read = new Map<string, StoredTensor>();
    for (const name of file.tensors.keys()) read.set(name, await file.readStored(name));
    return read;
  } finally {
    await file.close();
  }
}

describe('every source gives the same', () => {
  test.each<[string, () => SafetensorsSource]>([
    ['bytes', () => bytes],
    ['an ArrayBuffer', () => bytes.buffer],
    ['bytes in the middle of a buffer', () => new Uint8Array([9, ...bytes, 9]).subarray(1, -1)],
    ["Node's Buffer", () => Buffer.from(bytes)],
    ['a Blob', () => new Blob([bytes])],
    ['a File', () => new File([bytes], 'x.safetensors')],
    ['a Response', () => new Response(bytes)],
    ['a Response in small pieces', () => inPieces(bytes, 3)],
    ['a Response in pieces of one byte', () => inPieces(bytes, 1)],
    ['a path', () => join(folder, 'x.safetensors')],
    ['a file: URL', () => pathToFileURL(join(folder, 'x.safetensors'))],
    ['the text of a file: URL', () => pathToFileURL(join(folder, 'x.safetensors')).href],
    ['an open file', () => handle],
    ['a list of one', () => [bytes]],
  ])('%s', async (_, source) => {
    const file = await openSafetensors(source());
    expect([...file.tensors]).toEqual([
      ['exact', { dtype: 'F64', shape: [], bytes: 8 }],
      ['tokens', { dtype: 'I32', shape: [2, 1], bytes: 8 }],
      ['weight', { dtype: 'F32', shape: [2, 3], bytes: 24 }],
      ['empty', { dtype: 'BOOL', shape: [0, 4], bytes: 0 }],
      ['mask', { dtype: 'BOOL', shape: [3], bytes: 3 }],
    ]);
    expect(file.metadata).toEqual({ format: 'pt' });
    expect(await readAll(source())).toEqual(example);
    await file.close();
  });

  test('a list of shards is their union, with the metadata of the first', async () => {
    const file = await openSafetensors([new Blob([weightOnly!]), inPieces(maskOnly!, 5)]);
    expect([...file.tensors.keys()]).toEqual(['weight', 'mask']);
    expect(await file.readStored('mask')).toEqual(example.get('mask'));
  });

  test('a file that the caller opened stays open', async () => {
    await (await openSafetensors(handle)).close();
    expect((await handle.stat()).size).toBe(bytes.length);
  });

  test('tensors come in any order from what is no stream, also at once', async () => {
    const file = await openSafetensors(new Blob([bytes]));
    const [mask, exact] = await Promise.all([file.read('mask'), file.read('exact')]);
    expect([mask!.dtype, await mask!.toArray()]).toEqual(['bool', [true, false, true]]);
    expect([exact!.dtype, exact!.device.name, await exact!.item()]).toEqual(['f64', 'cpu', Math.PI]);
    expect(await (await file.read('mask')).toArray()).toEqual([true, false, true]);
  });

  test('all tensors of a stream can be asked for at once, in its order', async () => {
    const file = await openSafetensors(inPieces(bytes, 7));
    const read = await Promise.all([...file.tensors.keys()].map((name) => file.readStored(name)));
    expect(read).toEqual([...example.values()]);
  });

  test('tensors come to the current device', async () => {
    await setDevice('cpu');
    try {
      expect((await (await openSafetensors(bytes)).read('weight')).device.name).toBe('cpu');
    } finally {
      await setDevice('wasm');
    }
  });

  test('what was closed cannot be read', async () => {
    const file = await openSafetensors(join(folder, 'x.safetensors'));
    await file.close();
    await expect(file.read('weight')).rejects.toThrow(/x\.safetensors: bytes \d+ to \d+ cannot be read: /);
  });
});

describe('what cannot be read says why', () => {
  const url = (status: number, body: string | null): Response => new Response(body, { status });
  test.each<[string, () => unknown, RegExp]>([
    ['no file', () => join(folder, 'none'), /none: there is no such file or folder; expected a file that can be read/],
    ['a folder', () => folder, /it is a folder|cannot be read/],
    [
      'an address',
      () => 'https://host/x.safetensors',
      /^https:\/\/host\/x\.safetensors: a URL; .* await fetch\('\.\.\.'\)/,
    ],
    ['a URL', () => new URL('https://host/x.safetensors'), /a URL; expected a path or a file/],
    ['a response of 404', () => url(404, 'no'), /the server answered with status 404; expected a file/],
    [
      'a response without a body',
      () => new Response(null),
      /it has no body that is still to be read; expected a fresh response/,
    ],
    [
      'a response that another reads',
      () => {
        const response = new Response(bytes);
        response.body!.getReader();
        return response;
      },
      /it has no body that is still to be read/,
    ],
    [
      'nothing',
      () => undefined,
      /load: undefined; expected a path or an open file \(Node\), a Blob or File, a Response/,
    ],
    ['null', () => null, /load: null; expected a path/],
    ['an object', () => ({}), /load: object; expected a path/],
    [
      'a name in two shards',
      () => [weightOnly, weightOnly],
      /"weight" is also in the data; expected each name in one shard/,
    ],
    [
      'a Response cut in the length',
      () => inPieces(bytes.subarray(0, 5), 3),
      /the file has 5 bytes; expected at least 8/,
    ],
    [
      'a Response cut in the header',
      () => inPieces(bytes.subarray(0, 50), 9),
      /the file ends after 50 bytes; expected \d+/,
    ],
    [
      'a Response cut in the data',
      () => inPieces(bytes.subarray(0, -1), 9),
      /the file ends after \d+ bytes; expected \d+ from/,
    ],
    [
      'a Response that goes on',
      () => inPieces(new Uint8Array([...bytes, 0]), 9),
      /there is more after byte \d+; expected the end/,
    ],
    [
      'a Response of a header, that goes on',
      () => new Response(headed({}, new Uint8Array(1))),
      /there is more after byte 10/,
    ],
    [
      'a Response that breaks',
      () =>
        new Response(
          new ReadableStream({
            pull(controller) {
              controller.error(new TypeError('terminated'));
            },
          }),
        ),
      /the Response: bytes 0 to 8 cannot be read: terminated; expected all of them/,
    ],
  ])('%s', async (_, source, message) => {
    const error = await readAll(source() as SafetensorsSource).then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(error).toBeInstanceOf(CheckpointError);
    expect((error as Error).message).toMatch(message);
  });

  test('a name that is not there', async () => {
    const file = await openSafetensors(bytes);
    await expect(file.read('wait')).rejects.toThrow(ArgumentError);
    await expect(file.read('wait')).rejects.toThrow(
      'read: there is no "wait" in the data; there is "exact", "tokens", "weight"',
    );
  });

  test('a tensor of a stream that has passed by', async () => {
    const file = await openSafetensors(inPieces(bytes, 100));
    await file.read('mask');
    await expect(file.read('weight')).rejects.toThrow(
      'read: "weight" has passed by: the Response is a stream; read in the order of .tensors, or open await response.blob()',
    );
  });

  test('a file that becomes shorter while it is read', async () => {
    const path = join(folder, 'short.safetensors');
    await writeFile(path, bytes);
    const file = await openSafetensors(path);
    await truncate(path, bytes.length - 2);
    await expect(file.readStored('mask')).rejects.toThrow(`the file ends after ${bytes.length - 2} bytes; expected`);
    expect(await file.readStored('weight')).toEqual(example.get('weight'));
    await file.close();
  });

  test('a path where there are no files', async () => {
    const { getBuiltinModule } = process;
    Object.assign(process, { getBuiltinModule: undefined });
    try {
      await expect(openSafetensors('x.safetensors')).rejects.toThrow(
        'x.safetensors: a path, and there are no files here; expected Node 20.16 or later. Pass await fetch(url), a File',
      );
    } finally {
      Object.assign(process, { getBuiltinModule });
    }
  });
});

describe('memory', () => {
  test('of a file larger than memory a tensor takes its own size', async () => {
    const path = join(folder, 'huge.safetensors');
    const gigabytes = 2 ** 34;
    const header = headed({
      huge: { dtype: 'F32', shape: [2 ** 16, 2 ** 16], data_offsets: [0, gigabytes] },
      small: { dtype: 'F32', shape: [2], data_offsets: [gigabytes, gigabytes + 8] },
    });
    await writeFile(path, header);
    const room = await open(path, 'r+');
    await room.truncate(header.length + gigabytes); // nothing is written: a hole
    await room.write(new Uint8Array(Float32Array.of(3, 4).buffer), 0, 8, header.length + gigabytes);
    await room.close();
    const { result, largest } = await allocating(async () => {
      const file = await openSafetensors(path);
      const small = await file.readStored('small');
      await file.close();
      return small.data;
    });
    expect(result).toEqual(Float32Array.of(3, 4));
    expect(largest).toBeLessThan(1000);
    await rm(path);
  });

  test('a stream that promises more than it has reserves nothing for it', async () => {
    const header = headed(
      { huge: { dtype: 'F32', shape: [2 ** 31], data_offsets: [0, 2 ** 33] } },
      new Uint8Array(100),
    );
    const { result, largest } = await allocating(() =>
      readAll(inPieces(header, 30)).catch((error: Error) => error.message),
    );
    expect(result).toContain(`the file ends after ${header.length} bytes; expected ${header.length - 100 + 2 ** 33}`);
    expect(largest).toBeLessThanOrEqual(header.length);
  });

  test('a header length of 2^63 reserves nothing', async () => {
    const start = new Uint8Array(64).fill(0x7f);
    for (const source of [start, new Response(start)]) {
      const { result, largest } = await allocating(() => readAll(source).catch((error: Error) => error.message));
      expect(result).toContain("the header's length is given as");
      expect(largest).toBeLessThanOrEqual(64);
    }
  });

  const lengths = fc.constantFrom(0, 1, 4, 7, 8, 2 ** 16, 2 ** 31, 2 ** 32, 2 ** 40, 2 ** 53 - 1);
  const entry = fc.record({
    dtype: fc.constantFrom('F32', 'F16', 'I64', 'U8', 'BOOL', 'F4'),
    shape: fc.array(lengths, { maxLength: 3 }),
    data_offsets: fc.tuple(lengths, lengths),
  });
  const header = fc.dictionary(fc.constantFrom('a', 'b', 'c', '__metadata__'), entry, { maxKeys: 3 });

  test.each<[string, (file: Uint8Array<ArrayBuffer>) => SafetensorsSource]>([
    ['bytes', (file) => file],
    ['a stream', (file) => inPieces(file, 64)],
  ])(
    'whatever a header claims, no array is larger than the file, or than what its tensors become: %s',
    async (_, source) => {
      await fc.assert(
        fc.asyncProperty(header, fc.uint8Array({ maxLength: 64 }), async (claims, data) => {
          const file = headed(claims, data);
          const opened = await allocating(() => openSafetensors(source(file)).catch(refused));
          expect(opened.largest).toBeLessThanOrEqual(file.length);
          const read = await allocating(() => readAll(source(file)).catch(refused));
          expect(read.largest).toBeLessThanOrEqual(Math.max(file.length, 4 * data.length)); // U8 to i32
        }),
        { numRuns: 300 },
      );
    },
  );

  test('bytes changed anywhere: refused or read, and no array is larger', async () => {
    const changes = fc.array(fc.tuple(fc.nat({ max: bytes.length - 1 }), fc.nat({ max: 255 })), {
      minLength: 1,
      maxLength: 8,
    });
    await fc.assert(
      fc.asyncProperty(changes, fc.boolean(), async (list, streamed) => {
        const file = bytes.slice();
        for (const [at, value] of list) file[at] = value;
        const { largest } = await allocating(() => readAll(streamed ? inPieces(file, 50) : file).catch(refused));
        expect(largest).toBeLessThanOrEqual(file.length);
      }),
      { numRuns: 500 },
    );
  });
});

/** Lets nothing but CheckpointErrors through as refusals. */
function refused(error: unknown): undefined {
  expect(error).toBeInstanceOf(CheckpointError);
}

/** Runs `fn` and sees how many bytes the largest array buffer has that it makes. */
async function allocating<T>(fn: () => Promise<T>): Promise<{ result: T; largest: number }> {
  const names = [
    'ArrayBuffer',
    'Uint8Array',
    'Int8Array',
    'Uint16Array',
    'Int16Array',
    'Int32Array',
    'Uint32Array',
    'Float32Array',
    'Float64Array',
  ] as const;
  const real = names.map((name) => globalThis[name]);
  let largest = 0;
  names.forEach((name, i) => {
    const construct = (target: new (...args: never) => ArrayBuffer | ArrayBufferView, args: never[]) => {
      const made = new target(...(args as never));
      if (!((args[0] as unknown) instanceof real[0]!)) largest = Math.max(largest, made.byteLength); // no view of another
      return made as object;
    };
    Object.assign(globalThis, { [name]: new Proxy(real[i] as never, { construct }) });
  });
  try {
    return { result: await fn(), largest };
  } finally {
    for (const [i, name] of names.entries()) Object.assign(globalThis, { [name]: real[i] });
  }
}
