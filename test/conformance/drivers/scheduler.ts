/** Schedules: the learning rate, and the momentum, of each group after each step. */

import { Parameter, zeros } from '@tapegrad/core';
import type { Optimizer } from '@tapegrad/optim';
import type { Checker } from '../compare.ts';
import { type Argument, type Arguments, type Case, pythonOf } from '../folder.ts';
import { evaluate } from '../python/evaluate.ts';
import { parseExpression } from '../python/parser.ts';
import type { Value } from '../python/values.ts';
import type { Place } from '../row.ts';
import { table } from '../table/index.ts';
import { makeOptimizer } from './optimizer.ts';

interface Scheduler {
  step(metric?: number): unknown;
}

export async function runScheduler(c: Case, place: Place, check: Checker): Promise<void> {
  const names = c.base_lrs!.map((_, k) => `group ${k}`);
  const params = new Map(names.map((name) => [name, new Parameter(zeros([1], place))]));
  const groups = names.map((name, k) => ({ params: [name], lr: c.base_lrs![k]! }));
  const options = { groups, lr: c.base_lrs![0]!, momentum: c.base_momentum ?? 0.9 };
  const optimizer = await makeOptimizer('optim.SGD', options, params, place);
  const scheduler = await makeScheduler(c.op, c.args, optimizer, c.steps!, place);

  const columns: Record<string, number>[][] = [];
  const record = (): number => columns.push(optimizer.paramGroups.map((group) => ({ ...group }) as never));
  record();
  for (let step = 0; step < c.steps!; step++) {
    optimizer.step();
    const metric = c.in.get('metric')?.data[step];
    await (metric === undefined ? scheduler.step() : scheduler.step(metric));
    record();
  }
  for (const name of c.outputs) {
    const data = names.flatMap((_, k) => columns.map((groupsThen) => groupsThen[k]![name]!));
    check.numbers(`out/${name}`, { dtype: 'f64', shape: [names.length, columns.length], data }, c.out.get(name));
  }
}

/** A scheduler by PyTorch's name and options; among them may be other schedulers, [name, options], and functions as text. */
async function makeScheduler(
  name: string,
  args: Arguments,
  optimizer: Optimizer,
  steps: number,
  place: Place,
): Promise<Scheduler> {
  const keywords = new Map<string, Value>([['optimizer', optimizer]]);
  for (const [key, value] of Object.entries(args)) {
    if (key === 'schedulers') {
      const made: Scheduler[] = [];
      for (const [kind, own] of value as readonly [string, Arguments][])
        made.push(await makeScheduler(`lr_scheduler.${kind}`, own, optimizer, steps, place));
      keywords.set(key, made);
    } else keywords.set(key, key === 'lr_lambda' ? await lambdas(value, steps, place) : pythonOf(value));
  }
  return (await table.call(name, { positional: [], keywords }, place)) as Scheduler;
}

/** A function of the epoch k, or one a group, given as text: computed beforehand for the epochs that are asked for. */
async function lambdas(text: Argument, steps: number, place: Place): Promise<Value> {
  if (Array.isArray(text)) return await Promise.all(text.map((one) => lambdas(one, steps, place)));
  const source = /^lambda\b/.test(text as string) ? `(${text})(k)` : (text as string);
  const expression = parseExpression(source);
  const values: number[] = [];
  for (let k = 0; k <= steps; k++) {
    const scope = { table, place, variables: new Map([['k', k]]), shorthand: new Map(), onModule: () => {} };
    values.push((await evaluate(expression, scope)) as number);
  }
  return (k: number): number => values[k]!;
}
