/**
 * Expressions as programs. Most are Python as they stand; those of derivatives are written as in a paper:
 *
 *     L = (x ** 3).sum(); gx = dL/dx; out = |gx|^2
 *
 * A call of a name that is nowhere defined stands for the program in the case's note.
 */

import type { Case } from '../folder.ts';
import { PythonSyntaxError } from '../python/lexer.ts';
import { parseProgram } from '../python/parser.ts';
import type { Expression, Statement } from '../python/syntax.ts';
import { Missing } from '../python/values.ts';
import { table } from '../table/index.ts';
import { shorthandOf } from './shorthand.ts';

/** Throws: Missing for what cannot be read. */
export function programOf(c: Case): Statement[] {
  if (c.expr === undefined) throw new Missing(`cases of ${c.op}, which have no expression`);
  const source = plain(c.expr, c);
  try {
    const program = parseProgram(source);
    const hasNote = program.length === 1 && isUndefinedCall(program[0]!.value, c) && c.note !== undefined;
    return withDerivatives(hasNote ? parseProgram(c.note) : program, c);
  } catch (error) {
    if (!(error instanceof PythonSyntaxError)) throw error;
    throw new Missing(`the notation '${c.expr}': ${error.message}`);
  }
}

function isUndefinedCall(e: Expression, c: Case): boolean {
  if (e.kind !== 'call' || e.callee.kind !== 'name') return false;
  const { name } = e.callee;
  return !c.in.has(name) && !shorthandOf(c).has(name) && !table.has(table.find(name));
}

const NUMBER_WORDS = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten'];

/** The same in Python, but for derivatives. */
function plain(text: string, c: Case): string {
  return (
    text
      .replace(/\s\([A-Z][\w-]*( [a-z][\w-]*)+\)/g, '') // (Hessian-vector product)
      .replace(/;\s*grad\/.*$/, '') // what the stored gradients are
      // two differentiable SGD steps on w1; out = loss after them
      .replace(/^(\w+) differentiable SGD steps? on (\w+)(?=;)/, (_, count: string, w: string) =>
        `L = mse_loss(mlp(x), t); ${w} = ${w} - lr * (dL/d${w}); `.repeat(NUMBER_WORDS.indexOf(count)),
      )
      .replace(/\bloss after them$/, 'mse_loss(mlp(x), t)')
      // f = ...; out d1, d2, d3 elementwise: each is the derivative of the one before
      .replace(/^(\w+)( = .*;) out (\w+(?:, \w+)*) elementwise/, (_, f: string, rest: string, names: string) => {
        const each = names.split(', ').map((name, k, all) => `${name} = d${all[k - 1] ?? f}/d${c.wrt[0]}`);
        return `${f}${rest} ${each.join('; ')}`;
      })
      // sum over a, b of |dL/dp|^2
      .replace(/\bsum over (\w+(?:,\s*\w+)*) of (.*)$/, (_, names: string, body: string) =>
        names
          .split(/,\s*/)
          .map((name) => body.replaceAll(/\bdp\b/g, `d${name}`))
          .join(' + '),
      )
      .replace(/\|([^|]+)\|_(\w+) over dim (-?\d+)/g, 'torch.linalg.vector_norm($1, $2, dim=$3)')
      .replace(/\|([^|]+)\|\^2/g, '(($1) ** 2).sum()')
  );
}

/** `dL/dx` and `d(gw * v).sum()/dw`, where L, x and w are variables, as gradients that can be differentiated again. */
function withDerivatives(program: readonly Statement[], c: Case): Statement[] {
  const known = new Set([...c.in.keys(), ...Object.keys(c.args)]);
  return program.map((statement) => {
    const value = rewrite(statement.value, known) as Expression;
    if (statement.target?.kind === 'name') known.add(statement.target.name);
    return { ...statement, value };
  });
}

function rewrite(node: unknown, known: ReadonlySet<string>): unknown {
  if (Array.isArray(node)) return node.map((item) => rewrite(item, known));
  if (typeof node !== 'object' || node === null) return node;
  const copy = Object.fromEntries(
    Object.entries(node).map(([key, value]) => [key, rewrite(value, known)]),
  ) as Expression;
  return (copy.kind === 'binary' && copy.operator === '/' && derivative(copy.left, copy.right, known)) || copy;
}

function derivative(top: Expression, bottom: Expression, known: ReadonlySet<string>): Expression | undefined {
  const by = bottom.kind === 'name' ? differential(bottom.name, known) : undefined;
  if (!by) return undefined;
  if (top.kind === 'binary' && top.operator === '*') {
    // lr * dL/dx is read from the left
    const right = derivative(top.right, bottom, known);
    return right && { ...top, right };
  }
  const of = numerator(top, known);
  return of && gradient(of, { kind: 'name', name: by });
}

/** The L of dL: the variable, or what stands in the parentheses of d(...). */
function numerator(top: Expression, known: ReadonlySet<string>): Expression | undefined {
  if (top.kind === 'name') {
    const name = differential(top.name, known);
    return name === undefined ? undefined : { kind: 'name', name };
  }
  if (top.kind === 'attribute') {
    const object = numerator(top.object, known);
    return object && { ...top, object };
  }
  if (top.kind !== 'call') return undefined;
  if (top.callee.kind === 'name')
    return top.callee.name === 'd' && top.args.length === 1 ? top.args[0]!.value : undefined;
  const callee = numerator(top.callee, known);
  return callee && { ...top, callee };
}

function differential(name: string, known: ReadonlySet<string>): string | undefined {
  return name.startsWith('d') && !known.has(name) && known.has(name.slice(1)) ? name.slice(1) : undefined;
}

/** torch.autograd.grad(y.sum(), x, create_graph=True)[0] */
function gradient(y: Expression, x: Expression): Expression {
  const path = (...names: readonly string[]): Expression =>
    names.slice(1).reduce<Expression>((object, name) => ({ kind: 'attribute', object, name }), {
      kind: 'name',
      name: names[0]!,
    });
  const sum: Expression = { kind: 'call', callee: { kind: 'attribute', object: y, name: 'sum' }, args: [] };
  const call: Expression = {
    kind: 'call',
    callee: path('torch', 'autograd', 'grad'),
    args: [
      { spread: '', value: sum },
      { spread: '', value: x },
      { spread: '', keyword: 'create_graph', value: { kind: 'literal', value: true } },
    ],
  };
  return { kind: 'subscript', object: call, index: { kind: 'literal', value: 0 } };
}
