/** `pnpm bench`: tapegrad alone, with benny; JSON and charts go into bench-results/. */
import { join } from 'node:path';
import benny from 'benny';
import { type Rows, real, text } from '../../examples/char-lm/cli.ts';
import { UserError } from '../../examples/char-lm/user-error.ts';
import { ROOT, useBuiltPackages } from './built.ts';
import { HELP, PLACE, type Place, runBench, usePlace } from './options.ts';

interface SuiteOptions extends Place {
  readonly seconds: number;
  readonly only: string | undefined;
  readonly out: string;
  readonly help: boolean;
}

const TITLE = `pnpm bench [options]: operations, layers and training steps a second, from the built packages.
With --no-wide-simd, Node runs without wide SIMD.`;

const OPTIONS: Rows<SuiteOptions> = {
  ...PLACE,
  seconds: real(3, 'to measure each case', 0, 3600),
  only: text<string | undefined>(undefined, 'TEXT', 'run the cases whose names contain it'),
  out: text<string>('bench-results', 'FOLDER', 'for a JSON file and a chart of each suite'),
  help: HELP,
};

await runBench(TITLE, OPTIONS, async (options) => {
  useBuiltPackages();
  const { device, threads, wide_simd } = await usePlace(options);
  const { suites } = await import('./suites.ts');
  const chosen = Object.entries(suites()).flatMap(([name, cases]) => {
    const some = cases.filter((one) => one.name.includes(options.only ?? ''));
    return some.length > 0 ? [{ name, cases: some }] : [];
  });
  if (chosen.length === 0) throw new UserError(`--only is '${options.only}': no case has that in its name.`);

  const mode = `${device}, ${threads} ${threads === 1 ? 'thread' : 'threads'}${wide_simd ? ', wide SIMD' : ''}`;
  const folder = join(ROOT, options.out);
  for (const { name, cases } of chosen) {
    const file = name.replaceAll(' ', '-');
    await benny.suite(
      `${name}: ${mode}`,
      ...cases.map((one) => benny.add(one.name, () => one.prepare())),
      benny.configure({ cases: { minSamples: 3, maxTime: options.seconds } }),
      benny.cycle(),
      benny.save({ file, folder, details: true, format: 'json' }),
      benny.save({ file, folder, format: 'chart.html' }),
    );
  }
});
