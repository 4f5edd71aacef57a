/** Names that PyTorch writes in several ways, and those that stand for values. */

import { DTypeValue, type Value } from './values.ts';

/** The one spelling that the table uses: `torch.nn.functional.softmax` is `F.softmax`. */
export function fullName(path: string): string {
  for (const [alias, name] of ALIASES) {
    if (path === alias || path.startsWith(`${alias}.`)) return name + path.slice(alias.length);
  }
  return path;
}

/** The longer ones first. */
const ALIASES: readonly (readonly [alias: string, name: string])[] = [
  ['torch.nn.functional', 'F'],
  ['nn.functional', 'F'],
  ['torch.nn', 'nn'],
  ['torch.optim.lr_scheduler', 'lr_scheduler'],
  ['optim.lr_scheduler', 'lr_scheduler'],
  ['torch.optim', 'optim'],
  ['torch.Tensor', 'Tensor'],
];

const dtypes = {
  float: ['float64', 'double', 'float32', 'float', 'float16', 'half', 'bfloat16'],
  i32: ['int64', 'long', 'int32', 'int', 'int16', 'short', 'int8', 'uint8'],
  bool: ['bool'],
} as const;

/** Names that are values. */
export const constants: ReadonlyMap<string, Value> = new Map<string, Value>([
  ...Object.entries(dtypes).flatMap(([kind, names]) => {
    const value = new DTypeValue(kind as keyof typeof dtypes);
    return names.map((name): [string, Value] => [`torch.${name}`, value]);
  }),
  ...['math', 'torch', 'np'].flatMap((home): [string, Value][] => [
    [`${home}.inf`, Infinity],
    [`${home}.nan`, NaN],
    [`${home}.pi`, Math.PI],
    [`${home}.e`, Math.E],
  ]),
]);
