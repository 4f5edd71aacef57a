/** Weights from a file into the parameters and buffers of a module. */

import { type AnyTensor, assign, scope, tensor } from '@tapegrad/core';
import { checkFit, type LoadOptions, type LoadResult } from '../state-dict.ts';
import { openSafetensors, type SafetensorsSource, type TensorInfo } from './reader.ts';
import type { StoredTensor } from './stored-dtypes.ts';

/**
 * Overwrites a module's state with a file's. Keys and shapes are compared before a value is read, and all values are read
 * before the first one is overwritten: a file that is broken or does not fit changes nothing.
 */
export async function loadFile(
  state: ReadonlyMap<string, AnyTensor>,
  source: SafetensorsSource,
  options: LoadOptions,
): Promise<LoadResult> {
  const file = await openSafetensors(source);
  const values = new Map<string, StoredTensor>();
  let result: LoadResult;
  try {
    result = checkFit(state, withShared(state, file.tensors), options, 'load', file.name);
    for (const name of file.tensors.keys()) if (state.has(name)) values.set(name, await file.readStored(name));
  } finally {
    await file.close();
  }
  for (const [name, { shape, data }] of values) {
    const target = state.get(name)!;
    const place = { dtype: target.dtype, device: target.device.name };
    scope(() => assign(target, tensor(data, place).reshape(shape)));
  }
  return result;
}

/** Files hold a tensor that modules share under one of its keys, as safetensors' save_model does, or under each. */
function withShared(
  state: ReadonlyMap<string, AnyTensor>,
  found: ReadonlyMap<string, TensorInfo>,
): ReadonlyMap<string, TensorInfo> {
  const byTensor = new Map<AnyTensor, TensorInfo>();
  for (const [key, x] of state) if (found.has(key)) byTensor.set(x, found.get(key)!);
  const all = new Map(found);
  for (const [key, x] of state) if (!all.has(key) && byTensor.has(x)) all.set(key, byTensor.get(x)!);
  return all;
}
