// jax-js on webgpu: jit of the loss with its gradients, and of Adam; the time loop is unrolled in the trace. An array is
// consumed by what it enters; `.ref` keeps it. Indexing has no gradient under jit, so the embedding is a product with a
// one-hot matrix, and the loss picks its targets by a mask.
import { blockUntilReady, defaultDevice, init, jit, nn, numpy as np, tree, valueAndGrad } from '@jax-js/jax';
import { fixedBatch, startingWeights } from '../problem.ts';
import { BATCH, CLASSES, HIDDEN, INPUTS, mlpBatch, mlpWeights } from './mlp.ts';

export const jaxJs = {
  async start(sizes) {
    const devices = await init('webgpu');
    if (!devices.includes('webgpu')) throw new Error(`jax-js found the devices ${devices.join(', ')}`);
    defaultDevice('webgpu');
    const { lossOf, parameters, x, y } = sizes ? languageModel(sizes) : mlp();
    const lossAndGrad = jit(valueAndGrad(lossOf));
    const update = jit(adam);
    const zeros = () => tree.map((w) => np.zeros(w.shape), parameters);
    let [p, m, v] = [parameters, zeros(), zeros()];
    let t = 0;
    return async () => {
      t++;
      const [loss, grads] = lossAndGrad(tree.ref(p), x.ref, y.ref);
      [p, m, v] = update(p, m, v, grads, np.array(1 / (1 - 0.9 ** t)), np.array(1 / (1 - 0.999 ** t)));
      await blockUntilReady([p, m, v]);
      return loss.jsAsync();
    };
  },
};

const matrix = (values, ...shape) => np.array(values).reshape(shape);
const integers = (values) => np.array(values, { dtype: np.int32 });

// The last two: 1 / (1 - beta^t), passed in so that the trace does not change.
function adam(p, m, v, g, fix1, fix2) {
  const m1 = tree.map((m, g) => m.mul(0.9).add(g.mul(0.1)), m, tree.ref(g));
  const v1 = tree.map((v, g) => v.mul(0.999).add(g.ref.mul(g).mul(0.001)), v, g);
  const step = (p, m, v) =>
    p.sub(
      m
        .mul(fix1.ref)
        .div(np.sqrt(v.mul(fix2.ref)).add(1e-8))
        .mul(1e-3),
    );
  const p1 = tree.map(step, p, tree.ref(m1), tree.ref(v1));
  tree.dispose([fix1, fix2]);
  return [p1, m1, v1];
}

function crossEntropy(logits, targets, classes, rows) {
  const isTarget = targets.reshape([-1, 1]).equal(np.arange(classes).astype(np.int32));
  return np
    .where(isTarget, nn.logSoftmax(logits), 0)
    .sum()
    .mul(-1 / rows);
}

function mlp() {
  const weights = mlpWeights();
  const batch = mlpBatch();
  return {
    parameters: {
      w1: matrix(weights.hidden, INPUTS, HIDDEN),
      b1: np.array(weights.hiddenBias),
      w2: matrix(weights.output, HIDDEN, CLASSES),
      b2: np.array(weights.outputBias),
    },
    x: matrix(batch.inputs, BATCH, INPUTS),
    y: integers(batch.targets),
    lossOf: (p, x, y) => crossEntropy(np.dot(nn.relu(np.dot(x, p.w1).add(p.b1)), p.w2).add(p.b2), y, CLASSES, BATCH),
  };
}

function languageModel(sizes) {
  const { vocab: V, embedding: D, hidden: H, batch: B, time: T } = sizes;
  const weights = startingWeights(sizes);
  const batch = fixedBatch(sizes);
  return {
    parameters: {
      embedding: matrix(weights.embedding, V, D),
      wx: matrix(weights.inputToGates, D, 4 * H),
      wh: matrix(weights.hiddenToGates, H, 4 * H),
      bx: np.array(weights.biases[0]),
      bh: np.array(weights.biases[1]),
      wo: matrix(weights.head, H, V),
      bo: np.array(weights.headBias),
    },
    x: integers(batch.inputs),
    y: integers(batch.targets),
    lossOf(p, x, y) {
      const embedded = np.dot(nn.oneHot(x, V), p.embedding);
      const gates = np
        .dot(embedded, p.wx)
        .add(p.bx)
        .add(p.bh)
        .reshape([T, B, 4 * H]);
      let [h, c] = [np.zeros([B, H]), np.zeros([B, H])];
      const outputs = Array.from({ length: T }, (_, t) => {
        const [i, f, g, o] = np.split(gates.ref.slice(t).add(np.dot(h, p.wh.ref)), 4, -1);
        c = nn
          .sigmoid(f)
          .mul(c)
          .add(nn.sigmoid(i).mul(np.tanh(g)));
        h = nn.sigmoid(o).mul(np.tanh(c.ref));
        return h.ref;
      });
      tree.dispose([h, c, gates, p.wh]);
      return crossEntropy(np.dot(np.concatenate(outputs, 0), p.wo).add(p.bo), y, V, T * B);
    },
  };
}
