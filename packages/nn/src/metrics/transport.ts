/**
 * The transportation problem: which supply goes to which demand at the least cost. M: supplies, N: demands.
 *
 * Successive shortest paths: as long as a supply is left, some of it takes the cheapest way to a demand that is open, where
 * it may push away what lies there, which goes elsewhere (a flow carried back earns its cost). Each such step keeps the
 * plan the cheapest for what it carries. Ways are found by Dijkstra's algorithm on costs that potentials keep from being
 * negative.
 *
 * Source: Ahuja, Magnanti and Orlin 1993, Network Flows, section 9.7
 */

/** The plan [M, N], row by row. All numbers are finite and not negative, and both sums are the same but for rounding. */
export function cheapestPlan(supply: Float64Array, demand: Float64Array, cost: Float64Array): Float64Array {
  const [M, N] = [supply.length, demand.length];
  const flow = new Float64Array(M * N);
  const [left, open] = [supply.slice(), demand.slice()];
  const ways = new Ways(cost, flow, M, N);
  for (let i = 0; i < M; i++) {
    while (left[i]! > 0) {
      const end = ways.search(i, open);
      if (end === undefined) return flow; // no demand is open: what is left is rounding
      const amount = Math.min(left[i]!, open[end]!, ways.leastCarriedBack(end));
      ways.carry(end, amount);
      left[i]! -= amount;
      open[end]! -= amount;
    }
  }
  return flow;
}

/** Shortest ways from one supply. Of each demand it knows the supply before it, of each supply the demand before it. */
class Ways {
  readonly #cost: Float64Array;
  readonly #flow: Float64Array;
  readonly #M: number;
  readonly #N: number;
  /** With cost[i, j] - u[i] - v[j] as costs, none is negative, and those of flows are 0. */
  readonly #u: Float64Array;
  readonly #v: Float64Array;
  readonly #distance: Float64Array;
  readonly #done: Uint8Array;
  readonly #supplyBefore: Int32Array;
  /** -1 for the supply that the ways begin at. */
  readonly #demandBefore: Int32Array;
  /** Supplies that have been reached, with their distances. */
  #reached: number[] = [];
  readonly #reachedAt: Float64Array;

  constructor(cost: Float64Array, flow: Float64Array, M: number, N: number) {
    this.#cost = cost;
    this.#flow = flow;
    this.#M = M;
    this.#N = N;
    this.#u = new Float64Array(M);
    this.#v = new Float64Array(N);
    this.#distance = new Float64Array(N);
    this.#done = new Uint8Array(N);
    this.#supplyBefore = new Int32Array(N);
    this.#demandBefore = new Int32Array(M);
    this.#reachedAt = new Float64Array(M);
  }

  /** The open demand that is nearest to supply `start`, if there is one. */
  search(start: number, open: Float64Array): number | undefined {
    this.#distance.fill(Infinity);
    this.#done.fill(0);
    this.#demandBefore.fill(-2);
    this.#reached = [];
    this.#reach(start, -1, 0);
    for (;;) {
      const nearest = this.#nearest();
      if (nearest < 0) return undefined;
      this.#done[nearest] = 1;
      const at = this.#distance[nearest]!;
      if (open[nearest]! > 0) {
        this.#shift(at);
        return nearest;
      }
      for (let i = 0; i < this.#M; i++) {
        if (this.#flow[i * this.#N + nearest]! > 0 && this.#demandBefore[i] === -2) this.#reach(i, nearest, at);
      }
    }
  }

  /** The smallest flow that the way to a demand carries back. */
  leastCarriedBack(end: number): number {
    let least = Infinity;
    for (const [i, , back] of this.#wayTo(end)) {
      if (back >= 0) least = Math.min(least, this.#flow[i * this.#N + back]!);
    }
    return least;
  }

  carry(end: number, amount: number): void {
    for (const [i, j, back] of this.#wayTo(end)) {
      this.#flow[i * this.#N + j]! += amount;
      if (back >= 0) this.#flow[i * this.#N + back]! -= amount;
    }
  }

  /** From the end to the start: supply i gives to demand j what it gave to demand `back` (-1 at the start). */
  *#wayTo(end: number): Generator<readonly [i: number, j: number, back: number]> {
    for (let j = end; j >= 0; ) {
      const i = this.#supplyBefore[j]!;
      const back = this.#demandBefore[i]!;
      yield [i, j, back];
      j = back;
    }
  }

  /** Looks from a supply at all demands. */
  #reach(i: number, from: number, at: number): void {
    this.#demandBefore[i] = from;
    this.#reached.push(i);
    this.#reachedAt[i] = at;
    const [row, u] = [i * this.#N, this.#u[i]!];
    for (let j = 0; j < this.#N; j++) {
      const distance = at + this.#cost[row + j]! - u - this.#v[j]!;
      if (!this.#done[j] && distance < this.#distance[j]!) {
        this.#distance[j] = distance;
        this.#supplyBefore[j] = i;
      }
    }
  }

  #nearest(): number {
    let nearest = -1;
    for (let j = 0; j < this.#N; j++) {
      if (!this.#done[j] && (nearest < 0 || this.#distance[j]! < this.#distance[nearest]!)) nearest = j;
    }
    return nearest;
  }

  /** Makes the costs along shortest ways 0: what is nearer than the end by d gains a potential of d. */
  #shift(end: number): void {
    for (const i of this.#reached) this.#u[i]! += end - this.#reachedAt[i]!;
    for (let j = 0; j < this.#N; j++) if (this.#done[j]) this.#v[j]! -= end - this.#distance[j]!;
  }
}
