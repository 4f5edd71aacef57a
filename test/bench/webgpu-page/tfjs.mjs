// TensorFlow.js on its webgpu backend: an LSTM written in its ops, whose input projection is one product for all time steps.
import '@tensorflow/tfjs-backend-webgpu';
import '@tensorflow/tfjs-core/dist/register_all_gradients.js';
import * as tf from '@tensorflow/tfjs-core';
import { fixedBatch, startingWeights } from '../problem.ts';
import { BATCH, CLASSES, HIDDEN, INPUTS, mlpBatch, mlpWeights } from './mlp.ts';

export const tfjs = {
  async start(sizes) {
    await tf.setBackend('webgpu');
    await tf.ready();
    if (tf.getBackend() !== 'webgpu') throw new Error(`TensorFlow.js took its backend ${tf.getBackend()}`);
    const forward = sizes ? languageModel(sizes) : mlp();
    const adam = tf.train.adam(1e-3, 0.9, 0.999, 1e-8);
    return async () => {
      const { value, grads } = tf.variableGrads(forward);
      adam.applyGradients(grads);
      const [loss] = await value.data();
      tf.dispose([value, grads]);
      return loss;
    };
  },
};

const variable = (values, ...shape) => tf.variable(tf.tensor(values, shape));

function crossEntropy(logits, targets, classes) {
  return tf.neg(tf.mean(tf.sum(tf.mul(tf.logSoftmax(logits), tf.cast(tf.oneHot(targets, classes), 'float32')), -1)));
}

function mlp() {
  const weights = mlpWeights();
  const batch = mlpBatch();
  const [w1, b1] = [variable(weights.hidden, INPUTS, HIDDEN), variable(weights.hiddenBias, HIDDEN)];
  const [w2, b2] = [variable(weights.output, HIDDEN, CLASSES), variable(weights.outputBias, CLASSES)];
  const [inputs, targets] = [tf.tensor(batch.inputs, [BATCH, INPUTS]), tf.tensor1d(batch.targets, 'int32')];
  return () => {
    const hidden = tf.relu(tf.add(tf.matMul(inputs, w1), b1));
    return crossEntropy(tf.add(tf.matMul(hidden, w2), b2), targets, CLASSES);
  };
}

function languageModel(sizes) {
  const { vocab: V, embedding: D, hidden: H, batch: B, time: T } = sizes;
  const weights = startingWeights(sizes);
  const embedding = variable(weights.embedding, V, D);
  const [wx, wh] = [variable(weights.inputToGates, D, 4 * H), variable(weights.hiddenToGates, H, 4 * H)];
  const [bx, bh] = weights.biases.map((bias) => variable(bias, 4 * H));
  const [wo, bo] = [variable(weights.head, H, V), variable(weights.headBias, V)];
  const batch = fixedBatch(sizes);
  const [inputs, targets] = [batch.inputs, batch.targets].map((ids) => tf.tensor1d(ids, 'int32'));
  return () => {
    const gates = tf.add(tf.matMul(tf.gather(embedding, inputs), wx), tf.add(bx, bh));
    let [h, c] = [tf.zeros([B, H]), tf.zeros([B, H])];
    const outputs = tf.unstack(tf.reshape(gates, [T, B, 4 * H])).map((ofInput) => {
      const [i, f, g, o] = tf.split(tf.add(ofInput, tf.matMul(h, wh)), 4, 1);
      c = tf.add(tf.mul(tf.sigmoid(f), c), tf.mul(tf.sigmoid(i), tf.tanh(g)));
      h = tf.mul(tf.sigmoid(o), tf.tanh(c));
      return h;
    });
    return crossEntropy(tf.add(tf.matMul(tf.concat(outputs, 0), wo), bo), targets, V);
  };
}
