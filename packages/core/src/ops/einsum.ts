/**
 * Einstein's summation: labels name dimensions, what the result does not name is summed.
 *
 * Operands are taken in one at a time: labels that neither the result nor a later operand needs are summed as soon as
 * they can be, so each step is one batched matrix product [batch, left, summed] x [batch, summed, right].
 */

import { ArgumentError, ShapeError } from '../errors.ts';
import { showShape } from '../shape.ts';
import type { Tensor } from '../tensor.ts';
import { expand, sum } from './broadcast.ts';
import { diagonal } from './diagonal.ts';
import { matmul } from './matmul.ts';
import { permute, reshape } from './view.ts';

/**
 * Sums of products of tensors, by an equation on the labels of their dimensions.
 *
 * Labels are letters; a repeated label within one operand takes a diagonal, `...` stands for dimensions that broadcast.
 * Without `->` the result has the labels that occur once, in alphabetical order.
 *
 * Shapes: as the equation says. Throws: ArgumentError for an equation that cannot be read, ShapeError where it does not
 * fit the operands. Source: https://docs.pytorch.org/docs/stable/generated/torch.einsum.html
 *
 * ```ts
 * import { einsum, tensor } from '@tapegrad/core';
 *
 * const a = tensor([[1, 2], [3, 4]]);
 * console.log(einsum('ij,jk->ik', a, a), einsum('ii', a)); // tensor([[ 7., 10.],
 * //         [15., 22.]]) tensor(5.)
 * ```
 */
export function einsum(equation: string, ...operands: readonly Tensor[]): Tensor {
  const { inputs, output } = parse(equation, operands);
  const terms = operands.map((x, k) => withoutRepeats({ x, labels: inputs[k]! }));
  let left = terms[0]!;
  for (let k = 1; k < terms.length; k++) {
    const needed = new Set([...output, ...terms.slice(k + 1).flatMap(({ labels }) => labels)]);
    left = contract(left, terms[k]!, needed);
  }
  const { x, labels } = summed(left, new Set(output));
  return permute(
    x,
    output.map((label) => labels.indexOf(label)),
  );
}

/** A tensor whose dimensions have labels: letters, and `.0`, `.1`, ... for those of an ellipsis, counted from its end. */
interface Term {
  readonly x: Tensor;
  readonly labels: readonly string[];
}

interface Equation {
  readonly inputs: readonly (readonly string[])[];
  readonly output: readonly string[];
}

function parse(equation: string, operands: readonly Tensor[]): Equation {
  const [given, result, ...more] = equation.replaceAll(' ', '').split('->');
  const parts = given!.split(',');
  if (more.length > 0 || [...parts, result ?? ''].some((part) => !/^[a-zA-Z]*(\.\.\.)?[a-zA-Z]*$/.test(part))) {
    throw new ArgumentError(
      `einsum: expected an equation such as 'bij,bjk->bik' with letters and '...'; given '${equation}'`,
    );
  }
  if (parts.length !== operands.length) {
    throw new ArgumentError(
      `einsum: '${equation}' has ${parts.length} operand${parts.length === 1 ? '' : 's'}; given ${operands.length} tensors`,
    );
  }
  const inputs = parts.map((part, k) => labelsOf(equation, part, operands[k]!));
  checkSizes(equation, inputs, operands);
  const all = inputs.flat();
  const hidden = [...new Set(all.filter((label) => label.startsWith('.')))].sort(
    (a, b) => Number(b.slice(1)) - Number(a.slice(1)),
  );
  if (result === undefined) {
    const once = all.filter((label) => !label.startsWith('.') && all.indexOf(label) === all.lastIndexOf(label));
    return { inputs, output: [...hidden, ...once.sort()] };
  }
  const output = [...result.replace('...', '.')].flatMap((label) => (label === '.' ? hidden : [label]));
  const wrong = output.find((label, k) => !all.includes(label) || output.indexOf(label) !== k);
  if (wrong) {
    throw new ArgumentError(
      `einsum: '${wrong}' in the result of '${equation}' must name a dimension of an operand, once`,
    );
  }
  return { inputs, output };
}

function labelsOf(equation: string, part: string, x: Tensor): string[] {
  const letters = part.replace('...', '').length;
  const hidden = x.rank - letters;
  if (hidden < 0 || (hidden > 0 && !part.includes('...'))) {
    throw new ShapeError(
      `einsum: '${part}' of '${equation}' names ${letters} dimensions; the operand is ${showShape(x.shape)}`,
    );
  }
  return [...part.replace('...', '.')].flatMap((label) =>
    label === '.' ? Array.from({ length: hidden }, (_, k) => `.${hidden - 1 - k}`) : [label],
  );
}

/** Dimensions of one label have one size; those of an ellipsis, and sizes of 1, broadcast. */
function checkSizes(equation: string, inputs: Equation['inputs'], operands: readonly Tensor[]): void {
  const sizes = new Map<string, number>();
  for (const [k, labels] of inputs.entries()) {
    for (const [d, label] of labels.entries()) {
      const n = operands[k]!.shape[d]!;
      const known = sizes.get(label) ?? 1;
      if (known !== n && known !== 1 && n !== 1) {
        throw new ShapeError(
          `einsum: sizes of '${label}' differ in '${equation}': given ${operands.map((x) => showShape(x.shape)).join(', ')}`,
        );
      }
      sizes.set(label, n === 1 ? known : n);
    }
  }
}

/** A label that stands twice in one term takes the diagonal. */
function withoutRepeats({ x, labels }: Term): Term {
  const again = labels.findIndex((label, k) => labels.indexOf(label) !== k);
  if (again < 0) return { x, labels };
  const first = labels.indexOf(labels[again]!);
  const rest = labels.filter((_, d) => d !== first && d !== again);
  return withoutRepeats({ x: diagonal(x, 0, first, again), labels: [...rest, labels[again]!] });
}

/** Sums what nobody needs any more. */
function summed({ x, labels }: Term, needed: ReadonlySet<string>): Term {
  const dim = labels.flatMap((label, d) => (needed.has(label) ? [] : [d]));
  return dim.length === 0 ? { x, labels } : { x: sum(x, { dim }), labels: labels.filter((l) => needed.has(l)) };
}

/** One matrix product of two terms. */
function contract(a: Term, b: Term, needed: ReadonlySet<string>): Term {
  const left = summed(a, new Set([...needed, ...b.labels]));
  const right = summed(b, new Set([...needed, ...left.labels]));
  const both = left.labels.filter((label) => right.labels.includes(label));
  const batch = both.filter((label) => needed.has(label));
  const inner = both.filter((label) => !needed.has(label));
  const rows = left.labels.filter((label) => !both.includes(label));
  const columns = right.labels.filter((label) => !both.includes(label));
  const size = (label: string): number =>
    [left, right].map(({ x, labels }) => x.shape[labels.indexOf(label)] ?? 1).find((n) => n !== 1) ?? 1;
  const sizes = (labels: readonly string[]): number[] => labels.map(size);
  const count = (labels: readonly string[]): number => sizes(labels).reduce((m, n) => m * n, 1);
  const arranged = ({ x, labels }: Term, order: readonly (readonly string[])[]): Tensor => {
    const flat = order.flat();
    const turned = permute(
      x,
      flat.map((label) => labels.indexOf(label)),
    );
    return reshape(expand(turned, sizes(flat)), order.map(count));
  };
  const y = matmul(arranged(left, [batch, rows, inner]), arranged(right, [batch, inner, columns]));
  const labels = [...batch, ...rows, ...columns];
  return { x: reshape(y, sizes(labels)), labels };
}
