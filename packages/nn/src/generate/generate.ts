/** Text that a model writes, token by token. V: vocabulary. */

import {
  ArgumentError,
  multinomial,
  noGrad,
  type Generator as RandomGenerator,
  type Tensor,
  tensor,
  where,
} from '@tapegrad/core';
import { checkFilter, type FilterOptions, filterLogits } from './filter-logits.ts';
import { checkCount, checkDistribution, promptOf, Reader, type TokenModel } from './reader.ts';
import { StateMemory } from './state.ts';

export interface GenerateOptions extends FilterOptions {
  /** The text ends after so many tokens; `Infinity` for as long as somebody reads. */
  readonly maxNewTokens: number;
  /** Divides the logits as of `filterLogits`; 0 takes the likeliest token, and draws nothing. Default: 1. */
  readonly temperature?: number | undefined;
  /** Above 1, tokens that the prompt or the text has already become less likely. Default: 1. */
  readonly repetitionPenalty?: number | undefined;
  /** The text ends before any of these. Default: none. */
  readonly stopTokens?: Iterable<number> | undefined;
  /** How many of the last tokens a model without a state reads. Default: all. */
  readonly contextLength?: number | undefined;
  /** Default: `defaultGenerator`. One of its own, `new Generator(seed)`, leaves the training that follows as it was. */
  readonly generator?: RandomGenerator | undefined;
}

/**
 * The tokens that a model writes after a prompt, each as soon as it is drawn. They come from the framework's generator: one
 * seed writes one text, on every device but for what the last digits of logits decide. The model is in evaluation mode while
 * it reads, and nothing is recorded; what it remembers is its state, so memory does not grow with the text.
 *
 * Equation: y ~ softmax(x / temperature) over the tokens of `topK` and `topP`; a penalty r first makes x[v] of tokens v that
 * came before x[v] / r where it is positive, x[v] r where it is not
 *
 * Shapes: the model maps tokens [1, T] and a state to logits [1, T, V] and a state: it returns `[logits, state]`, `{ logits,
 * state }`, or logits alone; then it has no state, and reads the whole text for each token.
 *
 * Throws: ArgumentError, at once for bad options, on the way for logits that are no distribution; ShapeError for logits of another shape.
 *
 * Source: Keskar et al. 2019, https://arxiv.org/abs/1909.05858 (the penalty); `filterLogits`
 *
 * ```ts
 * import { Generator, type IntTensor, manualSeed, type Tensor } from '@tapegrad/core';
 * import { Embedding, generate, GRU, Linear, Module } from '@tapegrad/nn';
 *
 * class Model extends Module {
 *   readonly embedding = new Embedding(10, 8);
 *   readonly gru = new GRU(8, 16, { batchFirst: true });
 *   readonly head = new Linear(16, 10);
 *
 *   override forward(tokens: IntTensor, state?: Tensor): [logits: Tensor, state: Tensor] {
 *     const [hidden, after] = this.gru.forward(this.embedding.forward(tokens), state);
 *     return [this.head.forward(hidden), after];
 *   }
 * }
 * manualSeed(1);
 * const text: number[] = [];
 * for await (const token of generate(new Model(), [1, 2], { maxNewTokens: 5, topK: 4, generator: new Generator(3) })) {
 *   text.push(token); // or show it
 * }
 * console.log(text.length); // 5
 * ```
 */
export function generate<State>(
  model: TokenModel<State>,
  prompt: ArrayLike<number>,
  options: GenerateOptions,
): AsyncGenerator<number, void, void> {
  const { repetitionPenalty = 1, contextLength = Infinity } = options;
  checkFilter('generate', options);
  checkCount('generate', 'maxNewTokens', options.maxNewTokens, 0);
  checkCount('generate', 'contextLength', contextLength, 1);
  if (!(repetitionPenalty > 0 && repetitionPenalty < Infinity))
    throw new ArgumentError(`generate: expected a repetitionPenalty above 0; given ${repetitionPenalty}`);
  return write(new Reader('generate', model), promptOf('generate', prompt), options);
}

async function* write<State>(
  reader: Reader<State>,
  prompt: readonly number[],
  { maxNewTokens, stopTokens = [], contextLength = Infinity, repetitionPenalty = 1, ...draw }: GenerateOptions,
): AsyncGenerator<number, void, void> {
  const stops = new Set(stopTokens);
  const penalty = repetitionPenalty === 1 ? undefined : new Penalty(repetitionPenalty, prompt);
  const memory = new StateMemory('generate');
  let unread = prompt;
  let state: State | undefined;
  for (let n = 0; n < maxNewTokens; n++) {
    const recent = contextLength < unread.length ? unread.slice(-contextLength) : unread;
    const next = noGrad(() => {
      const said = reader.read([recent], state);
      const logits = penalty ? penalty.lowered(said.logits) : said.logits;
      const token = choose(logits, draw);
      return { token, mass: said.logits.logSumExp({ dim: 1 }), state: memory.hold(said.state) };
    });
    const [token, mass] = await Promise.all([next.token.item(), next.mass.item()]); // waits for the device
    checkDistribution('generate', mass);
    if (stops.has(token)) return;
    yield token;
    penalty?.add(token);
    state = next.state;
    unread = state === undefined ? [...recent, token] : [token];
  }
}

/** [1, V] to [1, 1]. */
function choose(
  logits: Tensor,
  { temperature = 1, generator, ...filter }: Omit<GenerateOptions, 'maxNewTokens'>,
): Tensor<'i32'> {
  if (temperature === 0) return logits.argmax({ dim: -1, keepdim: true });
  const p = filterLogits(logits, { temperature, ...filter }).softmax(-1);
  return multinomial(where(p.isnan(), 1, p), 1, { generator }); // NaN is an error once the device was waited for
}

/** Tokens that came before are less likely to come again. */
class Penalty {
  readonly #factor: number;
  readonly #seen: Set<number>;

  constructor(factor: number, prompt: Iterable<number>) {
    this.#factor = factor;
    this.#seen = new Set(prompt);
  }

  add(token: number): void {
    this.#seen.add(token);
  }

  /** [1, V] */
  lowered(logits: Tensor): Tensor {
    const came = new Uint8Array(logits.shape[1]!);
    for (const token of this.#seen) came[token] = 1;
    const less = where(logits.gt(0), logits.div(this.#factor), logits.mul(this.#factor));
    return where(tensor(came, { device: logits.device.name }), less, logits);
  }
}
