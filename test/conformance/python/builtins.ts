/** Python's own arithmetic and functions, on numbers and lists. */

import { type Call, type Callable, Missing, Slice, type Value } from './values.ts';

/** What operators are called in the table, where an operand is a tensor. */
export const OPERATOR_NAMES: ReadonlyMap<string, string> = new Map([
  ['+', 'torch.add'],
  ['-', 'torch.sub'],
  ['*', 'torch.mul'],
  ['/', 'torch.div'],
  ['//', 'torch.floor_divide'],
  ['%', 'torch.remainder'],
  ['**', 'torch.pow'],
  ['@', 'torch.matmul'],
  ['&', 'torch.bitwise_and'],
  ['|', 'torch.bitwise_or'],
  ['^', 'torch.bitwise_xor'],
  ['==', 'torch.eq'],
  ['!=', 'torch.ne'],
  ['<', 'torch.lt'],
  ['<=', 'torch.le'],
  ['>', 'torch.gt'],
  ['>=', 'torch.ge'],
  ['unary -', 'torch.neg'],
  ['unary +', 'torch.positive'],
  ['unary ~', 'torch.bitwise_not'],
]);

/** Throws: Missing for what is neither numbers nor lists. */
export function arithmetic(operator: string, left: Value, right: Value): Value {
  if (Array.isArray(left) && operator === '+' && Array.isArray(right)) return [...left, ...right];
  if (Array.isArray(left) && operator === '*') return Array.from({ length: Number(right) }, () => left).flat();
  if (typeof left === 'string' && operator === '+') return left + String(right);
  const run = ARITHMETIC[operator];
  if (!run || !isNumeric(left) || !isNumeric(right)) throw new Missing(`${show(left)} ${operator} ${show(right)}`);
  return run(Number(left), Number(right));
}

const ARITHMETIC: Readonly<Record<string, (a: number, b: number) => number>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '//': (a, b) => Math.floor(a / b),
  '%': (a, b) => a - Math.floor(a / b) * b, // the sign of b, as in Python
  '**': (a, b) => a ** b,
  '&': (a, b) => a & b,
  '|': (a, b) => a | b,
  '^': (a, b) => a ^ b,
  '<<': (a, b) => a << b,
  '>>': (a, b) => a >> b,
};

export function compare(operator: string, left: Value, right: Value): boolean {
  const [a, b] = [left as number, right as number];
  switch (operator) {
    case '==':
      return Array.isArray(left) ? JSON.stringify(left) === JSON.stringify(right) : left === right;
    case '!=':
      return !compare('==', left, right);
    case '<':
      return a < b;
    case '<=':
      return a <= b;
    case '>':
      return a > b;
    case '>=':
      return a >= b;
    case 'is':
      return left === right;
    case 'is not':
      return left !== right;
    case 'in':
      return right instanceof Map ? right.has(left) : (right as Value[]).includes(left);
    default:
      return !compare('in', left, right); // not in
  }
}

/** What `if` and `and` ask. Throws: Missing for a tensor, which would have to be read. */
export function truth(value: Value): boolean {
  if (Array.isArray(value)) return value.length > 0;
  if (typeof value === 'object' && value !== null) throw new Missing('the truth of a tensor');
  return Boolean(value);
}

/** An item, or a slice, of a list, dict or string. */
export function itemAt(object: Value, index: Value): Value {
  if (object instanceof Map) return object.get(index);
  if (!Array.isArray(object)) throw new Missing(`an item of ${show(object)}`);
  if (!(index instanceof Slice)) return object.at(index as number);
  const step = index.step ?? 1;
  const start = index.start ?? (step < 0 ? -1 : 0);
  const items =
    step < 0
      ? object.slice(index.stop ?? 0, start === -1 ? undefined : start + 1).reverse()
      : object.slice(start, index.stop ?? undefined);
  return items.filter((_, k) => k % Math.abs(step) === 0);
}

/** Functions of numbers, by `math.`'s names and bare: learning rates are often given as text. */
export const mathFunctions: ReadonlyMap<string, (...x: number[]) => number> = new Map(
  Object.entries({
    sqrt: Math.sqrt,
    exp: Math.exp,
    log: (x: number, base?: number) => (base === undefined ? Math.log(x) : Math.log(x) / Math.log(base)),
    log2: Math.log2,
    log10: Math.log10,
    sin: Math.sin,
    cos: Math.cos,
    tan: Math.tan,
    tanh: Math.tanh,
    floor: Math.floor,
    ceil: Math.ceil,
    pow: Math.pow,
    prod: (...x: number[]) => x.reduce((a, b) => a * b, 1),
  }).flatMap(([name, run]) => [
    [name, run as (...x: number[]) => number],
    [`math.${name}`, run as (...x: number[]) => number],
  ]),
);

/** Python's functions on numbers and lists. */
export const builtins: ReadonlyMap<string, Callable> = new Map<string, Callable>([
  ['float', of((x) => (typeof x === 'string' ? floatOf(x) : Number(x)))],
  ['int', of((x) => Math.trunc(Number(x)))],
  ['bool', of((x) => truth(x))],
  ['len', of((x) => (Array.isArray(x) ? x.length : ((x as { shape: number[] }).shape[0] ?? 0)))],
  ['tuple', of((x) => x)],
  ['list', of((x) => x)],
  ['range', of((a, b, step) => rangeOf(a as number, b as number | undefined, step as number | undefined))],
  ['enumerate', of((x) => (x as Value[]).map((item, k) => [k, item]))],
  ['zip', of((...lists) => (lists[0] as Value[]).map((_, k) => lists.map((list) => (list as Value[])[k])))],
  ['slice', of((...bounds) => new Slice(...(bounds as [number, number, number])))],
  ['dict', ({ keywords }: Call) => new Map(keywords)],
  ['min', of((...x) => Math.min(...(x.flat() as number[])))],
  ['max', of((...x) => Math.max(...(x.flat() as number[])))],
  ['round', of((x) => Math.round(x as number))],
]);

function of(run: (...args: Value[]) => Value): Callable {
  return ({ positional }: Call) => run(...positional);
}

function floatOf(text: string): number {
  const found = /^([-+]?)(inf(?:inity)?|nan)$/i.exec(text.trim());
  if (!found) return Number(text);
  const value = found[2]!.toLowerCase() === 'nan' ? NaN : Infinity;
  return found[1] === '-' ? -value : value;
}

function rangeOf(a: number, b?: number, step = 1): number[] {
  const [start, stop] = b === undefined ? [0, a] : [a, b];
  return Array.from({ length: Math.max(0, Math.ceil((stop - start) / step)) }, (_, k) => start + k * step);
}

function isNumeric(value: Value): boolean {
  return typeof value === 'number' || typeof value === 'boolean';
}

function show(value: Value): string {
  return Array.isArray(value) ? 'a list' : String(value);
}
