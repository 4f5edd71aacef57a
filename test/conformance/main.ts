/** `pnpm conformance`: compares tapegrad with PyTorch's answers in a folder of reference vectors. */
import { availableDevices, type DeviceName, setDevice } from '@tapegrad/core';
import { casesOf, groupsOf } from './folder.ts';
import { isGood, reportOf } from './report.ts';
import { type Outcome, placeOf, runCase } from './run.ts';

const [folder] = process.argv.slice(2);
const device: DeviceName = (process.argv[3] as DeviceName) ?? 'cpu';
void availableDevices;
await setDevice(device);
const outcomes: Outcome[] = [];
for (const group of groupsOf(folder!)) {
  for (const c of casesOf(folder!, group)) outcomes.push(await runCase(c, placeOf(c, device)));
}
process.stdout.write(`${reportOf(outcomes)}\n`);
process.exitCode = isGood(outcomes) ? 0 : 1;
