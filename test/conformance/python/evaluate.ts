/** Runs programs: Python's own values are computed here, everything of PyTorch's is a call of the table. */

import { type DType, Tensor } from '@tapegrad/core';
import { Module } from '@tapegrad/nn';
import { camelCase, type Place, type Table } from '../row.ts';
import { arithmetic, builtins, compare, itemAt, mathFunctions, OPERATOR_NAMES, truth } from './builtins.ts';
import { constants, fullName } from './names.ts';
import { parseExpression } from './parser.ts';
import type { Argument, Element, Expression, Statement } from './syntax.ts';
import { Bound, type Call, ELLIPSIS, Missing, Reference, Slice, type Value } from './values.ts';

/** What a program can see, and what it changes. */
export interface Scope {
  readonly table: Table;
  readonly place: Place;
  readonly variables: Map<string, Value>;
  /** Variables of which the schema speaks without defining them, as expressions: `state` is `(h0, c0)`. */
  readonly shorthand: ReadonlyMap<string, string>;
  /** Told of each module before it is used. */
  readonly onModule: (module: Module) => void;
}

/** Runs statements in turn; the value of the last one. Throws: Missing, and what tapegrad throws. */
export async function runProgram(statements: readonly Statement[], scope: Scope): Promise<Value> {
  let value: Value = null;
  for (const statement of statements) {
    value = await evaluate(statement.value, scope);
    const { target, operator } = statement;
    if (!target) continue;
    if (operator) value = await operate(operator, await evaluate(target, scope), value, scope);
    await assignTo(target, value, scope);
  }
  return value;
}

export function evaluate(expression: Expression, scope: Scope): Promise<Value> {
  const run = EVALUATORS[expression.kind] as (e: Expression, scope: Scope) => Promise<Value>;
  return run(expression, scope);
}

/** Calls a function of PyTorch's, a method, a module or a lambda. */
export async function call(callee: Value, given: Call, scope: Scope): Promise<Value> {
  if (typeof callee === 'function') return await callee(given);
  if (callee instanceof Module) return await forward(callee, given, scope);
  if (callee instanceof Bound) return await callMethod(callee, given, scope);
  if (!(callee instanceof Reference)) throw new Missing(`calling ${String(callee)}`);
  const inMath = mathFunctions.get(callee.path);
  if (inMath && given.positional.every((x) => typeof x === 'number')) return inMath(...(given.positional as number[]));
  return await scope.table.call(scope.table.find(callee.path), given, scope.place);
}

type Evaluators = {
  readonly [K in Expression['kind']]: (e: Extract<Expression, { kind: K }>, scope: Scope) => Promise<Value>;
};

const EVALUATORS: Evaluators = {
  literal: async ({ value }) => value,
  ellipsis: async () => ELLIPSIS,
  name: async ({ name }, scope) => {
    if (scope.variables.has(name)) return scope.variables.get(name);
    const shorthand = scope.shorthand.get(name);
    if (shorthand !== undefined) return await evaluate(parseExpression(shorthand), scope);
    return builtins.get(name) ?? reference(name);
  },
  sequence: ({ items }, scope) => elements(items, scope),
  dict: async ({ entries }, scope) => {
    const dict = new Map<string, Value>();
    for (const [key, value] of entries) dict.set(String(await evaluate(key, scope)), await evaluate(value, scope));
    return dict;
  },
  attribute: async ({ object, name }, scope) => {
    const value = await evaluate(object, scope);
    if (value instanceof Module) scope.onModule(value);
    return attribute(value, name);
  },
  call: async (expression, scope) => {
    const callee = await evaluate(expression.callee, scope);
    const value = await call(callee, await argumentsOf(expression.args, scope), scope);
    // z.add_(1) changes z: tensors being immutable here, the variable is another tensor from now on
    const changes = callee instanceof Bound && callee.receiver instanceof Tensor && isInPlace(callee.name);
    if (changes) await assignTo(receiverOf(expression), value, scope);
    return value;
  },
  subscript: async ({ object, index }, scope) => {
    const of = await evaluate(object, scope);
    if (!(of instanceof Tensor)) return itemAt(of, await evaluate(index, scope));
    return await tableCall('Tensor.__getitem__', [of, await indicesOf(index, scope)], scope);
  },
  slice: async ({ start, stop, step }, scope) => {
    const bound = async (e: Expression | undefined) => (e ? ((await evaluate(e, scope)) as number | null) : null);
    return new Slice(await bound(start), await bound(stop), await bound(step));
  },
  unary: async ({ operator, operand }, scope) => {
    const x = await evaluate(operand, scope);
    if (operator === 'not') return !truth(x);
    if (x instanceof Tensor) return await tableCall(OPERATOR_NAMES.get(`unary ${operator}`)!, [x], scope);
    return operator === '-' ? -(x as number) : operator === '+' ? x : ~(x as number);
  },
  binary: async ({ operator, left, right }, scope) =>
    await operate(operator, await evaluate(left, scope), await evaluate(right, scope), scope),
  comparison: async ({ first, rest }, scope) => {
    let left = await evaluate(first, scope);
    let result: Value = true;
    for (const [operator, operand] of rest) {
      const right = await evaluate(operand, scope);
      const name = OPERATOR_NAMES.get(operator);
      const isOfTensors = name !== undefined && (left instanceof Tensor || right instanceof Tensor);
      result = isOfTensors ? await tableCall(name, [left, right], scope) : compare(operator, left, right);
      if (!(result instanceof Tensor) && !result) return false;
      left = right;
    }
    return result;
  },
  logical: async ({ operator, left, right }, scope) => {
    const value = await evaluate(left, scope);
    return truth(value) === (operator === 'or') ? value : await evaluate(right, scope);
  },
  conditional: async ({ test, then, otherwise }, scope) =>
    await evaluate(truth(await evaluate(test, scope)) ? then : otherwise, scope),
  lambda: async ({ parameters, body }, scope) => {
    return ({ positional, keywords }: Call) => {
      const own = parameters.map((name, k): [string, Value] => [name, keywords.get(name) ?? positional[k]]);
      return evaluate(body, { ...scope, variables: new Map([...scope.variables, ...own]) });
    };
  },
  comprehension: async ({ element, target, iterable, conditions }, scope) => {
    const made: Value[] = [];
    const inner = { ...scope, variables: new Map(scope.variables) };
    for (const item of await itemsOf(await evaluate(iterable, scope), scope)) {
      await assignTo(target, item, inner);
      let holds = true;
      for (const condition of conditions) holds &&= truth(await evaluate(condition, inner));
      if (holds) made.push(await evaluate(element, inner));
    }
    return made;
  },
};

function tableCall(name: string, positional: readonly Value[], scope: Scope): Promise<Value> {
  return scope.table.call(name, { positional, keywords: new Map() }, scope.place);
}

async function operate(operator: string, left: Value, right: Value, scope: Scope): Promise<Value> {
  if (left instanceof Tensor || right instanceof Tensor)
    return await tableCall(OPERATOR_NAMES.get(operator)!, [left, right], scope);
  return arithmetic(operator, left, right);
}

async function elements(items: readonly Element[], scope: Scope): Promise<Value[]> {
  const values: Value[] = [];
  for (const { spread, value } of items) {
    const given = await evaluate(value, scope);
    if (spread) values.push(...(await itemsOf(given, scope)));
    else values.push(given);
  }
  return values;
}

async function argumentsOf(args: readonly Argument[], scope: Scope): Promise<Call> {
  const positional: Value[] = [];
  const keywords = new Map<string, Value>();
  for (const { spread, keyword, value } of args) {
    const given = await evaluate(value, scope);
    if (keyword !== undefined) keywords.set(keyword, given);
    else if (spread === '*') positional.push(...(await itemsOf(given, scope)));
    else if (spread === '**') for (const [name, v] of given as Map<string, Value>) keywords.set(name, v);
    else positional.push(given);
  }
  return { positional, keywords };
}

/** What a `for` or a `*` runs over. */
async function itemsOf(value: Value, scope: Scope): Promise<readonly Value[]> {
  if (Array.isArray(value)) return value;
  if (value instanceof Tensor) return (await tableCall('torch.unbind', [value], scope)) as Value[];
  if (value instanceof Map) return [...value.keys()];
  throw new Missing(`iterating over ${String(value)}`);
}

// ---- names, attributes, methods -----------------------------------------------------------------------------------------

function reference(path: string): Value {
  const full = fullName(path);
  return constants.get(full) ?? new Reference(full);
}

function attribute(object: Value, name: string): Value {
  if (object instanceof Reference) return reference(`${object.path}.${name}`);
  if (object instanceof Tensor) {
    const property = TENSOR_PROPERTIES.get(name);
    return property ? property(object) : new Bound(object, name);
  }
  if (Array.isArray(object) && NAMED_TUPLE.includes(name)) return object[NAMED_TUPLE.indexOf(name)];
  if (object instanceof Module && DTYPE_METHODS.includes(name)) return () => object; // it has the place's float already
  const key = camelCase(name);
  if (typeof object === 'object' && object !== null && !(key in Object.prototype)) {
    // a module's weight, the fields of a packed sequence
    const own = (object as Record<string, Value>)[key];
    if (typeof own === 'function') return ({ positional }: Call) => own.apply(object, positional);
    if (key in object) return own ?? null;
  }
  throw new Missing(`.${name} of ${describe(object)}`);
}

const TENSOR_PROPERTIES: ReadonlyMap<string, (x: Tensor) => Value> = new Map(
  Object.entries({
    shape: (x: Tensor) => x.shape,
    ndim: (x: Tensor) => x.rank,
    dtype: (x: Tensor) => constants.get(TORCH_DTYPES[x.dtype as DType]),
    device: (x: Tensor) => x.device.name,
    grad: (x: Tensor) => x.grad,
    data: (x: Tensor) => x.detach(),
    requires_grad: (x: Tensor) => x.requiresGrad,
    T: (x: Tensor) => x.permute([...x.shape.keys()].reverse()),
    mT: (x: Tensor) => x.transpose(-2, -1),
  }),
);

const TORCH_DTYPES: Readonly<Record<DType, string>> = {
  f32: 'torch.float32',
  f64: 'torch.float64',
  i32: 'torch.int64',
  bool: 'torch.bool',
};

const DTYPE_METHODS = ['double', 'float'];

/** Fields of what `max(dim)`, `topk` and `sort` return. */
const NAMED_TUPLE = ['values', 'indices'];

async function callMethod({ receiver, name }: Bound, { positional, keywords }: Call, scope: Scope): Promise<Value> {
  const isOwn = !isInPlace(name) || scope.table.has(`Tensor.${name}`); // Tensor.fill_ has no other name
  return await scope.table.call(
    `Tensor.${isOwn ? name : name.slice(0, -1)}`,
    { positional: [receiver, ...positional], keywords },
    scope.place,
  );
}

function isInPlace(name: string): boolean {
  return name.endsWith('_') && !name.endsWith('__');
}

async function forward(module: Module, { positional, keywords }: Call, scope: Scope): Promise<Value> {
  scope.onModule(module);
  if (keywords.size > 0) throw new Missing(`${[...keywords.keys()].join()}= in a call of a module`);
  const inputs = positional.map((x) => x ?? undefined) as never[];
  return await module.forward(...inputs);
}

// ---- subscripts and assignments -----------------------------------------------------------------------------------------

/** The indices of the dimensions: `x[i]` has one, and so has `x[[0, 2]]`; `x[i, j]` has two. */
async function indicesOf(index: Expression, scope: Scope): Promise<Value[]> {
  return index.kind === 'sequence' && !index.isList
    ? await elements(index.items, scope)
    : [await evaluate(index, scope)];
}

/** The `z` of `z.add_(1)` and of `z.add_(1).mul_(2)`. */
function receiverOf(expression: Expression): Expression {
  if (expression.kind === 'call') return receiverOf(expression.callee);
  return expression.kind === 'attribute' && isInPlace(expression.name) ? receiverOf(expression.object) : expression;
}

async function assignTo(target: Expression, value: Value, scope: Scope): Promise<void> {
  if (target.kind === 'name') scope.variables.set(target.name, value);
  else if (target.kind === 'sequence') {
    const items = await itemsOf(value, scope);
    for (const [k, { value: part }] of target.items.entries()) await assignTo(part, items[k], scope);
  } else if (target.kind === 'subscript') {
    const object = await evaluate(target.object, scope);
    if (object instanceof Map) object.set(String(await evaluate(target.index, scope)), value);
    else if (object instanceof Tensor) {
      const index = await indicesOf(target.index, scope);
      await assignTo(target.object, await tableCall('Tensor.__setitem__', [object, index, value], scope), scope);
    } else throw new Missing(`assigning to an item of ${describe(object)}`);
  } else if (target.kind !== 'call' && target.kind !== 'attribute') throw new Missing(`assigning to a ${target.kind}`);
}

function describe(value: Value): string {
  return value === null || typeof value !== 'object' ? String(value) : value.constructor.name;
}
