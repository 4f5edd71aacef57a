/**
 * A checkpoint: one safetensors file with all that training needs to go on as if it had never stopped: the parameters,
 * the optimizer's moments, the recurrent state, the random stream, and the losses so far.
 */
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { AnyTensor, RandomState, Tensor } from '@tapegrad/core';
import { CheckpointError, decodeStateDict, encodeStateDict } from '@tapegrad/nn';
import { flattenState, type OptimizerState, unflattenState } from '@tapegrad/optim';
import type { LossPoint } from './chart.ts';
import type { ModelSize, State } from './model.ts';
import type { TrainOptions } from './options.ts';
import { UserError } from './user-error.ts';

export interface Checkpoint {
  /** Optimizer steps done. */
  readonly step: number;
  readonly options: TrainOptions;
  readonly size: ModelSize;
  /** All characters, in the order of their tokens. */
  readonly characters: string;
  readonly model: ReadonlyMap<string, AnyTensor>;
  readonly optimizer: OptimizerState;
  readonly state: State;
  readonly random: RandomState;
  readonly train: readonly LossPoint[];
  readonly validation: readonly LossPoint[];
}

const FORMAT = 'tapegrad char-lm 1';

/** Writes a checkpoint beside the old one and then puts it in its place: a kill at any moment leaves one that is whole. */
export async function saveCheckpoint(path: string, checkpoint: Checkpoint): Promise<void> {
  const { model, optimizer, state, ...rest } = checkpoint;
  const { tensors: moments, json } = flattenState(optimizer);
  const tensors = new Map([
    ...prefixed('model.', model),
    ...prefixed('optimizer.', moments),
    ['state.hidden', state[0]] as const,
    ['state.cell', state[1]] as const,
  ]);
  const bytes = await encodeStateDict(tensors, { format: FORMAT, optimizer: json, training: JSON.stringify(rest) });
  await mkdir(dirname(path), { recursive: true });
  const file = await open(`${path}.part`, 'w');
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.part`, path);
}

/**
 * Reads a checkpoint.
 *
 * Throws: `UserError` where there is none or it is not one of this program, `CheckpointError` where the file is damaged.
 */
export async function loadCheckpoint(path: string): Promise<Checkpoint> {
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    const reason = error.code === 'ENOENT' ? 'there is no such file' : error.message;
    throw new UserError(
      `cannot read the checkpoint ${path}: ${reason}. Train first (pnpm start), or name another folder.`,
    );
  });
  const { tensors, metadata } = decodeStateDict(bytes, path);
  if (metadata.format !== FORMAT) {
    throw new UserError(
      `${path} is not a checkpoint of this program: its format is '${metadata.format ?? 'unknown'}', expected '${FORMAT}'.`,
    );
  }
  const training = JSON.parse(metadata.training ?? '{}') as Omit<Checkpoint, 'model' | 'optimizer' | 'state'>;
  const required = (name: string): Tensor => {
    const found = tensors.get(name);
    if (!found) throw new CheckpointError(path, `no tensor '${name}'`, 'a complete checkpoint', 'train anew');
    return found as Tensor;
  };
  return {
    ...training,
    model: unprefixed('model.', tensors),
    optimizer: unflattenState({
      tensors: unprefixed('optimizer.', tensors) as Map<string, Tensor>,
      json: metadata.optimizer ?? '',
    }),
    state: [required('state.hidden'), required('state.cell')],
  };
}

function prefixed(prefix: string, tensors: ReadonlyMap<string, AnyTensor>): (readonly [string, AnyTensor])[] {
  return [...tensors].map(([name, x]) => [prefix + name, x] as const);
}

function unprefixed(prefix: string, tensors: ReadonlyMap<string, AnyTensor>): Map<string, AnyTensor> {
  return new Map(
    [...tensors].flatMap(([name, x]) => (name.startsWith(prefix) ? [[name.slice(prefix.length), x]] : [])),
  );
}
