/**
 * A checkpoint: one safetensors file with all that training needs to go on as if it had never stopped: the parameters,
 * the optimizer's moments, the recurrent state, the losses so far, and a record of options, text and random stream.
 */
import { type AnyTensor, defaultGenerator, setDevice, TapegradError, type Tensor, tensor } from '@tapegrad/core';
import { CheckpointError, decodeSafetensors, StateDictError, type StoredTensor } from '@tapegrad/nn';
import { Vocabulary } from '@tapegrad/nn/data';
import { flattenState, unflattenState } from '@tapegrad/optim';
import { type CheckpointRecord, recordFromJson, recordToJson } from './checkpoint-record.ts';
import type { LossPoint } from './curve.ts';
import type { Device } from './options.ts';
import { newTraining, type Training } from './training.ts';
import { UserError } from './user-error.ts';

/** What a training's checkpoint holds, as `saveSafetensors` and `encodeStateDict` take it. */
export function checkpointOf(training: Training): {
  tensors: Map<string, AnyTensor>;
  metadata: Record<string, string>;
} {
  const { step, options, vocabulary, fingerprint, model, optimizer, state } = training;
  const moments = flattenState(optimizer.stateDict());
  const tensors = new Map<string, AnyTensor>([
    ...prefixed(MODEL, model.stateDict()),
    ...prefixed(OPTIMIZER, moments.tensors),
    ['state.hidden', state[0]],
    ['state.cell', state[1]],
    ['losses', curveTensor(training.losses)],
    ['validation', curveTensor(training.validation)],
  ]);
  const characters = vocabulary.pieces.join('');
  const record = recordToJson({ step, options, characters, fingerprint, random: defaultGenerator.state });
  return { tensors, metadata: { format: FORMAT, training: record, optimizer: moments.json } };
}

/**
 * The training of a checkpoint's bytes; makes `device` the current one (by default that of the checkpoint's options),
 * and puts the random stream where it was. `path` is what messages call the bytes.
 *
 * Throws: `UserError` where they are no checkpoint of this program, `CheckpointError` where they are damaged.
 */
export async function decodeCheckpoint(path: string, bytes: Uint8Array, device?: Device): Promise<Training> {
  const { tensors: stored, metadata } = decodeSafetensors(bytes, path);
  if (metadata.format !== FORMAT) {
    const found = metadata.format === undefined ? 'it has none' : `it is '${metadata.format.slice(0, 60)}'`;
    throw new UserError(`${path} is not a checkpoint of this program: its format should be '${FORMAT}', ${found}.`);
  }
  const record = explained(path, () => recordFromJson(metadata.training));
  await setDevice(device ?? record.options.device);
  const training = explained(path, () => restored(record, stored, metadata.optimizer ?? ''));
  defaultGenerator.state = record.random;
  return training;
}

const FORMAT = 'tapegrad char-lm 1';
const MODEL = 'model.';
const OPTIMIZER = 'optimizer.';

/** The training of a file. The file's shapes are compared with the record before a model of the record's size is made. */
function restored(record: CheckpointRecord, stored: ReadonlyMap<string, StoredTensor>, optimizer: string): Training {
  const { options, step } = record;
  const vocabulary = Vocabulary.of('character', record.characters);
  const find = (name: string, ...expected: (number | undefined)[]): StoredTensor => {
    const found = stored.get(name);
    if (!found) throw new UserError(`there is no tensor '${name}'`);
    const shape = expected.map((length, i) => length ?? found.shape[i]);
    if (found.shape.join() === shape.join()) return found;
    throw new UserError(`the tensor '${name}' is [${found.shape}], where its options say [${shape}]`);
  };
  find(`${MODEL}embedding.weight`, vocabulary.size, options.embedding);
  find(`${MODEL}lstm.weight_hh_l${options.layers - 1}`, 4 * options.hidden, options.hidden);
  const [hidden, cell] = ['hidden', 'cell'].map((name) =>
    asTensor(find(`state.${name}`, options.layers, options.batch, options.hidden)),
  );
  const losses = asCurve(find('losses', step, 2));
  const validation = asCurve(find('validation', undefined, 2));

  const training = newTraining(options, vocabulary, record.fingerprint);
  training.model.loadStateDict(tensorsUnder(MODEL, stored));
  training.optimizer.loadStateDict(unflattenState({ tensors: tensorsUnder(OPTIMIZER, stored), json: optimizer }));
  return { ...training, step, state: [hidden!, cell!], losses, validation };
}

/** Names the file in what is said of its contents. Throws: `CheckpointError`. */
function explained<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof UserError || error instanceof TapegradError)) throw error;
    const found = error instanceof StateDictError ? differences(error) : error.message;
    throw new CheckpointError(path, found, 'a checkpoint as train.ts writes it', ADVICE);
  }
}

const ADVICE = 'It is damaged or was changed: take a copy of it, or train anew in another folder.';

function differences({ missingKeys, unexpectedKeys, misshapenKeys }: StateDictError): string {
  const parts = [
    ['the model lacks', missingKeys],
    ['the model has in excess', unexpectedKeys],
    ['the model has in a wrong shape', misshapenKeys],
  ] as const;
  return parts
    .flatMap(([what, keys]) => (keys.length > 0 ? [`${what} ${keys.slice(0, 5).join(', ')}`] : []))
    .join('; ');
}

function prefixed(prefix: string, tensors: ReadonlyMap<string, AnyTensor>): (readonly [string, AnyTensor])[] {
  return [...tensors].map(([name, x]) => [prefix + name, x] as const);
}

/** The tensors whose names begin with `prefix`, without it, on the current device. */
function tensorsUnder(prefix: string, stored: ReadonlyMap<string, StoredTensor>): Map<string, Tensor> {
  const under = [...stored].filter(([name]) => name.startsWith(prefix));
  return new Map(under.map(([name, x]) => [name.slice(prefix.length), asTensor(x)]));
}

function asTensor({ data, shape }: StoredTensor): Tensor {
  return tensor(Float32Array.from(data)).reshape(shape);
}

/** [N, 2]: steps and losses in f64, as exact as they are. */
function curveTensor(points: readonly LossPoint[]): Tensor<'f64'> {
  const values = points.flatMap(({ step, loss }) => [step, loss]);
  return tensor(Float64Array.from(values), { dtype: 'f64', device: 'cpu' }).reshape([points.length, 2]);
}

function asCurve({ data }: StoredTensor): LossPoint[] {
  return Array.from({ length: data.length / 2 }, (_, i) => ({ step: data[2 * i]!, loss: data[2 * i + 1]! }));
}
