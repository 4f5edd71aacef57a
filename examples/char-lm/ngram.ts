/**
 * n-gram models with Witten-Bell smoothing: what counting alone can predict, as the yardstick of a learnt model.
 *
 * An n-gram model predicts a token w from its history h, the n - 1 tokens before it. It mixes what followed h in the
 * training text with the next shorter model, whose history h' is h without its oldest token:
 *
 *   P(w|h) = (c(hw) + T(h) P(w|h')) / (c(h) + T(h))
 *
 * c(hw) is how often w followed h, c(h) how often anything did, and T(h) how many different tokens did: a history with
 * many continuations expects another new one. A history that was never seen leaves P(w|h'). Order 0 is uniform, 1/V.
 *
 * Source: Witten and Bell, "The zero-frequency problem", IEEE Transactions on Information Theory 37(4), 1991.
 */

/** The counts of all n-grams up to an order: a tree in which a node is a string of tokens, and its parent that string without the last. */
export interface NgramModel {
  /** The greatest n; all smaller ones are in the tree too. */
  readonly order: number;
  readonly vocabularySize: number;
  /** c(hw), of the node hw. */
  readonly count: Int32Array;
  /** c(h), of the node h. */
  readonly total: Int32Array;
  /** T(h), of the node h. */
  readonly types: Int32Array;
  /** The node of `parent`'s string with `token` after it, or `NONE`. */
  child(parent: number, token: number): number;
}

/** Counts the n-grams of `tokens`, numbers from 0 to V - 1, for n = 1 ... `order`. */
export function trainNgram(tokens: Int32Array, vocabularySize: number, order: number): NgramModel {
  const tree = createTree();
  // history[k]: the node of the k tokens before position i; history[0] is the root, the empty string.
  const history = new Int32Array(order + 1).fill(NONE);
  history[0] = ROOT;
  for (const token of tokens) {
    // Longest first: history[k + 1] may be overwritten once it was read.
    for (let k = order - 1; k >= 0; k--) history[k + 1] = history[k] === NONE ? NONE : tree.add(history[k], token);
  }
  return { order, vocabularySize, ...tree.counts(), child: tree.child };
}

/** P(token | history) of the model of order n, 0 to `model.order`; of the history only the last n - 1 tokens count. */
export function probability(model: NgramModel, history: ArrayLike<number>, token: number, n: number): number {
  let p = 1 / model.vocabularySize;
  for (let k = 0; k < n && k <= history.length; k++) {
    let node = ROOT;
    for (let i = history.length - k; i < history.length && node !== NONE; i++) node = model.child(node, history[i]);
    p = interpolate(model, node, token, p);
  }
  return p;
}

/**
 * The mean surprisal -ln P of `tokens` in nats per token, of every order: `[n]` is that of order n, `[0]` is ln V.
 * The first token is history only, as it is for a recurrent model.
 */
export function crossEntropies(model: NgramModel, tokens: Int32Array): Float64Array {
  const { order } = model;
  const nats = new Float64Array(order + 1);
  const history = new Int32Array(order + 1).fill(NONE);
  history[0] = ROOT;
  for (let i = 0; i < tokens.length; i++) {
    let p = 1 / model.vocabularySize;
    if (i > 0) nats[0] -= Math.log(p);
    for (let k = 0; k < order; k++) {
      p = interpolate(model, history[k], tokens[i], p);
      if (i > 0) nats[k + 1] -= Math.log(p);
    }
    for (let k = order - 1; k >= 0; k--)
      history[k + 1] = history[k] === NONE ? NONE : model.child(history[k], tokens[i]);
  }
  return nats.map((sum) => sum / (tokens.length - 1));
}

/** The formula at the top, for the node of h and the shorter model's P(w|h'). */
function interpolate({ count, total, types, child }: NgramModel, h: number, token: number, shorter: number): number {
  if (h === NONE || total[h] === 0) return shorter;
  const hw = child(h, token);
  return ((hw === NONE ? 0 : count[hw]) + types[h] * shorter) / (total[h] + types[h]);
}

const ROOT = 0;
const NONE = -1;

interface Tree {
  /** Counts `token` after `parent`; returns the node of both. */
  add(parent: number, token: number): number;
  child(parent: number, token: number): number;
  counts(): Pick<NgramModel, 'count' | 'total' | 'types'>;
}

/** Nodes are rows of flat arrays, and one hash table finds them by parent and token: millions fit, where objects would not. */
function createTree(): Tree {
  let size = 1;
  let [parents, tokens, count, total, types] = Array.from({ length: 5 }, () => new Int32Array(1 << 12));
  let slots = new Int32Array(1 << 13).fill(NONE);

  /** The slot that holds the node, or the empty one where it belongs. */
  function find(parent: number, token: number): number {
    const mask = slots.length - 1;
    let slot = (Math.imul(parent, 0x9e3779b1) ^ Math.imul(token + 1, 0x85ebca6b)) >>> 0;
    slot = (slot ^ (slot >>> 15)) & mask;
    for (
      let node = slots[slot];
      node !== NONE && (parents[node] !== parent || tokens[node] !== token);
      node = slots[slot]
    )
      slot = (slot + 1) & mask;
    return slot;
  }

  /** Twice the rows; there are twice as many slots as rows. */
  function grow(): void {
    [parents, tokens, count, total, types] = [parents, tokens, count, total, types].map((array) => {
      const twice = new Int32Array(array.length * 2);
      twice.set(array);
      return twice;
    });
    slots = new Int32Array(parents.length * 2).fill(NONE);
    for (let node = 1; node < size; node++) slots[find(parents[node], tokens[node])] = node;
  }

  return {
    add(parent, token) {
      let slot = find(parent, token);
      if (slots[slot] === NONE) {
        if (size === parents.length) {
          grow();
          slot = find(parent, token);
        }
        parents[size] = parent;
        tokens[size] = token;
        slots[slot] = size++;
        types[parent]++;
      }
      total[parent]++;
      count[slots[slot]]++;
      return slots[slot];
    },
    child: (parent, token) => slots[find(parent, token)],
    counts: () => ({ count, total, types }),
  };
}
