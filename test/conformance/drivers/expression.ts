/** Cases that are an expression: its outputs, and the gradients of its inputs. */

import { type AnyTensor, grad, Tensor } from '@tapegrad/core';
import type { Module } from '@tapegrad/nn';
import type { Checker } from '../compare.ts';
import { type Case, dictOf } from '../folder.ts';
import { inputsOf, tensorOf } from '../inputs.ts';
import { evaluate, runProgram, type Scope } from '../python/evaluate.ts';
import { parseExpression } from '../python/parser.ts';
import { Missing, type Value } from '../python/values.ts';
import type { Place } from '../row.ts';
import { table } from '../table/index.ts';
import { programOf } from './notation.ts';
import { shorthandOf } from './shorthand.ts';

export async function runExpression(c: Case, place: Place, check: Checker): Promise<void> {
  const inputs = inputsOf(c, place);
  // An input may be several leaves: itself, and the parameter of a module that was loaded from it.
  const leaves = new Map(c.wrt.map((name) => [name, [inputs.get(name)! as Tensor]]));
  const loaded = new Set<Module>();
  const scope: Scope = {
    table,
    place,
    variables: new Map<string, Value>([...dictOf(c.args), ...inputs]),
    shorthand: shorthandOf(c),
    onModule: (module) => {
      if (!loaded.has(module)) loadParameters(module, inputs, leaves);
      loaded.add(module);
    },
  };
  const value = await runProgram(programOf(c), scope);
  const outputs = await outputsOf(c, value, scope);

  for (const name of c.outputs) await check.tensor(`out/${name}`, outputs.get(name)!, c.out.get(name));
  if (c.cotangents.length > 0 && c.wrt.length > 0) await checkGradients(c, place, check, outputs, leaves);
}

/** Parameters take the values of the inputs that have their names, and are their leaves. */
function loadParameters(module: Module, inputs: ReadonlyMap<string, AnyTensor>, leaves: Map<string, Tensor[]>): void {
  const named = module.namedParameters();
  const missing = named.filter(([name]) => !inputs.has(name));
  if (missing.length > 0) throw new Missing(`a module whose ${missing.map(([name]) => name).join(', ')} are no inputs`);
  module.loadStateDict(new Map(named.map(([name]) => [name, inputs.get(name)!])), { strict: false });
  for (const [name, parameter] of named) leaves.get(name)?.push(parameter);
}

/** Outputs by name: what the program has set, what the schema says of a name, or the parts of the value in turn. */
async function outputsOf(c: Case, value: Value, scope: Scope): Promise<Map<string, AnyTensor>> {
  const { variables, shorthand } = scope;
  const outputs = new Map<string, AnyTensor>();
  for (const name of c.outputs) {
    const changedInput = name.replace(/_after$/, ''); // `weight_after` is the input `weight` afterwards
    const own = c.in.has(name) ? undefined : (variables.get(name) ?? variables.get(changedInput));
    const defined = shorthand.get(name);
    if (own instanceof Tensor) outputs.set(name, own);
    else if (defined !== undefined) outputs.set(name, (await evaluate(parseExpression(defined), scope)) as AnyTensor);
  }
  const rest = c.outputs.filter((name) => !outputs.has(name));
  const parts = [value].flat(9).filter((part) => part instanceof Tensor);
  if (rest.length > 0 && parts.length !== rest.length)
    throw new Missing(`the outputs ${rest.join(', ')} of ${c.expr}, which gives ${parts.length} tensors`);
  rest.forEach((name, k) => {
    outputs.set(name, parts[k]!);
  });
  return outputs;
}

async function checkGradients(
  c: Case,
  place: Place,
  check: Checker,
  outputs: ReadonlyMap<string, AnyTensor>,
  leaves: ReadonlyMap<string, readonly Tensor[]>,
): Promise<void> {
  const found = grad(
    c.cotangents.map((name) => outputs.get(name)! as Tensor),
    [...leaves.values()].flat(),
    { gradOutputs: c.cotangents.map((name) => tensorOf(c.cot.get(name)!, place) as Tensor), allowUnused: true },
  );
  for (const [name, own] of leaves) {
    const parts = found.splice(0, own.length).filter((part) => part !== null);
    if (parts.length === 0) check.fail(`grad/${name}`, 'the outputs do not depend on it');
    else
      await check.tensor(
        `grad/${name}`,
        parts.reduce((a, b) => a.add(b)),
        c.grad.get(name),
      );
  }
}
