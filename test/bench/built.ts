/** Lets `@tapegrad/*` mean the built packages, as users get them, instead of the sources. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { UserError } from '../../examples/char-lm/user-error.ts';

export const ROOT: string = join(import.meta.dirname, '../..');

/**
 * Builds what is older than its source; imports of `@tapegrad/*` after this call get `packages/*\/dist`. So a program
 * calls it first and then imports, dynamically, the part of itself that uses them.
 *
 * Throws: UserError where the packages do not build.
 */
export function useBuiltPackages(): void {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(ROOT, 'scripts/build.mjs')], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new UserError(`the packages do not build: \`pnpm build\` says\n${stdout}${stderr}`);

  registerHooks({
    resolve(specifier, context, next) {
      const [, name, entry = ''] = /^@tapegrad\/(core|nn|optim)(\/.*)?$/.exec(specifier) ?? [];
      if (name === undefined) return next(specifier, context);
      const folder = join(ROOT, 'packages', name);
      const { publishConfig } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
      const file = join(folder, publishConfig.exports[`.${entry}`]);
      return { url: pathToFileURL(file).href, shortCircuit: true };
    },
  });
}
