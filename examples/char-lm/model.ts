/** The language model: B batch, T time, V vocabulary, H hidden. */
import type { IntTensor, Tensor } from '@tapegrad/core';
import { Dropout, Embedding, Linear, LSTM, Module } from '@tapegrad/nn';

export interface ModelSize {
  readonly vocabularySize: number;
  readonly embedding: number;
  readonly hidden: number;
  readonly layers: number;
  readonly dropout: number;
}

/** Hidden and cell state of all layers, each [layers, B, H]. */
export type State = readonly [Tensor, Tensor];

/** Predicts each next character from those before it. */
export class LanguageModel extends Module {
  readonly embedding: Embedding;
  readonly lstm: LSTM;
  readonly dropout: Dropout;
  readonly head: Linear;

  constructor({ vocabularySize, embedding, hidden, layers, dropout }: ModelSize) {
    super();
    this.embedding = new Embedding(vocabularySize, embedding);
    this.lstm = new LSTM(embedding, hidden, {
      numLayers: layers,
      dropout: layers > 1 ? dropout : 0,
      batchFirst: true,
    });
    this.dropout = new Dropout(dropout);
    this.head = new Linear(hidden, vocabularySize);
  }

  /** Tokens [B, T] and the state before them to logits [B, T, V] and the state after them. */
  override forward(tokens: IntTensor, state?: State): { logits: Tensor; state: State } {
    const [hidden, after] = this.lstm.forward(this.embedding.forward(tokens), state);
    return { logits: this.head.forward(this.dropout.forward(hidden)), state: after };
  }
}
