/**
 * A model whose depth depends on its data.
 *
 *   node examples/dynamic-depth.ts
 *
 * It learns arithmetic on a clock with five hours, where 3 + 4 = 2. Nobody tells it how: it sees whole expressions, such
 * as (3 + 4) * (1 - 2), and only what they come to. The network takes the shape of the expression that it reads, so
 * hardly two examples run the same code. The tape does not mind: it records whatever ran.
 */
import { cat, manualSeed, noGrad, oneHot, randint, type Tensor, tensor, trace } from '@tapegrad/core';
import { CrossEntropyLoss, Linear, Module } from '@tapegrad/nn';
import { Adam } from '@tapegrad/optim';
import { runMain } from './char-lm/run-main.ts';

// ---- the data: trees -----------------------------------------------------------------------------------------------

/** A digit, or an operation on two expressions. */
export type Expression = number | Operation;
export interface Operation {
  readonly operator: Operator;
  readonly left: Expression;
  readonly right: Expression;
}
type Operator = '+' | '-' | '*';

const OPERATORS: readonly Operator[] = ['+', '-', '*'];
const HOURS = 5;

/** What the clock shows. */
export function solve(expression: Expression): number {
  if (typeof expression === 'number') return expression;
  const [left, right] = [solve(expression.left), solve(expression.right)];
  const { operator } = expression;
  const result = operator === '+' ? left + right : operator === '-' ? left - right : left * right;
  return ((result % HOURS) + HOURS) % HOURS;
}

export function asText(expression: Expression): string {
  if (typeof expression === 'number') return String(expression);
  const inner = (e: Expression): string => (typeof e === 'number' ? asText(e) : `(${asText(e)})`);
  return `${inner(expression.left)} ${expression.operator} ${inner(expression.right)}`;
}

/** A random operation with `depth` operators on its longest path; its other branches may be shorter. */
export function randomOperation(depth: number): Operation {
  const branch = (levels: number): Expression => (levels === 0 ? below(HOURS) : randomOperation(levels));
  const [deep, other] = [branch(depth - 1), branch(below(depth))];
  const [left, right] = below(2) === 0 ? [deep, other] : [other, deep];
  return { operator: OPERATORS[below(OPERATORS.length)]!, left, right };
}

function below(n: number): number {
  return randint(0, n, []).itemSync();
}

// ---- the model: it calls itself, as the expression does ------------------------------------------------------------
//
// What the model holds of an expression is a belief: a probability for each hour. Two beliefs give a probability for
// each pair of hours, and a table, one per operator, turns pairs into the logits of the result. Nobody fills the tables
// in, and nobody says what the parts of an expression come to: training has to find both.

export class Clock extends Module {
  readonly tables = new Map(OPERATORS.map((operator) => [operator, new Linear(HOURS * HOURS, HOURS, { bias: false })]));

  /** The logits [1, HOURS] of the result. */
  override forward({ operator, left, right }: Operation): Tensor {
    const pairs = this.belief(left).T.matmul(this.belief(right)); // [HOURS, HOURS]
    return this.tables.get(operator)!.forward(pairs.reshape([1, HOURS * HOURS]));
  }

  /** A probability [1, HOURS] for each hour. */
  belief(expression: Expression): Tensor {
    if (typeof expression !== 'number') return this.forward(expression).softmax(1);
    return oneHot(tensor(Int32Array.of(expression)), HOURS).cast('f32');
  }
}

// ---- training ------------------------------------------------------------------------------------------------------

/** Sixteen operations of one to three levels a step. Tells `report` the mean loss of every fifty steps. */
export function train(steps: number, report: (step: number, loss: number) => void = () => {}): Clock {
  manualSeed(1);
  const model = new Clock();
  const optimizer = new Adam(model.parameters(), { lr: 0.05 });
  const criterion = new CrossEntropyLoss();
  let sum = 0;
  for (let step = 1; step <= steps; step++) {
    const operations = Array.from({ length: 16 }, () => randomOperation(1 + below(3)));
    const results = tensor(Int32Array.from(operations, solve));
    optimizer.zeroGrad();
    // Sixteen networks of sixteen shapes become one graph: they share the tables, and meet in the loss.
    const logits = cat(operations.map((operation) => model.forward(operation)));
    const loss = criterion.forward(logits, results);
    loss.backward();
    optimizer.step();
    sum += loss.itemSync(); // waits for the device
    if (step % 50 === 0) {
      report(step, sum / 50);
      sum = 0;
    }
  }
  return model;
}

/** The hour that the model thinks most likely. */
export function predict(model: Clock, operation: Operation): number {
  return noGrad(() => model.forward(operation).argmax().itemSync()); // waits for the device
}

/** The share of right answers to random operations of a depth. */
export function accuracy(model: Clock, depth: number, count: number): number {
  const operations = Array.from({ length: count }, () => randomOperation(depth));
  return operations.filter((operation) => predict(model, operation) === solve(operation)).length / count;
}

/** How many operations the tape holds after one forward pass. */
export function tapeLength(model: Clock, operation: Operation): number {
  return trace(model.forward(operation)).nodes.length;
}

// ---- what it prints ------------------------------------------------------------------------------------------------

function main(): void {
  console.log(`Training on whole expressions; guessing costs ln ${HOURS} = ${Math.log(HOURS).toFixed(3)} nats:\n`);
  const model = train(300, (step, loss) => {
    console.log(`  step ${String(step).padStart(3)}   loss ${loss.toFixed(4)} nats`);
  });

  console.log('\nThe tables that it found:\n');
  const hours = [...Array(HOURS).keys()];
  console.log(OPERATORS.map((operator) => `  ${operator} | ${hours.join(' ')}`).join('   '));
  for (const left of hours) {
    const rows = OPERATORS.map((operator) => hours.map((right) => predict(model, { operator, left, right })));
    console.log(rows.map((row) => `  ${left} | ${row.join(' ')}`).join('   '));
  }

  console.log('\nThe tape is as long as the expression asks for:\n');
  for (const depth of [1, 2, 3, 5]) {
    const operation = randomOperation(depth);
    const length = String(tapeLength(model, operation)).padStart(2);
    console.log(`  ${length} operations   ${asText(operation)} = ${predict(model, operation)}   (${solve(operation)})`);
  }

  console.log('\nRight answers, also where expressions are deeper than any it was trained on:\n');
  for (const depth of [1, 2, 3, 4, 6, 8]) {
    const right = `${(100 * accuracy(model, depth, 100)).toFixed(0)}%`;
    console.log(`  depth ${depth}   ${right.padStart(4)}   ${depth <= 3 ? 'as in training' : 'deeper'}`);
  }
}

if (import.meta.main) await runMain(main);
