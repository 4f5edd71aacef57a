/** Recurrent layers and their cells. A module takes its parameters from the inputs that have their names. */

import { LSTM, LSTMCell } from '@tapegrad/nn';
import { boolean, int, number } from '../kinds.ts';
import { type Row, row } from '../row.ts';

const sizes = { input_size: int, hidden_size: int };

export const recurrent: readonly Row[] = [
  row(
    'nn.LSTM',
    {
      ...sizes,
      num_layers: int.opt,
      bias: boolean.opt,
      batch_first: boolean.opt,
      dropout: number.opt,
      bidirectional: boolean.opt,
    },
    ({ input_size, hidden_size, num_layers: numLayers, batch_first: batchFirst, ...same }, place) =>
      new LSTM(input_size, hidden_size, { numLayers, batchFirst, ...same, ...place }),
  ),
  row(
    'nn.LSTMCell',
    { ...sizes, bias: boolean.opt },
    ({ input_size, hidden_size, bias }, place) => new LSTMCell(input_size, hidden_size, { bias, ...place }),
  ),
];
