/** The reference vectors of test/golden/vectors, as tests want them. README.md there says what a manifest holds. */

import { readFileSync } from 'node:fs';
import { decodeSafetensors, type StoredTensor } from '../../packages/nn/src/serialize/safetensors.ts';

/** An argument of the PyTorch call; infinities and nan are numbers again. */
export type GoldenArg = string | number | boolean | null | readonly GoldenArg[] | { readonly [name: string]: GoldenArg };

export type GoldenTensors = ReadonlyMap<string, StoredTensor>;

/** A case with its tensors by the names of the manifest: integers are i32, whatever PyTorch had. */
export interface GoldenCase {
  readonly name: string;
  readonly op: string;
  /** The PyTorch expression, over the names of inputs and args. */
  readonly expr?: string;
  readonly args: { readonly [name: string]: GoldenArg };
  readonly dtype: 'float32' | 'float64';
  readonly tags: readonly string[];
  readonly note?: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Inputs with a stored gradient, and outputs with a stored cotangent. */
  readonly wrt: readonly string[];
  readonly cotangents: readonly string[];

  readonly in: GoldenTensors;
  readonly out: GoldenTensors;
  readonly cot: GoldenTensors;
  readonly grad: GoldenTensors;
  /** Other kinds: `traj` and `state` of optim, `init`, `first` and `final` of lm_train; empty for a kind it lacks. */
  readonly kind: (kind: string) => GoldenTensors;

  // optim, schedulers and lm_train
  readonly steps?: number;
  readonly params?: readonly string[];
  readonly state?: { readonly [name: string]: GoldenArg };
  readonly grad_none_steps?: { readonly [param: string]: readonly number[] };
  readonly lr_scale_before_step?: { readonly [step: string]: number };
  readonly base_lrs?: readonly number[];
  readonly base_momentum?: number;
}

export interface GoldenGroup {
  readonly doc: string;
  readonly cases: readonly GoldenCase[];
}

/** A group such as `cross_entropy`: its manifest joined with its tensors. */
export function loadGroup(name: string): GoldenGroup {
  const folder = new URL('./vectors/', import.meta.url);
  const manifest = JSON.parse(readFileSync(new URL(`${name}.json`, folder), 'utf8'), decodeNonFinite) as GoldenGroup;
  const file = `${name}.safetensors`;
  const { tensors } = decodeSafetensors(readFileSync(new URL(file, folder)), file);

  // <case>/<kind>/<name>
  const byCase = new Map<string, Map<string, StoredTensor>>();
  for (const [key, tensor] of tensors) {
    const [caseName, kind, ...rest] = key.split('/');
    const id = `${caseName}/${kind}`;
    if (!byCase.has(id)) byCase.set(id, new Map());
    byCase.get(id)!.set(rest.join('/'), tensor);
  }

  const none: readonly string[] = [];
  const cases = manifest.cases.map((entry): GoldenCase => {
    const kind = (kindName: string): GoldenTensors => byCase.get(`${entry.name}/${kindName}`) ?? new Map();
    return {
      ...{ tags: none, inputs: none, outputs: none, wrt: none, cotangents: none },
      ...entry,
      ...{ in: kind('in'), out: kind('out'), cot: kind('cot'), grad: kind('grad'), kind },
    };
  });
  return { doc: manifest.doc, cases };
}

/** JSON has no such numbers; the manifests have no other use for these strings. */
function decodeNonFinite(_key: string, value: unknown): unknown {
  if (value === 'inf') return Infinity;
  if (value === '-inf') return -Infinity;
  return value === 'nan' ? NaN : value;
}
