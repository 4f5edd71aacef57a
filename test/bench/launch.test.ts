/** The launcher: the script in its place has its arguments, its exit code and its signals. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

const LAUNCH = join(import.meta.dirname, '../../scripts/launch.mjs');
const FLAG = '--experimental-wasm-revectorize';
const knowsFlag = spawnSync(process.execPath, [FLAG, '--eval', '0']).status === 0;

const folder = mkdtempSync(join(tmpdir(), 'tapegrad-launch-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, code: string): string {
  const path = join(folder, name);
  writeFileSync(path, code);
  return path;
}

const SHOW = file(
  'show.mjs',
  'console.log(JSON.stringify([process.argv.slice(2), process.execArgv])); process.exit(7);',
);
const WAIT = file(
  'wait.mjs',
  `for (const signal of ['SIGINT', 'SIGTERM'])
     process.on(signal, () => { console.log('saved at ' + signal); process.exit(5); });
   setInterval(() => {}, 1000);
   console.log('ready');`,
);
const DIE = file('die.mjs', "process.kill(process.pid, 'SIGTERM'); setInterval(() => {}, 1000);");
/** A Node that cannot put another program in its place starts it as a child. */
const AS_CHILD = ['--import', `data:text/javascript,delete process.execve`];

function launch(nodeOptions: readonly string[], ...words: string[]): ReturnType<typeof spawnSync> {
  return spawnSync(process.execPath, [...nodeOptions, LAUNCH, ...words], { encoding: 'utf8' });
}

/** Arguments and options of Node that the script got. */
function shown(nodeOptions: readonly string[], ...words: string[]): [args: string[], execArgv: string[]] {
  return JSON.parse(String(launch(nodeOptions, ...words).stdout));
}

describe.each([
  ['in its place', []],
  ['as a child', AS_CHILD],
])('scripts/launch.mjs, the script %s', (_, options) => {
  it('passes arguments and the exit code on', () => {
    expect(launch(options, SHOW, '--steps', '3', '-x', 'a b').status).toBe(7);
    expect(shown(options, SHOW, '--steps', '3', '-x', 'a b')[0]).toEqual(['--steps', '3', '-x', 'a b']);
  });

  it('passes options of Node on', () => {
    expect(shown([...options, '--no-warnings'], SHOW)[1]).toContain('--no-warnings');
  });

  it('asks for wide SIMD where Node has it', () => {
    expect(shown(options, SHOW)[1].includes(FLAG)).toBe(knowsFlag);
    expect(shown(options, '--no-wide-simd', SHOW, '--wide-simd')[1].includes(FLAG)).toBe(knowsFlag);
  });

  it('leaves wide SIMD out where it is told so, and keeps that word to itself', () => {
    expect(shown(options, '--no-wide-simd', SHOW)[1]).not.toContain(FLAG);
    const [args, execArgv] = shown(options, SHOW, 'a', '--no-wide-simd', 'b');
    expect(execArgv).not.toContain(FLAG);
    expect(args).toEqual(['a', 'b']);
  });

  it('lets a signal reach the script, which decides', async () => {
    const child = spawn(process.execPath, [...options, LAUNCH, WAIT], { stdio: ['ignore', 'pipe', 'inherit'] });
    let printed = '';
    const ended = new Promise((resolve) => child.on('close', (code) => resolve(code)));
    child.stdout.on('data', (chunk) => {
      if (!printed && String(chunk).includes('ready')) child.kill('SIGTERM');
      printed += chunk;
    });
    expect(await ended).toBe(5);
    expect(printed).toContain('saved at SIGTERM');
  });

  it('ends by the signal that ended the script', () => {
    expect(launch(options, DIE).signal).toBe('SIGTERM');
  });
});

describe('scripts/launch.mjs', () => {
  it('lets Ctrl-C of a terminal, which all its processes get, reach the script once', async () => {
    for (const options of [[], AS_CHILD]) {
      const child = spawn(process.execPath, [...options, LAUNCH, WAIT], {
        stdio: ['ignore', 'pipe', 'inherit'],
        detached: true, // a process group of its own, as a shell makes for a command
      });
      let printed = '';
      const ended = new Promise((resolve) => child.on('close', (code) => resolve(code)));
      child.stdout.on('data', (chunk) => {
        if (!printed && String(chunk).includes('ready')) process.kill(-child.pid!, 'SIGINT');
        printed += chunk;
      });
      expect(await ended).toBe(5);
      expect(printed.match(/saved/g)).toHaveLength(1);
    }
  });

  it('says what is missing where no script is given', () => {
    const { status, stderr } = launch([], '--no-wide-simd');
    expect(status).toBe(1);
    expect(stderr).toContain('no script is given');
  });
});
