/** Modules: what they find in their fields, the keys of their state, moving, freezing and printing. */

import { type AnyTensor, assign, DTypeError, ones, Parameter, scope, type Tensor, tensor, zeros } from '@tapegrad/core';
import * as nn from '@tapegrad/nn';
import { Linear, LSTM, Module, StateDictError } from '@tapegrad/nn';
import { describe, expect, test } from 'vitest';

class Leaf extends Module {
  readonly weight: Parameter;

  constructor(value = 0) {
    super();
    this.weight = new Parameter(tensor([value, value]));
  }

  forward(x: Tensor): Tensor {
    return x.mul(this.weight);
  }
}

/** One of each place where members are found. */
class Zoo extends Module {
  readonly selfAttention = new Leaf(1);
  readonly layers = [new Leaf(2), new Leaf(3)];
  readonly byName = new Map([['left', new Leaf(4)]]);
  readonly heads = { mainHead: new Leaf(5), nested: [new Parameter(tensor([6]))] };
  readonly W = new Parameter(tensor([7]));
  readonly notState = tensor([8]);
  readonly table = tensor([9]);
  readonly empty: Leaf | undefined = undefined;
  readonly #hidden = new Leaf(10);

  constructor() {
    super();
    this.registerBuffer('running_mean', tensor([11]));
    this.registerBuffer('count', tensor([12], { dtype: 'i32' }), { persistent: false });
    this.registerParameter('weight_ih_l0', new Parameter(tensor([13])));
    this.registerModule('0', new Leaf(14));
  }

  forward(): Leaf {
    return this.#hidden;
  }
}

const zooKeys = [
  'heads.nested.0',
  'W',
  'weight_ih_l0',
  'running_mean',
  'self_attention.weight',
  'layers.0.weight',
  'layers.1.weight',
  'by_name.left.weight',
  'heads.mainHead.weight',
  '0.weight',
];

describe('what a module finds', () => {
  test('parameters and modules in fields, arrays, maps, plain objects, and what is registered', () => {
    expect([...new Zoo().stateDict().keys()]).toEqual(zooKeys);
  });

  test('children are those directly below, modules are all and itself', () => {
    const zoo = new Zoo();
    expect(zoo.namedChildren().map(([name]) => name)).toEqual([
      'self_attention',
      'layers.0',
      'layers.1',
      'by_name.left',
      'heads.mainHead',
      '0',
    ]);
    expect(zoo.modules()).toEqual([zoo, ...zoo.children()]);
    expect(zoo.namedModules()[0]).toEqual(['', zoo]);
  });

  test('buffers, also those that are not persistent', () => {
    expect(new Zoo().namedBuffers().map(([name, x]) => [name, x.toArraySync()])).toEqual([
      ['running_mean', [11]],
      ['count', [12]],
    ]);
  });

  test('recurse: false leaves out what is below', () => {
    expect(new Zoo().namedParameters({ recurse: false }).map(([name]) => name)).toEqual([
      'heads.nested.0',
      'W',
      'weight_ih_l0',
    ]);
  });

  test('a shared parameter comes once among parameters and under each key of the state dict', () => {
    const tied = new nn.Sequential(new Linear(2, 2), new Linear(2, 2, { bias: false }));
    (tied.at(1) as Linear).weight = (tied.at(0) as Linear).weight;
    expect(tied.parameters().length).toBe(2);
    expect([...tied.stateDict().keys()]).toEqual(['0.weight', '0.bias', '1.weight']);
  });

  test('a shared module comes once among modules and under each key', () => {
    const leaf = new Leaf();
    const model = new nn.Sequential(leaf as never, leaf as never);
    expect(model.modules()).toEqual([model, leaf]);
    expect([...model.stateDict().keys()]).toEqual(['0.weight', '1.weight']);
  });

  test('a module that holds its parent ends', () => {
    const [parent, child] = [new Leaf(), new Leaf()];
    Object.assign(parent, { child });
    Object.assign(child, { parent });
    expect([...parent.stateDict().keys()]).toEqual(['weight', 'child.weight']);
  });

  test('two fields with one key are refused', () => {
    const leaf = new Leaf();
    Object.assign(leaf, { someThing: new Leaf(), some_thing: new Leaf() });
    expect(() => leaf.stateDict()).toThrow('stateDict: two tensors have the key some_thing.weight');
  });

  test('names that cannot be registered', () => {
    class Bad extends Leaf {
      add(name: string): void {
        this.registerBuffer(name, tensor([1]));
      }
    }
    const bad = new Bad();
    bad.add('once');
    for (const name of ['', 'a.b', 'once']) expect(() => bad.add(name)).toThrow(`given '${name}'`);
  });

  test('getParameter takes a key, and lists the keys where there is none', () => {
    const lstm = new LSTM(2, 3, { bias: false });
    expect(lstm.getParameter('weight_hh_l0').shape).toEqual([12, 3]);
    expect(() => lstm.getParameter('weight')).toThrow('there is no weight; there are weight_ih_l0, weight_hh_l0');
  });

  test('parameters that are made inside of a block outlive it', () => {
    const made: Leaf[] = [];
    scope(() => {
      made.push(new Leaf(3));
    });
    expect(made[0]!.weight.toArraySync()).toEqual([3, 3]);
  });
});

describe('keys are those of PyTorch', () => {
  test.each<[string, Module, string[]]>([
    ['Linear', new Linear(2, 3), ['weight', 'bias']],
    ['Embedding', new nn.Embedding(2, 3), ['weight']],
    ['LayerNorm', new nn.LayerNorm(3), ['weight', 'bias']],
    ['LSTMCell', new nn.LSTMCell(2, 3), ['weight_ih', 'weight_hh', 'bias_ih', 'bias_hh']],
    ['LSTM', new LSTM(2, 3), ['weight_ih_l0', 'weight_hh_l0', 'bias_ih_l0', 'bias_hh_l0']],
    [
      'bidirectional LSTM of 2 layers',
      new LSTM(2, 3, { numLayers: 2, bidirectional: true, bias: false }),
      [
        'weight_ih_l0',
        'weight_hh_l0',
        'weight_ih_l0_reverse',
        'weight_hh_l0_reverse',
        'weight_ih_l1',
        'weight_hh_l1',
        'weight_ih_l1_reverse',
        'weight_hh_l1_reverse',
      ],
    ],
    ['CrossEntropyLoss', new nn.CrossEntropyLoss({ weight: tensor([1, 2]) }), ['weight']],
    ['BCEWithLogitsLoss', new nn.BCEWithLogitsLoss({ posWeight: tensor([2]) }), ['pos_weight']],
  ])('%s', (_, module, keys) => {
    expect([...module.stateDict().keys()]).toEqual(keys);
  });
});

describe('state dicts', () => {
  test('a round trip restores every value', () => {
    const [a, b] = [new Zoo(), new Zoo()];
    for (const p of a.parameters()) nn.init.uniform(p);
    expect(b.loadStateDict(a.stateDict())).toEqual({ missingKeys: [], unexpectedKeys: [] });
    expect(valuesOf(b.stateDict())).toEqual(valuesOf(a.stateDict()));
  });

  test('they are snapshots', () => {
    const leaf = new Leaf(1);
    const state = leaf.stateDict();
    assign(leaf.weight, tensor([5, 5]));
    expect(state.get('weight')!.toArraySync()).toEqual([1, 1]);
  });

  test('values take the dtype of the module', () => {
    const leaf = new Leaf();
    leaf.loadStateDict(new Map([['weight', tensor(Float64Array.of(0.5, 2), { device: 'cpu' })]]));
    expect([leaf.weight.dtype, leaf.weight.toArraySync()]).toEqual(['f32', [0.5, 2]]);
  });

  test('one error names all keys that are missing, unexpected or of another shape, and nothing is overwritten', () => {
    const model = new nn.Sequential(new Linear(2, 3), new Linear(3, 1));
    const before = valuesOf(model.stateDict());
    const given = new Map<string, AnyTensor>([
      ['0.weight', ones([3, 2])],
      ['0.bias', ones([4])],
      ['1.weight', ones([3])],
      ['head.weight', ones([1])],
      ['head.bias', ones([1])],
    ]);
    const error = thrownBy(() => model.loadStateDict(given));
    expect(error).toBeInstanceOf(StateDictError);
    expect(error.message).toBe(`loadStateDict: the state dict does not fit the module, and nothing was loaded:
  missing: 1.bias
  unexpected: head.weight, head.bias
  of another shape: 0.bias: [4] in the state dict, [3] in the module
  of another shape: 1.weight: [3] in the state dict, [1, 3] in the module`);
    expect(error).toMatchObject({
      missingKeys: ['1.bias'],
      unexpectedKeys: ['head.weight', 'head.bias'],
      misshapenKeys: ['0.bias', '1.weight'],
    });
    expect(valuesOf(model.stateDict())).toEqual(before);
  });

  test('strict: false loads what both have, and says what they do not', () => {
    const layer = new Linear(1, 1);
    const result = layer.loadStateDict(new Map([...pair('weight', 2), ...pair('other', 3)]), { strict: false });
    expect(result).toEqual({ missingKeys: ['bias'], unexpectedKeys: ['other'] });
    expect(layer.weight.toArraySync()).toEqual([[2]]);
  });

  test('strict: false still refuses other shapes, as PyTorch does', () => {
    const layer = new Linear(1, 1);
    expect(() => layer.loadStateDict(new Map([['weight', ones([2])]]), { strict: false })).toThrow(StateDictError);
  });

  test('strict errors that leaving keys out would cure say so', () => {
    expect(() => new Linear(1, 1).loadStateDict(new Map())).toThrow(
      'Pass { strict: false } to load the keys that both have.',
    );
  });

  test('an object in place of a map', () => {
    expect(() => new Linear(1, 1).loadStateDict({} as never)).toThrow('new Map(Object.entries(it))');
  });

  test('a backward pass through what was loaded over is refused', () => {
    const leaf = new Leaf(1);
    const loss = leaf
      .forward(tensor([1, 2]))
      .square()
      .sum();
    leaf.loadStateDict(leaf.stateDict());
    expect(() => loss.backward()).toThrow('changed');
  });
});

describe('modes and gradients', () => {
  test('train and eval reach every module', () => {
    const zoo = new Zoo();
    expect(zoo.eval()).toBe(zoo);
    expect(zoo.modules().map((m) => m.training)).toEqual(new Array(7).fill(false));
    expect(
      zoo
        .train()
        .modules()
        .every((m) => m.training),
    ).toBe(true);
  });

  test('apply visits children first', () => {
    const names: string[] = [];
    new nn.Sequential(new Linear(1, 1), new nn.ReLU()).apply((m) => names.push(m.constructor.name));
    expect(names.at(-1)).toBe('Sequential');
    expect(new Set(names)).toEqual(new Set(['Linear', 'ReLU', 'Sequential']));
  });

  test('zeroGrad empties, freeze stops and unfreeze resumes', () => {
    const leaf = new Leaf(1);
    const step = (): void =>
      leaf
        .forward(tensor([1, 2], { requiresGrad: true }))
        .sum()
        .backward();
    step();
    expect(leaf.weight.grad!.toArraySync()).toEqual([1, 2]);
    leaf.zeroGrad();
    expect(leaf.weight.grad).toBeNull();
    step();
    leaf.freeze();
    expect([leaf.weight.requiresGrad, leaf.weight.grad]).toEqual([false, null]);
    step();
    expect(leaf.weight.grad).toBeNull();
    leaf.unfreeze();
    step();
    expect(leaf.weight.grad).not.toBeNull();
  });
});

describe('to', () => {
  test('changes the dtype of floats, keeps the objects and the integers, and drops gradients', async () => {
    const zoo = new Zoo();
    const before = [...zoo.parameters(), ...zoo.buffers()];
    zoo.W.sum().backward();
    expect(await zoo.to({ device: 'cpu', dtype: 'f64' })).toBe(zoo);
    expect([...zoo.parameters(), ...zoo.buffers()]).toEqual(before);
    expect(zoo.parameters().every((p) => p.dtype === 'f64')).toBe(true);
    expect(zoo.buffers().map((b) => b.dtype)).toEqual(['f64', 'i32']);
    expect(zoo.W.grad).toBeNull();
    expect(zoo.W.toArraySync()).toEqual([7]);
  });

  test('a weight of a loss moves too', async () => {
    const loss = await new nn.CrossEntropyLoss({ weight: tensor([1, 2]) }).to({ device: 'cpu', dtype: 'f64' });
    const logits = zeros([1, 2], { device: 'cpu', dtype: 'f64' });
    const nats = loss.forward(logits, tensor([1], { device: 'cpu', dtype: 'i32' }));
    expect(nats.dtype).toBe('f64');
  });

  test('an unknown device changes nothing', async () => {
    const leaf = new Leaf(1);
    await expect(leaf.to({ device: 'tpu' as never, dtype: 'f64' })).rejects.toThrow("device 'tpu'");
    expect(leaf.weight.dtype).toBe('f32');
  });

  test('a layer is made where it is asked for', () => {
    const layer = new LSTM(2, 3, { dtype: 'f64', device: 'cpu' });
    expect(layer.parameters().every((p) => p.dtype === 'f64')).toBe(true);
    expect(() => new Linear(1, 1, { dtype: 'i32' as never })).toThrow(DTypeError);
  });
});

describe('text', () => {
  class Model extends Module {
    readonly embedding = new nn.Embedding(65, 16, { paddingIdx: 0 });
    readonly lstm = new LSTM(16, 32, { numLayers: 2, batchFirst: true, dropout: 0.1 });
    readonly head = new nn.Sequential(new nn.Dropout(0.5), new Linear(32, 65, { bias: false }), new nn.Softmax(-1));
    forward(): void {}
  }

  test('toString is the tree that PyTorch prints', () => {
    expect(String(new Model())).toBe(`Model(
  (embedding): Embedding(65, 16, paddingIdx=0)
  (lstm): LSTM(16, 32, numLayers=2, batchFirst=true, dropout=0.1)
  (head): Sequential(
    (0): Dropout(p=0.5)
    (1): Linear(inFeatures=32, outFeatures=65, bias=false)
    (2): Softmax(dim=-1)
  )
)`);
  });

  test('summary is a table of all parameters', () => {
    const model = new nn.Sequential(new Linear(300, 10), new nn.ReLU(), new nn.LayerNorm(10)) as nn.Sequential;
    model.at(0)!.freeze();
    expect(model.summary()).toBe(
      [
        'name      type       shape             parameters   bytes',
        '---------------------------------------------------------',
        '0.weight  Linear     [10, 300] frozen       3,000  12,000',
        '0.bias    Linear     [10] frozen               10      40',
        '1         ReLU                                  0       0',
        '2.weight  LayerNorm  [10]                      10      40',
        '2.bias    LayerNorm  [10]                      10      40',
        '---------------------------------------------------------',
        'total                20 trained             3,030  12,120',
      ].join('\n'),
    );
  });

  test('buffers take memory but are no parameters', () => {
    expect(new nn.CrossEntropyLoss({ weight: tensor([1, 2]) }).summary()).toContain(
      'weight  CrossEntropyLoss  [2] buffer                  8',
    );
  });
});

test('PyTorch counts as many parameters in this language model', () => {
  const model = [new nn.Embedding(10_000, 128), new LSTM(128, 256), new Linear(256, 10_000)];
  const count = model.flatMap((m) => m.parameters()).reduce((sum, p) => sum + p.size, 0);
  expect(count).toBe(1_280_000 + 4 * 256 * (128 + 256 + 2) + 2_570_000);
});

function valuesOf(state: ReadonlyMap<string, AnyTensor>): unknown[] {
  return [...state].map(([key, x]) => [key, x.toArraySync()]);
}

function pair(key: string, value: number): Map<string, AnyTensor> {
  return new Map([[key, tensor([[value]])]]);
}

function thrownBy(fn: () => void): Error {
  try {
    fn();
  } catch (error) {
    return error as Error;
  }
  throw new Error('nothing was thrown');
}
