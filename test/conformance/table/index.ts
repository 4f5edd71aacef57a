/** The table: what each of PyTorch's names is here. One file a subject. */

import { Table } from '../row.ts';
import { activations } from './activations.ts';
import { creation } from './creation.ts';
import { elementwise } from './elementwise.ts';
import { elementwiseLines } from './elementwise-lines.ts';
import { indexing } from './indexing.ts';
import { layers } from './layers.ts';
import { losses } from './losses.ts';
import { moduleLines } from './module-lines.ts';
import { optimizers } from './optimizers.ts';
import { productLines } from './product-lines.ts';
import { products } from './products.ts';
import { recurrent } from './recurrent.ts';
import { reductionLines } from './reduction-lines.ts';
import { reductions } from './reductions.ts';
import { schedulers } from './schedulers.ts';
import { shapeLines } from './shape-lines.ts';
import { shapes } from './shapes.ts';

/** Rows by subject, in the order of docs/parity.md. */
export const subjects = {
  'Elementwise operations': [...elementwise, ...elementwiseLines],
  Reductions: [...reductions, ...reductionLines],
  'Shapes and joining': [...shapes, ...shapeLines],
  Indexing: indexing,
  'Products of matrices': [...products, ...productLines],
  'Softmax, normalisation and activations': activations,
  Losses: losses,
  Layers: [...layers, ...moduleLines],
  'Recurrent layers': recurrent,
  Optimizers: optimizers,
  'Schedules of learning rates': schedulers,
  'New tensors and gradients': creation,
} as const;

export const table: Table = new Table(Object.values(subjects).flat());
