/** What is said of the machine. */
import { expect, it } from 'vitest';
import { describeOthers, describeRun, watchMachine } from './machine.ts';

it('a run says how often and how long it measured, and what is not installed', () => {
  const field = { versions: ['PyTorch 2'], missing: ['jax-js: `npm ci`'] };
  const text = describeRun(field, { rounds: 3, seconds: 5, others: 'all was quiet' });
  expect(text).toMatch(/^\* \d{4}-\d\d-\d\d; .*\n\* Node .*; PyTorch 2\n/);
  expect(text).toContain('* 3 rounds, 5 s each; all was quiet');
  expect(text).toContain('* not installed: jax-js');
});

it('what this process and its children did is not the work of others', () => {
  const ticks = (user: number, idle: number, stolen: number, own: number, children: number) => ({
    stat: `cpu  ${user} 1 2 ${idle} 3 4 5 ${stolen} 0 0\ncpu0 9 9 9 9\n`,
    self: `42 (a (strange) name) R 1 42 42 0 -1 0 0 0 0 0 ${own} 7 ${children} 8 20 0 1 0 5`,
  });
  // 1000 ticks pass: 300 of the user, of them 50 own and 150 of children; 600 idle, 100 stolen.
  expect(describeOthers(ticks(100, 200, 300, 10, 20), ticks(400, 800, 400, 60, 170))).toBe(
    "meanwhile other programs had 10.0% of the processors' time, other guests of the host 10.0%",
  );
});

it('a machine can be watched wherever this runs', () => {
  expect(watchMachine()()).toMatch(/^meanwhile other programs had [\d.]+%|^load average before: [\d.]+$/);
});
