/** Reads a folder of reference vectors. Its README.md says what a manifest holds. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeSafetensors, type StoredTensor } from '@tapegrad/nn';
import { reasonOf } from '../../examples/char-lm/user-error.ts';
import type { Value } from './python/values.ts';

/** An argument of the PyTorch call; infinities and nan are numbers again. */
export type Argument = string | number | boolean | null | readonly Argument[] | Arguments;
export type Arguments = { readonly [name: string]: Argument };

export type StoredTensors = ReadonlyMap<string, StoredTensor>;

/** A case with its tensors by the names of the manifest: integers are i32, whatever PyTorch had. */
export interface Case {
  readonly group: string;
  readonly name: string;
  readonly op: string;
  /** The PyTorch expression, over the names of inputs and args. */
  readonly expr?: string;
  readonly args: Arguments;
  readonly dtype: 'float32' | 'float64';
  /** The version of PyTorch that made the case. */
  readonly torch?: string;
  readonly tags: readonly string[];
  readonly note?: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Inputs with a stored gradient, and outputs with a stored cotangent. */
  readonly wrt: readonly string[];
  readonly cotangents: readonly string[];

  readonly in: StoredTensors;
  readonly out: StoredTensors;
  readonly cot: StoredTensors;
  readonly grad: StoredTensors;
  /** Other kinds: `traj` and `state` of optim, `init`, `first` and `final` of lm_train; empty for a kind it lacks. */
  readonly kind: (kind: string) => StoredTensors;

  // optim, schedulers and lm_train
  readonly steps?: number;
  readonly params?: readonly string[];
  readonly grad_none_steps?: { readonly [param: string]: readonly number[] };
  readonly lr_scale_before_step?: { readonly [step: string]: number };
  readonly base_lrs?: readonly number[];
  readonly base_momentum?: number;
}

/** A folder that is not what it should be; the message is for whoever gave it. */
export class FolderError extends Error {}

/** Groups such as `cross_entropy`, in alphabetical order. Throws: FolderError. */
export function groupsOf(folder: string): string[] {
  let files: string[];
  try {
    files = readdirSync(folder);
  } catch (error) {
    throw new FolderError(`cannot read ${folder}: ${reasonOf(error)}`);
  }
  const groups = files.filter((file) => file.endsWith('.json') && files.includes(file.replace(/json$/, 'safetensors')));
  if (groups.length === 0)
    throw new FolderError(`${folder} holds no vectors: expected pairs of NAME.json and NAME.safetensors`);
  return groups.map((file) => file.slice(0, -'.json'.length)).sort();
}

/** The cases of a group: its manifest joined with its tensors. Throws: FolderError. */
export function casesOf(folder: string, group: string): Case[] {
  const path = join(folder, `${group}.json`);
  const manifest = JSON.parse(readFileSync(path, 'utf8'), decodeNonFinite) as {
    schema?: number;
    torch?: string;
    cases?: Case[];
  };
  if (manifest.schema !== 1 || !Array.isArray(manifest.cases))
    throw new FolderError(
      `${path}: expected a manifest of schema 1 with a list of cases; its schema is ${manifest.schema}`,
    );
  const file = join(folder, `${group}.safetensors`);
  const { tensors } = decodeSafetensors(readFileSync(file), file);

  // <case>/<kind>/<name>
  const byCase = new Map<string, Map<string, StoredTensor>>();
  for (const [key, tensor] of tensors) {
    const [caseName, kind, ...rest] = key.split('/');
    const id = `${caseName}/${kind}`;
    if (!byCase.has(id)) byCase.set(id, new Map());
    byCase.get(id)!.set(rest.join('/'), tensor);
  }

  const none: readonly string[] = [];
  return manifest.cases.map((entry): Case => {
    const kind = (kindName: string): StoredTensors => byCase.get(`${entry.name}/${kindName}`) ?? new Map();
    return {
      ...{ tags: none, inputs: none, outputs: none, wrt: none, cotangents: none },
      ...entry,
      ...{
        group,
        torch: versionOf(manifest.torch ?? ''),
        in: kind('in'),
        out: kind('out'),
        cot: kind('cot'),
        grad: kind('grad'),
        kind,
      },
    };
  });
}

/** An argument as expressions see it: a dict is a map. */
export function pythonOf(argument: Argument): Value {
  if (Array.isArray(argument)) return argument.map(pythonOf);
  if (typeof argument === 'object' && argument !== null) return dictOf(argument as Arguments);
  return argument;
}

export function dictOf(args: Arguments): Map<string, Value> {
  return new Map(Object.entries(args).map(([name, value]) => [name, pythonOf(value)]));
}

/** JSON has no such numbers; the manifests have no other use for these strings. */
function decodeNonFinite(_key: string, value: unknown): unknown {
  if (value === 'inf') return Infinity;
  if (value === '-inf') return -Infinity;
  return value === 'nan' ? NaN : value;
}

/** The version that ran, where a name of the script's own stands before it. */
function versionOf(torch: string): string {
  return /__version__ = ([\w.+]+)/.exec(torch)?.[1] ?? torch;
}
