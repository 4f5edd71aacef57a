/** Generation: what is drawn, by hand; what is remembered; what a beam search finds, against all texts. V 4. */

import { fc, test as property } from '@fast-check/vitest';
import {
  type DeviceName,
  defaultGenerator,
  deviceInfo,
  Generator,
  type IntTensor,
  manualSeed,
  multinomial,
  noGrad,
  randn,
  setDevice,
  type Tensor,
  tensor,
} from '@tapegrad/core';
import {
  type Beam,
  type BeamOptions,
  beamSearch,
  Dropout,
  Embedding,
  filterLogits,
  GRU,
  generate,
  init,
  Linear,
  LSTM,
  LSTMCell,
  type LSTMState,
  Module,
  type TokenModel,
} from '@tapegrad/nn';
import { beforeEach, describe, expect, test } from 'vitest';
import { devices } from '../support/devices.ts';

const V = 4;

beforeEach(async () => {
  await setDevice('cpu');
  manualSeed(5);
});

// ---- models of every shape ------------------------------------------------------------------------------------------

abstract class Model extends Module {
  readonly embedding = new Embedding(V, 6);
  readonly dropout = new Dropout(0.5);
  readonly head = new Linear(6, V);
}

/** Parameters that make some tokens much likelier than others. */
function wild<M extends Module>(model: M): M {
  for (const p of model.parameters()) init.normal(p, { std: 1.5 });
  return model;
}

/** [logits, state], a tensor. */
class OfGRU extends Model {
  readonly gru = new GRU(6, 6, { batchFirst: true });

  override forward(tokens: IntTensor, state?: Tensor): [logits: Tensor, state: Tensor] {
    const [hidden, after] = this.gru.forward(this.embedding.forward(tokens), state);
    return [this.head.forward(this.dropout.forward(hidden)), after];
  }
}

/** { logits, state }, two tensors. */
class OfLSTM extends Model {
  readonly lstm = new LSTM(6, 6, { numLayers: 2, batchFirst: true });

  override forward(tokens: IntTensor, state?: LSTMState): { logits: Tensor; state: LSTMState } {
    const [hidden, after] = this.lstm.forward(this.embedding.forward(tokens), state);
    return { logits: this.head.forward(this.dropout.forward(hidden)), state: after };
  }
}

/** Logits [B, V] of the last token alone, and an object that counts too. */
interface Counted {
  readonly steps: number;
  readonly memory: { readonly cell: LSTMState };
}

class OfCell extends Model {
  readonly cell = new LSTMCell(6, 6);

  override forward(tokens: IntTensor, state?: Counted): { logits: Tensor; state: Counted } {
    let cell = state?.memory.cell;
    for (const x of this.embedding.forward(tokens).unbind(1)) cell = this.cell.forward(x, cell);
    const steps = (state?.steps ?? 0) + tokens.shape[1]!;
    return { logits: this.head.forward(cell![0]), state: { steps, memory: { cell: cell! } } };
  }
}

/** No state: it reads all. */
class OfAll extends Model {
  readonly lstm = new LSTM(6, 6, { batchFirst: true });

  override forward(tokens: IntTensor): Tensor {
    return this.head.forward(this.lstm.forward(this.embedding.forward(tokens))[0]);
  }
}

const models: readonly (readonly [name: string, make: () => TokenModel<unknown>, batchDim: number])[] = [
  ['[logits, h]', () => wild(new OfGRU()) as TokenModel<unknown>, 1],
  ['{ logits, state: [h, c] }', () => wild(new OfLSTM()) as TokenModel<unknown>, 1],
  ['a state in objects, of cells', () => wild(new OfCell()) as TokenModel<unknown>, 0],
  ['logits alone', () => wild(new OfAll()), 1],
];

/** Logits after a prompt whatever came before. */
class Fixed extends Module {
  readonly logits: readonly number[];
  /** How many tokens each call was given. */
  readonly lengths: number[] = [];

  constructor(logits: readonly number[]) {
    super();
    this.logits = logits;
  }

  override forward(tokens: IntTensor): Tensor {
    const [B, T] = tokens.shape as [number, number];
    this.lengths.push(T);
    return tensor([this.logits]).expand([B, this.logits.length]);
  }
}

/** What the model says of the token after a text, which it reads at once. */
function logPs(model: TokenModel<unknown>, text: readonly number[]): number[] {
  model.eval();
  const said = noGrad(() => model.forward(tensor([text], { dtype: 'i32' }), undefined)) as
    | Tensor
    | { logits: Tensor }
    | [Tensor];
  const logits = Array.isArray(said) ? said[0] : 'logits' in said ? said.logits : said;
  return [...(logits.rank === 3 ? logits.select(1, text.length - 1) : logits).logSoftmax(-1).dataSync()];
}

async function text(...given: Parameters<typeof generate>): Promise<number[]> {
  const tokens: number[] = [];
  for await (const token of generate(...given)) tokens.push(token);
  return tokens;
}

// ---- what is drawn --------------------------------------------------------------------------------------------------

describe('filterLogits', () => {
  const logits = tensor([0.1, 0.5, 0.25, 0.15]).log();
  const left = (options: Parameters<typeof filterLogits>[1], of = logits): number[] =>
    [...filterLogits(of, options).softmax(-1).dataSync()].map((p) => Math.round(p * 1e4) / 1e4);

  test('by hand', () => {
    expect(left({})).toEqual([0.1, 0.5, 0.25, 0.15]);
    expect(left({ topK: 2 })).toEqual([0, 0.6667, 0.3333, 0]);
    expect(left({ topK: 99 })).toEqual([0.1, 0.5, 0.25, 0.15]);
    expect(left({ topP: 0.5 })).toEqual([0, 1, 0, 0]); // the fewest that hold half
    expect(left({ topP: 0.51 })).toEqual([0, 0.6667, 0.3333, 0]);
    expect(left({ topP: 0.76 })).toEqual([0, 0.5556, 0.2778, 0.1667]);
    expect(left({ topP: 1e-9 })).toEqual([0, 1, 0, 0]); // one always stays
    expect(left({ temperature: 0.5 })).toEqual([0.029, 0.7246, 0.1812, 0.0652]);
    // 0.6667 of the two likeliest is more than 0.6, though 0.5 of all is not
    expect(left({ topK: 2, topP: 0.6 })).toEqual([0, 1, 0, 0]);
  });

  test('of equals, the first ones stay', () => {
    expect(left({ topK: 2 }, tensor([1, 1, 1, 1]))).toEqual([0.5, 0.5, 0, 0]);
    expect(left({ topP: 0.75 }, tensor([1, 1, 1, 1]))).toEqual([0.3333, 0.3333, 0.3333, 0]);
  });

  const rows = fc.array(fc.array(fc.integer({ min: -40, max: 40 }), { minLength: 6, maxLength: 6 }), {
    minLength: 1,
    maxLength: 3,
  });
  property.prop([rows, fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 99 })])(
    'rows are filtered alone; top-k keeps k; the nucleus is the smallest',
    (given, k, percent) => {
      const x = tensor(given.map((row) => row.map((v) => v / 8)));
      const kept = filterLogits(x, { topK: k }).toArraySync() as number[][];
      for (const row of kept) expect(row.filter((v) => v > -Infinity).length).toBe(k);
      const nuclei = filterLogits(x, { topP: percent / 100 })
        .gt(-Infinity)
        .toArraySync() as boolean[][];
      const probabilities = x.softmax(-1).toArraySync() as number[][];
      for (const [i, nucleus] of nuclei.entries()) {
        const inside = probabilities[i]!.filter((_, v) => nucleus[v]);
        const sum = inside.reduce((a, b) => a + b);
        expect(sum).toBeGreaterThan(percent / 100 - 1e-6);
        expect(sum - Math.min(...inside)).toBeLessThan(percent / 100 + 1e-6);
        const outside = probabilities[i]!.filter((_, v) => !nucleus[v]);
        expect(Math.min(...inside)).toBeGreaterThanOrEqual(Math.max(0, ...outside));
      }
    },
  );

  test('bad input', () => {
    expect(() => filterLogits(logits, { temperature: -1 })).toThrow(
      'filterLogits: expected a temperature of 0 or more; given -1',
    );
    expect(() => filterLogits(logits, { temperature: 0 })).toThrow(
      'filterLogits: a temperature of 0 is the likeliest token alone: logits.argmax({ dim: -1 })',
    );
    expect(() => filterLogits(logits, { topK: 0 })).toThrow('filterLogits: expected topK of 1 or more; given 0');
    expect(() => filterLogits(logits, { topP: 0 })).toThrow('filterLogits: expected topP above 0 and up to 1; given 0');
  });
});

// ---- texts ----------------------------------------------------------------------------------------------------------

describe('generate', () => {
  test.each(models)('a temperature of 0 takes the likeliest token after all that was written: %s', async (_, make) => {
    const model = make();
    const written = await text(model, [1, 2], { maxNewTokens: 8, temperature: 0 });
    const expected: number[] = [];
    for (let n = 0; n < 8; n++) {
      const next = logPs(model, [1, 2, ...expected]);
      expected.push(next.indexOf(Math.max(...next)));
    }
    expect(written).toEqual(expected);
    expect(written.length).toBe(8);
  });

  test.each(models)('draws what one draws by hand from the same generator: %s', async (_, make) => {
    const model = make();
    const options = { temperature: 0.7, topK: 3, topP: 0.95 };
    const written = await text(model, [0], { maxNewTokens: 12, ...options, generator: new Generator(9) });
    const generator = new Generator(9);
    const expected: number[] = [];
    for (let n = 0; n < 12; n++) {
      const logits = tensor([logPs(model, [0, ...expected])]);
      expected.push(multinomial(filterLogits(logits, options).softmax(-1), 1, { generator }).itemSync());
    }
    expect(written).toEqual(expected);
  });

  test('one seed writes one text, on every device; without a generator it is the default one', async () => {
    const model = wild(new OfLSTM());
    const write = (seed: number): Promise<number[]> =>
      text(model as TokenModel<unknown>, [3], { maxNewTokens: 40, generator: new Generator(seed) });
    const texts: number[][] = [];
    for (const device of devices) {
      await model.to({ device }); // not the current one: tokens go to where the model is
      texts.push(await write(1), await write(1));
    }
    expect(new Set(texts.map(String)).size).toBe(1);
    expect(await write(2)).not.toEqual(texts[0]);

    manualSeed(1);
    expect(await text(model as TokenModel<unknown>, [3], { maxNewTokens: 40 })).toEqual(texts[0]);
    const { state } = defaultGenerator;
    await write(3);
    await text(model as TokenModel<unknown>, [3], { maxNewTokens: 5, temperature: 0 });
    expect(defaultGenerator.state).toEqual(state);
  });

  test('ends before a stop token, and at maxNewTokens', async () => {
    const model = new Fixed([0, 0, 0, 3]);
    const options = { maxNewTokens: 50, generator: new Generator(1) };
    const whole = await text(model, [0], options);
    const stopped = await text(model, [0], { ...options, stopTokens: [1, 2], generator: new Generator(1) });
    expect(stopped).toEqual(
      whole.slice(
        0,
        whole.findIndex((token) => token === 1 || token === 2),
      ),
    );
    expect(whole.length).toBe(50);
    expect(await text(model, [0], { maxNewTokens: 0 })).toEqual([]);
  });

  test('a token is there before the next one is computed, and nothing is computed that nobody asks for', async () => {
    const model = new Fixed([0, 1]);
    for await (const token of generate(model, [0], { maxNewTokens: Infinity, temperature: 0 })) {
      expect(token).toBe(1);
      if (model.lengths.length === 3) break;
    }
    expect(model.lengths.length).toBe(3);
  });

  test('a model with a state reads each token once; one without reads all, or the last ones', async () => {
    const [all, last] = [new Fixed([0, 1]), new Fixed([0, 1])];
    await text(all, [0, 0], { maxNewTokens: 3 });
    await text(last, [0, 0], { maxNewTokens: 3, contextLength: 3 });
    expect([all.lengths, last.lengths]).toEqual([
      [2, 3, 4],
      [2, 3, 3],
    ]);
    const model = wild(new OfCell());
    const steps: number[] = [];
    const forward = model.forward.bind(model);
    model.forward = (tokens, state) => {
      steps.push(tokens.shape[1]!);
      return forward(tokens, state);
    };
    await text(model as TokenModel<unknown>, [0, 1, 2], { maxNewTokens: 3 });
    expect(steps).toEqual([3, 1, 1]);
  });

  test('the penalty lowers what came before, in the prompt too: positive logits are divided, others multiplied', async () => {
    const greedy = (logits: number[], prompt: number[], repetitionPenalty: number): Promise<number[]> =>
      text(new Fixed(logits), prompt, { maxNewTokens: 3, temperature: 0, repetitionPenalty });
    expect(await greedy([4, 3, 1], [2], 1)).toEqual([0, 0, 0]);
    expect(await greedy([4, 3, 1], [2], 1.5)).toEqual([0, 1, 0]); // 4, then 2.67 < 3, then 2.67 > 2
    expect(await greedy([4, 3, 1], [0], 1.5)).toEqual([1, 0, 0]);
    expect(await greedy([-1, -1.5, -9], [0], 2)).toEqual([1, 0, 0]); // -2 < -1.5, then -2 > -3
  });

  test('nothing is dropped and nothing recorded; each module has its own mode back, also while it writes', async () => {
    const model = wild(new OfGRU());
    model.train();
    model.embedding.eval();
    const sure = (): Promise<number[]> => text(model as TokenModel<unknown>, [0], { maxNewTokens: 6, temperature: 0 });
    expect(await sure()).toEqual(await sure());
    for await (const _ of generate(model as TokenModel<unknown>, [0], { maxNewTokens: 3 }))
      expect([model.training, model.embedding.training, model.dropout.training]).toEqual([true, false, true]);
    model.forward = () => {
      throw new Error('of the model');
    };
    await expect(sure()).rejects.toThrow('of the model');
    expect([model.training, model.embedding.training]).toEqual([true, false]);
  });

  test('a state may be made of parts of the one before', async () => {
    class Swaps extends Module {
      override forward(_: IntTensor, state?: readonly [Tensor, Tensor]): [Tensor, [Tensor, Tensor]] {
        const [a, b] = state ?? [tensor([[0, 1]]), tensor([[1, 0]])];
        return [a, [b, a]];
      }
    }
    expect(await text(new Swaps() as TokenModel<unknown>, [0], { maxNewTokens: 6, temperature: 0 })).toEqual([
      1, 0, 1, 0, 1, 0,
    ]);
  });

  test.each([
    ['cpu', 2_000],
    ['wasm', 10_000],
  ] as const)('on %s, memory does not grow over %d tokens', async (device, tokens) => {
    await setDevice(device);
    const inUse: number[] = [];
    let n = 0;
    for await (const _ of generate(new Remembers(device), [0], { maxNewTokens: tokens, temperature: 0 })) {
      if (++n === 100 || n === tokens) inUse.push(deviceInfo(device).memory.bytesInUse);
    }
    expect(n).toBe(tokens);
    expect(inUse[0]).toBe(inUse[1]);
  });

  test('bad input: options at once, all else when a token is asked for', async () => {
    const model = new Fixed([0, 1]);
    const options = { maxNewTokens: 1 };
    expect(() => generate(model, [], options)).toThrow(
      'generate: expected a prompt of one token or more: a model needs something to go on from',
    );
    expect(() => generate(model, 'a text' as never, options)).toThrow(
      'generate: expected a prompt of token ids; given a at 0',
    );
    expect(() => generate(model, [0], {} as never)).toThrow(
      'generate: expected maxNewTokens of 0 or more; given undefined',
    );
    expect(() => generate(model, [0], { ...options, topP: 2 })).toThrow(
      'generate: expected topP above 0 and up to 1; given 2',
    );
    expect(() => generate(model, [0], { ...options, repetitionPenalty: 0 })).toThrow(
      'generate: expected a repetitionPenalty above 0; given 0',
    );
    expect(() => generate(model, [0], { ...options, contextLength: 0.5 })).toThrow(
      'generate: expected contextLength of 1 or more; given 0.5',
    );
    model.forward = () => randn([1, 7, 2]);
    await expect(text(model, [0], options)).rejects.toThrow(
      'generate: of tokens [1, 1], expected logits [1, 1, V], or [1, V] of the last token; the model gave [1, 7, 2]',
    );
    model.forward = () => undefined as never;
    await expect(text(model, [0], options)).rejects.toThrow(
      "generate: expected the model's forward to return logits, [logits, state] or { logits, state }; it returned neither",
    );
  });

  test.each(devices)('on %s, logits that are no distribution are an error', async (device) => {
    await setDevice(device);
    for (const logits of [
      [1, NaN],
      [1, Infinity],
      [-Infinity, -Infinity],
    ]) {
      const said =
        "the model's logits are NaN, Infinity, or -Infinity for all tokens: it has diverged, or was not loaded";
      for (const temperature of [0, 1]) {
        const written = text(new Fixed(logits), [0], { maxNewTokens: 1, temperature });
        await expect(written).rejects.toThrow(`generate: ${said}`);
      }
      const beams = beamSearch(new Fixed(logits), [0], { width: 2, maxNewTokens: 1 });
      await expect(beams).rejects.toThrow(`beamSearch: ${said}`);
    }
    expect(await text(new Fixed([-Infinity, 1]), [0], { maxNewTokens: 2 })).toEqual([1, 1]); // one that is masked out
  });
});

/** A state above the 4 KiB from which memory is pooled. */
class Remembers extends Module {
  readonly device: DeviceName;

  constructor(device: DeviceName) {
    super();
    this.device = device;
  }

  override forward(_: IntTensor, state: Tensor = randn([1, 1, 1500], { device: this.device })): [Tensor, Tensor] {
    const after = state.mul(0.5).add(1);
    return [after.narrow(2, 0, V), after];
  }
}

// ---- beams ----------------------------------------------------------------------------------------------------------

describe('beamSearch', () => {
  /** Every text of up to n tokens: those that `stop` ends, and those of n tokens. */
  function all(model: TokenModel<unknown>, prompt: number[], n: number, stop: number, alpha: number): Beam[] {
    const found: Beam[] = [];
    const add = (tokens: number[], logProbability: number, stopped: boolean): void => {
      const score = logProbability / ((5 + tokens.length + Number(stopped)) / 6) ** alpha;
      found.push({ tokens: Int32Array.from(tokens), logProbability, score, stopped });
    };
    const follow = (tokens: number[], sum: number): void => {
      if (tokens.length === n) add(tokens, sum, false);
      else
        for (const [token, logP] of logPs(model, [...prompt, ...tokens]).entries()) {
          if (token === stop) add(tokens, sum + logP, true);
          else follow([...tokens, token], sum + logP);
        }
    };
    follow([], 0);
    return found.sort((a, b) => b.score - a.score);
  }

  const rounded = ({ tokens, logProbability, score, stopped }: Beam): unknown => ({
    tokens: [...tokens],
    logProbability: logProbability.toFixed(4),
    score: score.toFixed(4),
    stopped,
  });

  test.each(models)('as wide as there are texts, it finds them all in their order: %s', async (_, make, batchDim) => {
    const model = make();
    for (const lengthPenalty of [0, 0.8]) {
      const options = { width: 64, maxNewTokens: 3, stopTokens: [2], lengthPenalty, batchDim };
      const found = await beamSearch(model, [1, 0], options);
      expect(found.map(rounded)).toEqual(all(model, [1, 0], 3, 2, lengthPenalty).map(rounded));
      expect(found.length).toBe(1 + 3 + 9 + 27);
    }
  });

  test.each(models)(
    'narrow, each beam keeps its own state: probabilities are those of its text: %s',
    async (_, make, batchDim) => {
      const model = make();
      const beams = await beamSearch(model, [3], { width: 3, maxNewTokens: 7, stopTokens: [0], batchDim });
      expect(beams.length).toBe(3);
      for (const { tokens, logProbability, stopped } of beams) {
        const ids = stopped ? [...tokens, 0] : [...tokens];
        const sum = ids.reduce((sum, token, i) => sum + logPs(model, [3, ...ids.slice(0, i)])[token]!, 0);
        expect(logProbability).toBeCloseTo(sum, 4);
      }
      expect(beams.map(({ score }) => score)).toEqual(beams.map(({ score }) => score).sort((a, b) => b - a));
    },
  );

  test('of width 1 it is greedy', async () => {
    for (let seed = 0; seed < 10; seed++) {
      manualSeed(seed);
      const model = wild(new OfGRU()) as TokenModel<unknown>;
      const [beam] = await beamSearch(model, [0], { width: 1, maxNewTokens: 6, stopTokens: [1] });
      expect([...beam!.tokens]).toEqual(await text(model, [0], { maxNewTokens: 6, stopTokens: [1], temperature: 0 }));
    }
  });

  /** The probabilities of what follows 0, 1 and 2; 0 ends a text. */
  class Follows extends Module {
    readonly next: Tensor;

    constructor(rows: number[][]) {
      super();
      this.next = tensor(rows).log();
    }

    override forward(tokens: IntTensor): Tensor {
      return this.next.indexSelect(0, tokens.select(1, -1));
    }
  }
  const best = async (rows: number[][], options: Partial<BeamOptions>): Promise<[text: string, stopped: boolean][]> => {
    const all = { width: 1, maxNewTokens: 4, stopTokens: [0], ...options };
    const beams = await beamSearch(new Follows(rows), [0], all);
    return beams.map(({ tokens, stopped }) => [tokens.join(' '), stopped]);
  };

  test('without a penalty a short text wins; with one, a longer', async () => {
    const rows = [
      [0.5, 0.5, 0],
      [0.8, 0.1, 0.1],
      [1, 0, 0],
    ];
    // log 0.5 = -0.69, log 0.4 = -0.92; with a penalty -0.69 and -0.92 / (7 / 6)^3 = -0.58
    expect((await best(rows, { width: 3 }))[0]).toEqual(['', true]);
    expect((await best(rows, { width: 3, lengthPenalty: 3 }))[0]).toEqual(['1', true]);
  });

  test('an end that is less likely than all that live on is none', async () => {
    const rows = [
      [0.4, 0.6, 0],
      [0.4, 0.6, 0],
      [1, 0, 0],
    ];
    expect(await best(rows, { maxNewTokens: 3 })).toEqual([['1 1 1', false]]); // 0.22, though ending at once has 0.4
  });

  test('where the likeliest continuation ends a text, others live on in its place', async () => {
    const rows = [
      [0.4, 0.35, 0.25],
      [0.34, 0.33, 0.33],
      [0, 0, 1],
    ];
    expect(await best(rows, { width: 2, maxNewTokens: 2 })).toEqual([
      ['', true], // 0.4
      ['2 2', false], // 0.25; the best that starts with 1 has 0.12
    ]);
  });

  test('it goes on as long as a longer text may have a better score', async () => {
    const rows = [
      [0.5, 0.4, 0.1],
      [0, 1, 0],
      [1, 0, 0],
    ];
    // log 0.5 = -0.69; log 0.4 = -0.92 is worse, but over (9 / 6)^3 it is -0.27
    expect(await best(rows, { lengthPenalty: 3 })).toEqual([['1 1 1 1', false]]);
  });

  test('it ends as soon as no live text can become better', async () => {
    const model = new Fixed([9, 0]);
    const [best] = await beamSearch(model, [1], { width: 1, maxNewTokens: 50, stopTokens: [0] });
    expect([best!.tokens.length, best!.stopped, model.lengths.length]).toEqual([0, true, 1]);
  });

  test.each(devices)('on %s it finds the same texts', async (device) => {
    const model = wild(new OfLSTM());
    const search = (): Promise<Beam[]> =>
      beamSearch(model as TokenModel<unknown>, [0], { width: 4, maxNewTokens: 6, lengthPenalty: 0.6 });
    const expected = await search();
    await model.to({ device });
    expect((await search()).map(({ tokens }) => [...tokens])).toEqual(expected.map(({ tokens }) => [...tokens]));
  });

  test('bad input', async () => {
    const model = wild(new OfCell()) as TokenModel<unknown>;
    const options = { width: 2, maxNewTokens: 3 };
    await expect(beamSearch(model, [0], options)).rejects.toThrow(
      "beamSearch: expected the 1 texts in dimension 1 of the state's tensors; given [1, 6]: pass { batchDim } if they are elsewhere",
    );
    await expect(beamSearch(model, [0], { ...options, width: 0 })).rejects.toThrow(
      'beamSearch: expected width of 1 or more; given 0',
    );
    await expect(beamSearch(model, [0], { ...options, maxNewTokens: Infinity })).rejects.toThrow(
      'beamSearch: expected a finite maxNewTokens: the search needs an end',
    );
    await expect(beamSearch(model, [0], { ...options, lengthPenalty: -1 })).rejects.toThrow(
      'beamSearch: expected a lengthPenalty of 0 or more; given -1',
    );
    await expect(beamSearch(model, [], options)).rejects.toThrow('beamSearch: expected a prompt of one token or more');
    const remembers = new Fixed([0, 1]);
    remembers.forward = () => [tensor([[0, 1]]), new Date()] as never;
    await expect(beamSearch(remembers, [0], options)).rejects.toThrow(
      'beamSearch: expected a state of tensors, in arrays and plain objects; given a Date',
    );
  });
});
