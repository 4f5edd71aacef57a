// Says what to do where the running Node cannot run TypeScript sources, and turns on the compile cache where it can.
// Node of any age must be able to read this file: no syntax newer than ES5.
'use strict';

var required = [22, 18];
var version = process.versions.node;
var parts = version.split('.').map(Number);

if (parts[0] < required[0] || (parts[0] === required[0] && parts[1] < required[1])) {
  console.error('tapegrad needs Node >= ' + required.join('.') + '; you have ' + version + '.');
  console.error(
    process.platform === 'linux' && (process.arch === 'x64' || process.arch === 'arm64')
      ? 'Run it as `npx -y pnpm@12 start` or `npx -y pnpm@12 test`: pnpm installs a Node that fits into node_modules.\n' +
          'If you did, optional dependencies were left out: run `npx -y pnpm@12 install` with no --no-optional.'
      : 'Install a newer Node, from https://nodejs.org or with your version manager, and run the same command again.',
  );
  process.exit(1);
}

var cache = require('path').join(__dirname, '..', 'node_modules', '.cache', 'node-compile');
require('module').enableCompileCache(cache);
