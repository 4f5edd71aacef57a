/** Recurrent layers, their cells, and sequences of different lengths. A module takes its parameters from the inputs that have their names. */

import { gruCell, lstmCell, rnnCell } from '@tapegrad/core';
import {
  GRU,
  GRUCell,
  LSTM,
  LSTMCell,
  type PackedSequence,
  packPaddedSequence,
  packSequence,
  padPackedSequence,
  padSequence,
  RNN,
  RNNCell,
  unpadSequence,
} from '@tapegrad/nn';
import { boolean, indices, int, ints, Kind, number, oneOf, tensor, tensors } from '../kinds.ts';
import { type Row, row } from '../row.ts';

const sizes = { input_size: int, hidden_size: int };
const bias = boolean.opt;
const layer = { bias, batch_first: boolean.opt, dropout: number.opt, bidirectional: boolean.opt };
const nonlinearity = oneOf('tanh', 'relu').opt;
const weights = { w_ih: tensor, w_hh: tensor, b_ih: tensor.opt, b_hh: tensor.opt };

interface Given {
  readonly w_ih: Parameters<typeof gruCell>[0];
  readonly w_hh: Given['w_ih'];
  readonly b_ih: Given['w_ih'] | undefined;
  readonly b_hh: Given['w_ih'] | undefined;
}

const weightsOf = ({ w_ih, w_hh, b_ih, b_hh }: Given) => ({
  weightIh: w_ih,
  weightHh: w_hh,
  biasIh: b_ih,
  biasHh: b_hh,
});

/** Lengths are a tensor or a list. */
const lengths = new Kind((value) => indices.read(value) ?? ints.read(value));
const listOf = async (given: NonNullable<ReturnType<typeof lengths.read>>): Promise<number[]> =>
  Array.isArray(given) ? given : Array.from(await given.data());

const packed = new Kind((value) =>
  typeof value === 'object' && value !== null && 'batchSizes' in value ? (value as PackedSequence) : undefined,
);

export const recurrent: readonly Row[] = [
  row(
    'nn.LSTM',
    { ...sizes, num_layers: int.opt, ...layer, proj_size: int.opt },
    (
      { input_size, hidden_size, num_layers: numLayers, batch_first: batchFirst, proj_size: projSize, ...same },
      place,
    ) => new LSTM(input_size, hidden_size, { numLayers, batchFirst, projSize, ...same, ...place }),
  ),
  row(
    'nn.GRU',
    { ...sizes, num_layers: int.opt, ...layer },
    ({ input_size, hidden_size, num_layers: numLayers, batch_first: batchFirst, ...same }, place) =>
      new GRU(input_size, hidden_size, { numLayers, batchFirst, ...same, ...place }),
  ),
  row(
    'nn.RNN',
    { ...sizes, num_layers: int.opt, nonlinearity, ...layer },
    ({ input_size, hidden_size, num_layers: numLayers, batch_first: batchFirst, ...same }, place) =>
      new RNN(input_size, hidden_size, { numLayers, batchFirst, ...same, ...place }),
  ),
  row('nn.LSTMCell', { ...sizes, bias }, ({ input_size, hidden_size, bias }, place) => {
    return new LSTMCell(input_size, hidden_size, { bias, ...place });
  }),
  row('nn.GRUCell', { ...sizes, bias }, ({ input_size, hidden_size, bias }, place) => {
    return new GRUCell(input_size, hidden_size, { bias, ...place });
  }),
  row('nn.RNNCell', { ...sizes, bias, nonlinearity }, ({ input_size, hidden_size, bias, nonlinearity }, place) => {
    return new RNNCell(input_size, hidden_size, { bias, nonlinearity, ...place });
  }),

  row('torch.lstm_cell', { input: tensor, hx: tensors, ...weights }, ({ input, hx, ...given }) =>
    lstmCell(input, hx as [Given['w_ih'], Given['w_ih']], weightsOf(given)),
  ),
  row('torch.gru_cell', { input: tensor, hx: tensor, ...weights }, ({ input, hx, ...given }) =>
    gruCell(input, hx, weightsOf(given)),
  ),
  row(
    'torch.rnn_tanh_cell',
    { input: tensor, hx: tensor, ...weights },
    ({ input, hx, ...given }) => rnnCell(input, hx, weightsOf(given)),
    'rnnCell',
  ),
  row(
    'torch.rnn_relu_cell',
    { input: tensor, hx: tensor, ...weights },
    ({ input, hx, ...given }) => rnnCell(input, hx, weightsOf(given), { nonlinearity: 'relu' }),
    "rnnCell(input, hx, weights, { nonlinearity: 'relu' })",
  ),

  row(
    'nn.utils.rnn.pack_padded_sequence',
    { input: tensor, lengths, batch_first: boolean.opt, enforce_sorted: boolean.opt },
    async ({ input, lengths, batch_first: batchFirst, enforce_sorted: enforceSorted }) =>
      packPaddedSequence(input, await listOf(lengths), { batchFirst, enforceSorted }),
  ),
  row(
    'nn.utils.rnn.pad_packed_sequence',
    { sequence: packed, batch_first: boolean.opt, padding_value: number.opt, total_length: int.opt },
    ({ sequence, batch_first: batchFirst, padding_value: paddingValue, total_length: totalLength }) =>
      padPackedSequence(sequence, { batchFirst, paddingValue, totalLength }),
  ),
  row(
    'nn.utils.rnn.pad_sequence',
    {
      sequences: tensors,
      batch_first: boolean.opt,
      padding_value: number.opt,
      padding_side: oneOf('left', 'right').opt,
    },
    ({ sequences, batch_first: batchFirst, padding_value: paddingValue, padding_side: paddingSide }) =>
      padSequence(sequences, { batchFirst, paddingValue, paddingSide }),
  ),
  row(
    'nn.utils.rnn.unpad_sequence',
    { padded_sequences: tensor, lengths, batch_first: boolean.opt },
    async ({ padded_sequences: padded, lengths, batch_first: batchFirst }) =>
      unpadSequence(padded, await listOf(lengths), { batchFirst }),
  ),
  row(
    'nn.utils.rnn.pack_sequence',
    { sequences: tensors, enforce_sorted: boolean.opt },
    ({ sequences, enforce_sorted: enforceSorted }) => packSequence(sequences, { enforceSorted }),
  ),
];
