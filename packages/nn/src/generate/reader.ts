/** A model that reads tokens, and what it says of the next one. B: texts side by side, T: tokens, V: vocabulary. */

import { ArgumentError, type DeviceName, type IntTensor, ShapeError, showShape, Tensor, tensor } from '@tapegrad/core';
import type { Module } from '../module.ts';

/** Logits, and the state after the tokens: a tensor, or arrays and plain objects of tensors. Logits alone: no state. */
export type Prediction<State> =
  | Tensor
  | readonly [logits: Tensor, state: State]
  | { readonly logits: Tensor; readonly state?: State | undefined };

/**
 * A module that maps tokens [B, T], and the state before them, to logits [B, T, V] ([B, V] of the last token will do) and the
 * state after them. One without a state is given the whole text for each token.
 */
export interface TokenModel<State> extends Module {
  forward(tokens: IntTensor, state?: State): Prediction<State>;
}

/** What a model says of the next token of each text. */
export interface Said<State> {
  /** [B, V] */
  readonly logits: Tensor;
  readonly state: State | undefined;
}

/** Reads in evaluation mode, so that nothing is dropped; between two reads the model may train on. */
export class Reader<State> {
  readonly #op: string;
  readonly #model: TokenModel<State>;
  readonly #modules: readonly Module[];

  constructor(op: string, model: TokenModel<State>) {
    this.#op = op;
    this.#model = model;
    this.#modules = model.modules();
  }

  /** Where the model is; the current device where it has no parameters. */
  get device(): DeviceName | undefined {
    return this.#model.parameters()[0]?.device.name;
  }

  /** Texts of one length, and the state before them. Throws: ShapeError, ArgumentError. */
  read(texts: readonly (readonly number[])[], state: State | undefined): Said<State> {
    const [B, T] = [texts.length, texts[0]!.length];
    const tokens = tensor(Int32Array.from(texts.flat()), { device: this.device }).reshape([B, T]);
    const said = this.#parts(this.#inEvaluation(() => this.#model.forward(tokens, state)));
    const [rows, ...rest] = said.logits.shape;
    if (rows !== B || rest.length > 2 || rest.length < 1 || (rest.length === 2 && rest[0] !== T)) {
      throw new ShapeError(
        `${this.#op}: of tokens [${B}, ${T}], expected logits [${B}, ${T}, V], or [${B}, V] of the last token; the model gave ${showShape(said.logits.shape)}`,
      );
    }
    return { logits: rest.length === 2 ? said.logits.select(1, T - 1) : said.logits, state: said.state };
  }

  #parts(prediction: Prediction<State>): Said<State> {
    if (prediction instanceof Tensor) return { logits: prediction, state: undefined };
    const [logits, state] = Array.isArray(prediction)
      ? (prediction as readonly [Tensor, State])
      : [(prediction as { logits?: Tensor } | undefined)?.logits, (prediction as { state?: State } | undefined)?.state];
    if (logits instanceof Tensor) return { logits, state };
    throw new ArgumentError(
      `${this.#op}: expected the model's forward to return logits, [logits, state] or { logits, state }; it returned neither`,
    );
  }

  #inEvaluation<R>(fn: () => R): R {
    const modes = this.#modules.map((module) => module.training);
    try {
      for (const module of this.#modules) module.training = false;
      return fn();
    } finally {
      for (const [k, module] of this.#modules.entries()) module.training = modes[k]!;
    }
  }
}

/** Throws: ArgumentError unless it is one token or more. */
export function promptOf(op: string, prompt: ArrayLike<number>): number[] {
  const tokens = Array.from(prompt);
  const wrong = tokens.findIndex((token) => !Number.isInteger(token));
  if (wrong >= 0)
    throw new ArgumentError(`${op}: expected a prompt of token ids; given ${String(tokens[wrong])} at ${wrong}`);
  if (tokens.length === 0)
    throw new ArgumentError(`${op}: expected a prompt of one token or more: a model needs something to go on from`);
  return tokens;
}

/** Throws: ArgumentError. */
export function checkCount(op: string, name: string, count: number, least: number): void {
  if ((Number.isInteger(count) || count === Infinity) && count >= least) return;
  throw new ArgumentError(`${op}: expected ${name} of ${least} or more; given ${count}`);
}

/** `mass`: log sum exp of logits, or anything that is as finite. Throws: ArgumentError for what softmax makes NaN of. */
export function checkDistribution(op: string, mass: number): void {
  if (Number.isFinite(mass)) return;
  throw new ArgumentError(
    `${op}: the model's logits are NaN, Infinity, or -Infinity for all tokens: it has diverged, or was not loaded`,
  );
}
