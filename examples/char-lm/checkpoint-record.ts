/** What a checkpoint holds beside its tensors: one text of JSON, which may come from anywhere and is checked when read. */
import type { RandomState } from '@tapegrad/core';
import { savedTrainOptions, type TrainOptions } from './options.ts';
import { UserError } from './user-error.ts';

export interface CheckpointRecord {
  /** Optimizer steps done. */
  readonly step: number;
  readonly options: TrainOptions;
  /** All characters, in the order of their tokens. */
  readonly characters: string;
  /** Of the text that is learnt. */
  readonly fingerprint: string;
  readonly random: RandomState;
}

export function recordToJson(record: CheckpointRecord): string {
  return JSON.stringify(record);
}

/** Throws: `UserError` where a field is missing or is not what a run could have written. */
export function recordFromJson(json: string | undefined): CheckpointRecord {
  const { step, options, characters, fingerprint, random } = object(parse(json), 'the record of the training');
  const { seed, offset } = object(random, 'random');
  return {
    step: count(step, 'step'),
    options: savedTrainOptions(object(options, 'options')),
    characters: text(characters, 'characters'),
    fingerprint: text(fingerprint, 'fingerprint'),
    random: { seed: count(seed, 'random.seed'), offset: count(offset, 'random.offset') },
  };
}

function parse(json: string | undefined): unknown {
  if (json === undefined) throw new UserError('it has no record of the training');
  try {
    return JSON.parse(json);
  } catch {
    throw new UserError(`the record of the training is not JSON: ${show(json)}`);
  }
}

function object(value: unknown, name: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw malformed(name, 'an object', value);
  return value as Readonly<Record<string, unknown>>;
}

function count(value: unknown, name: string): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0)
    throw malformed(name, 'a whole number of 0 or more', value);
  return value;
}

function text(value: unknown, name: string): string {
  if (typeof value !== 'string' || value === '') throw malformed(name, 'a text', value);
  return value;
}

function malformed(name: string, expected: string, given: unknown): UserError {
  return new UserError(`${name} is ${show(given)} and not ${expected}`);
}

function show(value: unknown): string {
  const json = JSON.stringify(value) ?? 'missing';
  return json.length > 60 ? `${json.slice(0, 60)}...` : json;
}
