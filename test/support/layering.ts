/**
 * Who may import whom, as a function of sources, so that it can be tried on bad ones.
 *
 * - Core is a house of floors: a file imports from its own floor and from those below. `import type` obeys the same order;
 *   only in the search for cycles it does not count, since nothing of it is left at run time.
 * - Core has no dependencies and names nothing of Node: it runs in browsers. nn and optim see the front door of core, and
 *   each other not at all. Examples may use all three, Node and packages, but reach into no source.
 * - A device's folder is known to device/index.ts alone. Ops name no device, but in the text of a message.
 */

import { posix } from 'node:path';

/** The floors of packages/core/src, lowest first. A folder stands for what is in it. */
export const floors: readonly (readonly string[])[] = [
  ['shape.ts', 'dtype.ts', 'errors.ts', 'print.ts'],
  ['scalar/'],
  ['device/'],
  ['tensor.ts', 'tape.ts', 'memory.ts', 'graph.ts', 'scope.ts', 'parameter.ts', 'random.ts'],
  ['create.ts', 'ops/'],
  [
    'anomaly.ts',
    'backward.ts',
    'checkpoint.ts',
    'playback.ts',
    'read-instead.ts',
    'mutate.ts',
    'define-op.ts',
    'trace.ts',
    'transfer.ts',
  ],
  ['methods.ts'],
  ['index.ts'],
  ['testing/'],
];

const CORE = 'packages/core/src/';
const devices = ['cpu', 'wasm', 'webgpu'];

export interface Import {
  readonly from: string;
  readonly typeOnly: boolean;
}

/** The modules that a source imports or exports from. */
export function importsOf(source: string): Import[] {
  const code = withoutComments(source);
  const statements = code.matchAll(/^(?:import|export)\s+(type\s+)?(?:[^'";]*?\sfrom\s+)?'([^']+)'/gm);
  const calls = code.matchAll(/\bimport\(\s*'([^']+)'/g);
  return [
    ...[...statements].map(([, type, from]) => ({ from: from!, typeOnly: type !== undefined })),
    ...[...calls].map(([, from]) => ({ from: from!, typeOnly: false })),
  ];
}

/** What breaks the rules, a line each. `files`: sources by their path from the root of the repository. */
export function violations(files: ReadonlyMap<string, string>): string[] {
  const found: string[] = [];
  for (const [path, source] of files) {
    for (const { from } of importsOf(source)) {
      const why = forbidden(path, from, from.startsWith('.') ? posix.join(posix.dirname(path), from) : undefined);
      if (why) found.push(`${path} imports ${from}: ${why}`);
    }
    found.push(...foreignNames(path, source).map((why) => `${path}: ${why}`));
    if (path.startsWith(CORE) && floorOf(path) < 0)
      found.push(`${path} has no floor: add it to test/support/layering.ts`);
  }
  return [...found, ...cycles(files)];
}

/** Why `path` may not import `from` (`target`, where it is relative), or undefined. */
function forbidden(path: string, from: string, target: string | undefined): string | undefined {
  if (path.startsWith(CORE)) {
    if (!target?.startsWith(CORE)) return 'core imports nothing but itself';
    if (floorOf(target) > floorOf(path)) return 'it lies on a floor above';
    const [mine, its] = [deviceOf(path), deviceOf(target)];
    if (its && mine !== its && path !== `${CORE}device/index.ts`) return "only device/index.ts knows a device's folder";
    return undefined;
  }
  const home = path.startsWith('examples/') ? 'examples/' : /^packages\/\w+\/src\//.exec(path)?.[0];
  if (target)
    return home && target.startsWith(home) ? undefined : 'it lies in another package: import that by its name';
  if (home === 'examples/')
    return /^@tapegrad\/(?!(core|core\/webgpu|nn|nn\/data|nn\/metrics|optim)$)/.test(from)
      ? 'it is no front door'
      : undefined;
  return from === '@tapegrad/core' ? undefined : 'only @tapegrad/core may be imported here';
}

/** Names that belong to one device, or to the devices at all, elsewhere. */
function foreignNames(path: string, source: string): string[] {
  if (!path.startsWith('packages/')) return [];
  const code = withoutComments(source);
  const found: string[] = [];
  if (/\bGPU[A-Z]\w*|\bnavigator\.gpu\b/.test(code) && deviceOf(path) !== 'webgpu')
    found.push('GPU types belong in device/webgpu');
  if (/\bWebAssembly\b/.test(code) && deviceOf(path) !== 'wasm') found.push('WebAssembly belongs in device/wasm');
  const name = new RegExp(`'(${devices.join('|')})'`).exec(code.replace(/`[^`]*`/g, ''));
  if (name && path.startsWith(`${CORE}ops/`)) found.push(`an op names the device ${name[0]}`);
  return found;
}

function floorOf(path: string): number {
  const name = path.slice(CORE.length);
  return floors.findIndex((floor) =>
    floor.some((part) => (part.endsWith('/') ? name.startsWith(part) : name === part)),
  );
}

function deviceOf(path: string): string | undefined {
  return devices.find((name) => path.startsWith(`${CORE}device/${name}/`));
}

/** Files that import each other at run time, through whatever others. */
function cycles(files: ReadonlyMap<string, string>): string[] {
  const found: string[] = [];
  const done = new Set<string>();
  const visit = (path: string, trail: readonly string[]): void => {
    if (trail.includes(path)) {
      found.push(`a cycle: ${[...trail.slice(trail.indexOf(path)), path].join(' -> ')}`);
      return;
    }
    if (done.has(path) || !files.has(path)) return;
    for (const { from, typeOnly } of importsOf(files.get(path)!)) {
      if (from.startsWith('.') && !typeOnly) visit(posix.join(posix.dirname(path), from), [...trail, path]);
    }
    done.add(path);
  };
  for (const path of files.keys()) visit(path, []);
  return found;
}

/** Comments hold examples with imports of their own. Strings are kept: `//` inside of one is no comment. */
function withoutComments(source: string): string {
  return source.replace(
    /\/\*[\s\S]*?\*\/|('(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`)|\/\/[^\n]*/g,
    (_, text?: string) => text ?? '',
  );
}
