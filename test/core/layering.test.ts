/** The floors of the house hold: no file imports from above, no package reaches into another. */

import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { floors, importsOf, violations } from '../support/layering.ts';

const root = new URL('../../', import.meta.url);

function sources(...folders: string[]): Map<string, string> {
  const paths = folders.flatMap((folder) =>
    readdirSync(new URL(folder, root), { recursive: true, encoding: 'utf8' })
      .map((name) => `${folder}${name.replaceAll('\\', '/')}`)
      .filter((path) => path.endsWith('.ts') && !path.includes('node_modules/')),
  );
  return new Map(paths.map((path) => [path, readFileSync(new URL(path, root), 'utf8')]));
}

const files = sources('packages/core/src/', 'packages/nn/src/', 'packages/optim/src/', 'examples/');

test('no source of the repository breaks the order', () => {
  expect(violations(files)).toEqual([]);
});

test('all packages and examples are looked at, and each floor is lived on', () => {
  expect(files.size).toBeGreaterThan(80);
  for (const folder of ['packages/core/src/', 'packages/nn/src/', 'packages/optim/src/', 'examples/'])
    expect(
      [...files.keys()].some((path) => path.startsWith(folder)),
      folder,
    ).toBe(true);
  const names = [...files.keys()].map((path) => path.replace('packages/core/src/', ''));
  for (const part of floors.flat())
    expect(
      names.some((name) => name.startsWith(part)),
      part,
    ).toBe(true);
  expect([...files.values()].flatMap(importsOf).length).toBeGreaterThan(400);
});

describe('the check finds', () => {
  const good: [string, string][] = [
    ['packages/core/src/shape.ts', `import { ShapeError } from './errors.ts';`],
    ['packages/core/src/errors.ts', ''],
    ['packages/core/src/tensor.ts', `import type { Node } from './tape.ts';`],
    ['packages/core/src/tape.ts', `import { Tensor } from './tensor.ts';`],
    ['packages/core/src/device/index.ts', `import { cpu } from './cpu/device.ts';`],
    ['packages/core/src/device/cpu/device.ts', `import type { Device } from '../device.ts';`],
    ['packages/nn/src/linear.ts', `import { matmul } from '@tapegrad/core';\nimport { Module } from './module.ts';`],
    ['examples/train.ts', `import { Adam } from '@tapegrad/optim';\nimport { readFileSync } from 'node:fs';`],
  ];
  const check = (path: string, source: string): string[] => violations(new Map([...good, [path, source]]));

  test('nothing in what is right', () => {
    expect(violations(new Map(good))).toEqual([]);
  });

  test.each([
    [
      'an import from a floor above',
      'packages/core/src/shape.ts',
      `import { Tensor } from './tensor.ts';`,
      'floor above',
    ],
    [
      'a type from a floor above',
      'packages/core/src/device/device.ts',
      `import type { Tensor } from '../tensor.ts';`,
      'floor above',
    ],
    [
      'an export from a floor above',
      'packages/core/src/dtype.ts',
      `export { add } from './ops/index.ts';`,
      'floor above',
    ],
    [
      'an import over several lines',
      'packages/core/src/dtype.ts',
      `import {\n  add,\n  sub,\n} from './ops/index.ts';`,
      'floor above',
    ],
    ['an import for its effect', 'packages/core/src/tensor.ts', `import './methods.ts';`, 'floor above'],
    ['a dynamic import', 'packages/core/src/tensor.ts', `const load = () => import('./backward.ts');`, 'floor above'],
    ['an op that plays back', 'packages/core/src/ops/loss.ts', `import { grad } from '../backward.ts';`, 'floor above'],
    [
      'a device that sees tensors',
      'packages/core/src/device/cpu/map.ts',
      `import { Tensor } from '../../tensor.ts';`,
      'floor above',
    ],
    [
      'a device that sees another',
      'packages/core/src/device/wasm/map.ts',
      `import { map } from '../cpu/map.ts';`,
      "device's folder",
    ],
    [
      'an op that reaches into a device',
      'packages/core/src/ops/add.ts',
      `import { map } from '../device/cpu/map.ts';`,
      "device's folder",
    ],
    [
      'an op that names a device',
      'packages/core/src/ops/add.ts',
      `if (x.device.name === 'cpu') fast();`,
      `names the device 'cpu'`,
    ],
    ['GPU types outside of webgpu', 'packages/core/src/tensor.ts', `const b: GPUBuffer = 1;`, 'device/webgpu'],
    [
      'WebAssembly outside of wasm',
      'packages/core/src/scalar/to-wasm.ts',
      `new WebAssembly.Module(bytes);`,
      'device/wasm',
    ],
    ['core on Node', 'packages/core/src/random.ts', `import { randomBytes } from 'node:crypto';`, 'nothing but itself'],
    ['core on nn', 'packages/core/src/index.ts', `export * from '@tapegrad/nn';`, 'nothing but itself'],
    ['nn on optim', 'packages/nn/src/module.ts', `import { Adam } from '@tapegrad/optim';`, 'only @tapegrad/core'],
    [
      'nn behind the front door',
      'packages/nn/src/module.ts',
      `import { apply } from '../../core/src/tape.ts';`,
      'another package',
    ],
    [
      'nn on the testing entry',
      'packages/nn/src/module.ts',
      `import { gradcheck } from '@tapegrad/core/testing';`,
      'only @tapegrad/core',
    ],
    ['optim on Node', 'packages/optim/src/adam.ts', `import { writeFileSync } from 'node:fs';`, 'only @tapegrad/core'],
    [
      'an example in the sources',
      'examples/train.ts',
      `import { apply } from '../packages/core/src/tape.ts';`,
      'another package',
    ],
    ['a file without a floor', 'packages/core/src/helpers.ts', '', 'has no floor'],
    [
      'a cycle',
      'packages/core/src/tensor.ts',
      `import { apply } from './tape.ts';`,
      'tensor.ts -> packages/core/src/tape.ts -> packages/core/src/tensor.ts',
    ],
  ])('%s', (_, path, source, why) => {
    const found = check(path, source);
    expect(found.length).toBeGreaterThan(0);
    expect(found.join('\n')).toContain(why);
  });

  test('no import in a comment, and a device in the text of a message', () => {
    const source = `/**\n * import { x } from '../backward.ts';\n */\n// import '../methods.ts';\nthrow new Error(\`move it: x.to('cpu') // \${1}\`);`;
    expect(check('packages/core/src/ops/add.ts', source)).toEqual([]);
  });
});
