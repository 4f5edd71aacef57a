/**
 * Names that expressions of the schema use without saying what they are, each an expression of Python.
 *
 * `state` is what a recurrent layer begins with, `args` are the options of its constructor, and packing takes its own from
 * there too; `packed_...` are outputs of packed cases, where an empty index stands for None. `mlp` is the network of the
 * second derivatives, and C the size of the second dimension of its input.
 */

import type { Case } from '../folder.ts';

/** Of sequences, not of the layer. */
const PACKING = ['packed', 'enforce_sorted', 'total_length', 'lengths'];

export function shorthandOf(c: Case): ReadonlyMap<string, string> {
  const options = Object.keys(c.args).filter((name) => !PACKING.includes(name));
  const given = (...names: readonly string[]): string =>
    names.flatMap((name) => (name in c.args ? [`, ${name}=${name}`] : [])).join('');
  const packed = 'pack_padded_sequence(input, lengths)';
  const orEmpty = (index: string): string => `(lambda i: torch.arange(0) if i is None else i)(${index})`;
  const sources: Readonly<Record<string, string>> = {
    args: `dict(${options.map((name) => `${name}=${name}`).join(', ')})`,
    state: c.in.has('c0') ? '(h0, c0)' : c.in.has('h0') ? 'h0' : 'None',
    pack_padded_sequence: `lambda x, lengths: nn.utils.rnn.pack_padded_sequence(x, lengths${given('batch_first', 'enforce_sorted')})`,
    // of packed outputs and a state: padded outputs and the state
    pad_packed_sequence: `lambda pair: (nn.utils.rnn.pad_packed_sequence(pair[0]${given('batch_first', 'total_length')})[0], pair[1])`,
    // outputs of packed cases
    packed_data: `${packed}.data`,
    packed_batch_sizes: `${packed}.batch_sizes`,
    packed_sorted_indices: orEmpty(`${packed}.sorted_indices`),
    packed_unsorted_indices: orEmpty(`${packed}.unsorted_indices`),
    packed_output_data: `nn.${/\bnn\.(\w+)/.exec(c.expr ?? '')?.[1]}(**args)(${packed}, state)[0].data`,

    mlp: 'lambda x: torch.tanh(x @ w1.T + b1) @ w2.T + b2',
    gelu_tanh: "lambda x: F.gelu(x, approximate='tanh')",
    C: 'x.shape[1]',
  };
  return new Map(Object.entries(sources));
}
