// Runs a script with wide SIMD where this Node has it: `node [options] scripts/launch.mjs [switches] SCRIPT [arguments]`.
//
// V8 joins pairs of 128-bit operations of WebAssembly into 256-bit ones with --experimental-wasm-revectorize. That is safe
// only from the start of a process, so a library cannot switch it on, and a Node that does not know the flag refuses to
// start: it is tried first. Switches, before the script or among its arguments, the last one counts:
//
//   --wide-simd      the default; said among the arguments, a Node that cannot says so
//   --no-wide-simd   leaves the flag out
//
// The script takes this process's place: options of Node, signals, exit code and terminal are its own.
import { spawn, spawnSync } from 'node:child_process';

const FLAG = '--experimental-wasm-revectorize';
const SWITCHES = ['--wide-simd', '--no-wide-simd'];

const given = process.argv.slice(2);
const script = given.findIndex((word) => !SWITCHES.includes(word));
if (script === -1) {
  console.error('error: no script is given: expected node scripts/launch.mjs [--no-wide-simd] SCRIPT [arguments].');
  process.exit(1);
}
const asked = given.filter((word, at) => at > script && SWITCHES.includes(word)).at(-1);
const wide = (asked ?? given.slice(0, script).at(-1)) !== '--no-wide-simd';
const words = given.slice(script).filter((word) => !SWITCHES.includes(word));

const accepted = wide && accepts(FLAG);
if (asked === '--wide-simd' && !accepted)
  console.error(`Node ${process.versions.node} does not know ${FLAG}: running without wide SIMD.`);
become([...process.execArgv.filter((option) => option !== FLAG), ...(accepted ? [FLAG] : []), ...words]);

function accepts(flag) {
  return spawnSync(process.execPath, [flag, '--eval', '0'], { stdio: 'ignore' }).status === 0;
}

function become(args) {
  if (process.execve) process.execve(process.execPath, [process.argv0, ...args], process.env);

  // Windows, and Node 23 before 23.11. Ctrl-C reaches every process of the terminal: this one only waits.
  const child = spawn(process.execPath, args, { stdio: 'inherit' });
  process.on('SIGINT', () => {});
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => {
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.removeAllListeners(name);
    if (signal) process.kill(process.pid, signal);
    else process.exit(code);
  });
}
