/** Batches of a text that is never whole in memory. B: windows side by side, T: tokens of each. */

import { checkTokens, checkWhole, type Tokens } from './checks.ts';
import { type TokenBatch, tokenBatch } from './token-batch.ts';

export interface StreamOptions {
  /** B */
  readonly batchSize: number;
  /** T */
  readonly sequenceLength: number;
  /** Batches to read over, without making them: how many a checkpoint had done. Default: 0. */
  readonly from?: number | undefined;
}

/**
 * Batches of B windows that follow each other, from tokens that come in parts: those of `windowBatches` in order, of which
 * one batch is held at a time. What cannot be held cannot be shuffled: mix the texts before.
 *
 * Shapes: parts [n], any n; inputs and targets [B, T], fewer windows in the last. Less than a window and its target at the
 * end is left out.
 *
 * Throws: ArgumentError for sizes that are no whole numbers, or parts that are no tokens.
 *
 * ```ts
 * import { encodeEach, streamBatches, textLines, Vocabulary } from '@tapegrad/nn/data';
 *
 * const lines = textLines(['Call me\nIsh', 'mael.']); // from a file: textLines(readText(createReadStream(path)))
 * const tokens = encodeEach(Vocabulary.bytes(), lines);
 * const batches = streamBatches(tokens, { batchSize: 2, sequenceLength: 5, from: 1 });
 * for await (const { inputs } of batches) console.log(inputs.shape); // [ 1, 5 ]
 * ```
 */
export async function* streamBatches(
  parts: AsyncIterable<Tokens> | Iterable<Tokens>,
  { batchSize, sequenceLength, from = 0 }: StreamOptions,
): AsyncGenerator<TokenBatch, void, undefined> {
  const B = checkWhole('streamBatches', 'batchSize', batchSize, 1);
  const T = checkWhole('streamBatches', 'sequenceLength', sequenceLength, 1);
  checkWhole('streamBatches', 'from', from, 0);
  const text = new Int32Array(B * T + 1); // the inputs of a batch, and the last target
  const windows = (count: number): TokenBatch =>
    tokenBatch(text.slice(0, count * T), text.slice(1, count * T + 1), count);
  let held = 0;
  let batch = 0;
  for await (const part of parts) {
    checkTokens('streamBatches', part);
    for (let taken = 0; taken < part.length; ) {
      const count = Math.min(text.length - held, part.length - taken);
      text.set(part.subarray(taken, taken + count), held);
      held += count;
      taken += count;
      if (held < text.length) continue;
      if (batch++ >= from) yield windows(B);
      text[0] = text[held - 1]!; // the last target is the next input
      held = 1;
    }
  }
  const rest = Math.floor((held - 1) / T);
  if (rest > 0 && batch >= from) yield windows(rest);
}
