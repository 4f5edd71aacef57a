// Says what to do where the running Node cannot run TypeScript sources, and turns on the compile cache where it can.
// A Node of any age must be able to read this file: no syntax newer than ES5.
'use strict';

var version = process.versions.node;

if (!process.features.typescript) {
  console.error(
    'tapegrad needs Node >= ' + (version.split('.')[0] === '23' ? '23.6' : '22.18') + '; you have ' + version + '.',
  );
  console.error(
    process.platform === 'linux' && (process.arch === 'x64' || process.arch === 'arm64')
      ? 'Run `npx -y pnpm@12 start` or `npx -y pnpm@12 test`: on Linux pnpm installs a Node that fits into node_modules.\n' +
          'If that is what you ran, it was installed without optional dependencies: run `npx -y pnpm@12 install` once.'
      : 'Install a newer Node, from https://nodejs.org or with your version manager, and run the same command again.',
  );
  process.exit(1);
}

require('module').enableCompileCache(require('path').join(__dirname, '..', 'node_modules', '.cache', 'node'));
