/**
 * A graph: recorded nodes that hang together, never joined through leaves (two forward passes of one model are two graphs).
 *
 * It owns the storages that its nodes made, and those that they read and a block made and left behind. `backward()` closes
 * it; its tensors then stay readable until one of its own parameters is recorded again, the model's next forward pass.
 * Storages below 4 KiB (losses, metrics) never expire.
 */

import { handOver, Owner, type Storage } from './memory.ts';
import type { AnyTensor } from './tensor.ts';

const SMALLEST_OWNED = 4096;

export class Graph extends Owner {
  closed = false;
  /** Leaves that its nodes read. */
  leaves: AnyTensor[] = [];
  #joinedInto: Graph | undefined;

  /** The graph that this one has become part of, or itself. */
  get root(): Graph {
    let graph: Graph = this;
    while (graph.#joinedInto) graph = graph.#joinedInto;
    if (graph !== this) this.#joinedInto = graph; // the next look-up is one step
    return graph;
  }

  /** Two roots become one. */
  join(other: Graph): Graph {
    if (this === other) return this;
    const [large, small] = this.storages.length >= other.storages.length ? [this, other] : [other, this];
    for (const storage of small.storages) if (storage.owner === small) large.adopt(storage);
    for (const leaf of small.leaves) large.leaves.push(leaf);
    small.storages = [];
    small.leaves = [];
    small.#joinedInto = large;
    return large;
  }

  own(storage: Storage): void {
    if (storage.bytes >= SMALLEST_OWNED) this.adopt(storage);
    else storage.owner = undefined;
  }

  /** Takes over what a block made and does not return, but its nodes read. A leaf lives on, as its gradient does. */
  inherit(storage: Storage): void {
    if (this.leaves.some((leaf) => leaf.storage === storage)) handOver(storage);
    else this.own(storage);
  }

  /** After the last backward pass: from now on the graph waits for one of its leaves to be recorded again. */
  close(): void {
    this.closed = true;
    for (const leaf of new Set(this.leaves)) (leaf.expiring ??= []).push(this);
    this.leaves = [];
  }

  /** The wait is over. */
  expire(): void {
    this.end('belonged to a graph that backward() closed, and the next forward pass has begun');
  }
}
