/** Python text as trees: a function for each level of precedence, the loosest first. */

import { PythonSyntaxError, type Token, tokensOf } from './lexer.ts';
import type { Argument, Comparand, Element, Expression, Statement } from './syntax.ts';

/** A single expression. Throws: PythonSyntaxError. */
export function parseExpression(source: string): Expression {
  const parser = new Parser(source);
  const value = parser.tuple();
  parser.end();
  return value;
}

/** Assignments and expressions, a line each or with semicolons between. Throws: PythonSyntaxError. */
export function parseProgram(source: string): Statement[] {
  const parser = new Parser(source);
  const statements: Statement[] = [];
  while (parser.skip(';', '\n')) {
    statements.push(parser.statement());
    parser.separator(';', '\n');
  }
  return statements;
}

/** From the loosest to the tightest; all but `**` join from the left. */
const BINARY: readonly (readonly string[])[] = [
  ['|'],
  ['^'],
  ['&'],
  ['<<', '>>'],
  ['+', '-'],
  ['*', '/', '//', '%', '@'],
];
const COMPARISONS = ['<', '>', '==', '>=', '<=', '!=', 'in', 'is'];
const CONSTANTS: Readonly<Record<string, boolean | null>> = { True: true, False: false, None: null };
const RESERVED = new Set(['if', 'else', 'for', 'in', 'is', 'and', 'or', 'not', 'lambda']);

class Parser {
  readonly #source: string;
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(source: string) {
    this.#source = source;
    this.#tokens = tokensOf(source);
  }

  statement(): Statement {
    const target = this.tuple();
    if (this.#take('=')) return { target, value: this.tuple() };
    const assigned = /^(\*\*|\/\/|>>|<<|[-+*/%@&|^])=$/.exec(this.#is('operator') ? this.#next.text : '');
    if (!assigned) return { value: target };
    this.#at++;
    return { target, operator: assigned[1]!, value: this.tuple() };
  }

  /** An expression, or several with commas between. */
  tuple(): Expression {
    const items = [this.#element()];
    if (!this.#peek(',')) {
      if (!items[0]!.spread) return items[0]!.value;
    }
    while (this.#take(',') && !this.#closes()) items.push(this.#element());
    return { kind: 'sequence', items };
  }

  end(): void {
    if (!this.#is('end')) this.#fail('an operator or the end');
  }

  /** Passes over separators; whether something follows. */
  skip(...separators: readonly string[]): boolean {
    while (separators.some((text) => this.#peek(text))) this.#at++;
    return !this.#is('end');
  }

  /** One of them, or the end, must be next. */
  separator(...separators: readonly string[]): void {
    if (!separators.some((text) => this.#peek(text))) this.end();
  }

  #element(): Element {
    return this.#take('*') ? { spread: true, value: this.#binary(0) } : { spread: false, value: this.#ternary() };
  }

  #ternary(): Expression {
    if (this.#take('lambda')) {
      const parameters: string[] = [];
      while (!this.#take(':')) {
        parameters.push(this.#name());
        this.#take(',');
      }
      return { kind: 'lambda', parameters, body: this.#ternary() };
    }
    const then = this.#or();
    if (!this.#take('if')) return then;
    const test = this.#or();
    this.#expect('else');
    return { kind: 'conditional', test, then, otherwise: this.#ternary() };
  }

  #or(): Expression {
    let left = this.#and();
    while (this.#take('or')) left = { kind: 'logical', operator: 'or', left, right: this.#and() };
    return left;
  }

  #and(): Expression {
    let left = this.#not();
    while (this.#take('and')) left = { kind: 'logical', operator: 'and', left, right: this.#not() };
    return left;
  }

  #not(): Expression {
    return this.#take('not') ? { kind: 'unary', operator: 'not', operand: this.#not() } : this.#comparison();
  }

  #comparison(): Expression {
    const first = this.#binary(0);
    const rest: Comparand[] = [];
    for (;;) {
      const negated = this.#take('not'); // `not in`
      const operator = COMPARISONS.find((text) => this.#take(text));
      if (!operator) {
        if (negated) this.#fail('in');
        return rest.length > 0 ? { kind: 'comparison', first, rest } : first;
      }
      const suffix = operator === 'is' && this.#take('not') ? ' not' : '';
      rest.push([`${negated ? 'not ' : ''}${operator}${suffix}`, this.#binary(0)]);
    }
  }

  #binary(level: number): Expression {
    const operators = BINARY[level];
    if (!operators) return this.#unary();
    let left = this.#binary(level + 1);
    for (;;) {
      const operator = operators.find((text) => this.#take(text));
      if (!operator) return left;
      left = { kind: 'binary', operator, left, right: this.#binary(level + 1) };
    }
  }

  #unary(): Expression {
    const operator = ['-', '+', '~'].find((text) => this.#take(text));
    if (operator) return { kind: 'unary', operator, operand: this.#unary() };
    const base = this.#postfix();
    // -x ** 2 is -(x ** 2), and x ** -y needs no parentheses
    return this.#take('**') ? { kind: 'binary', operator: '**', left: base, right: this.#unary() } : base;
  }

  #postfix(): Expression {
    let object = this.#atom();
    for (;;) {
      if (this.#take('.')) object = { kind: 'attribute', object, name: this.#name() };
      else if (this.#take('(')) object = { kind: 'call', callee: object, args: this.#arguments() };
      else if (this.#take('[')) object = { kind: 'subscript', object, index: this.#subscript() };
      else return object;
    }
  }

  #arguments(): Argument[] {
    const args: Argument[] = [];
    while (!this.#take(')')) {
      const spread = this.#take('**') ? '**' : this.#take('*') ? '*' : '';
      const isKeyword = this.#is('name') && this.#tokens[this.#at + 1]?.text === '=';
      if (isKeyword) {
        const keyword = this.#name();
        this.#expect('=');
        args.push({ spread, keyword, value: this.#ternary() });
      } else {
        const value = this.#ternary();
        args.push({ spread, value: this.#comprehension(value) ?? value });
      }
      if (!this.#peek(')')) this.#expect(',');
    }
    return args;
  }

  #subscript(): Expression {
    const items: Element[] = [];
    let isTuple = false;
    while (!this.#take(']')) {
      items.push({ spread: false, value: this.#sliceOrIndex() });
      if (this.#take(',')) isTuple = true;
      else if (!this.#peek(']')) this.#fail(', or ]');
    }
    if (items.length === 0) this.#fail('an index');
    return isTuple ? { kind: 'sequence', items } : items[0]!.value;
  }

  #sliceOrIndex(): Expression {
    const bound = (): Expression | undefined =>
      this.#peek(':') || this.#peek(',') || this.#peek(']') ? undefined : this.#ternary();
    const start = bound();
    if (!this.#take(':')) return start ?? this.#fail('an index');
    const stop = bound();
    const step = this.#take(':') ? bound() : undefined;
    return { kind: 'slice', ...(start && { start }), ...(stop && { stop }), ...(step && { step }) };
  }

  #atom(): Expression {
    const { kind, text } = this.#next;
    if (kind === 'number') {
      this.#at++;
      return { kind: 'literal', value: Number(text) };
    }
    if (kind === 'string') {
      let value = '';
      while (this.#is('string')) value += this.#tokens[this.#at++]!.text;
      return { kind: 'literal', value };
    }
    if (this.#take('...')) return { kind: 'ellipsis' };
    if (this.#take('(')) return this.#bracketed(')');
    if (this.#take('[')) return this.#bracketed(']');
    if (this.#take('{')) return this.#dict();
    const name = this.#name();
    if (Object.hasOwn(CONSTANTS, name)) return { kind: 'literal', value: CONSTANTS[name]! };
    return name === 'Ellipsis' ? { kind: 'ellipsis' } : { kind: 'name', name };
  }

  #bracketed(close: ')' | ']'): Expression {
    const isList = close === ']';
    if (this.#take(close)) return { kind: 'sequence', items: [], isList };
    const first = this.#element();
    const comprehension = this.#comprehension(first.value);
    if (comprehension) {
      this.#expect(close);
      return comprehension;
    }
    if (close === ')' && !first.spread && this.#take(close)) return first.value; // parentheses
    const items = [first];
    while (this.#take(',') && !this.#peek(close)) items.push(this.#element());
    this.#expect(close);
    return { kind: 'sequence', items, isList };
  }

  #comprehension(element: Expression): Expression | undefined {
    if (!this.#take('for')) return undefined;
    const names = [this.#postfix()];
    while (this.#take(',')) names.push(this.#postfix());
    const items = names.map((value) => ({ spread: false, value }));
    const target: Expression = names.length === 1 ? names[0]! : { kind: 'sequence', items };
    this.#expect('in');
    const iterable = this.#or();
    const conditions: Expression[] = [];
    while (this.#take('if')) conditions.push(this.#or());
    return { kind: 'comprehension', element, target, iterable, conditions };
  }

  #dict(): Expression {
    const entries: [Expression, Expression][] = [];
    while (!this.#take('}')) {
      const key = this.#ternary();
      this.#expect(':');
      entries.push([key, this.#ternary()]);
      if (!this.#peek('}')) this.#expect(',');
    }
    return { kind: 'dict', entries };
  }

  // ---- tokens --------------------------------------------------------------------------------------------------------

  get #next(): Token {
    return this.#tokens[this.#at]!;
  }

  #is(kind: Token['kind']): boolean {
    return this.#next.kind === kind;
  }

  #peek(text: string): boolean {
    return this.#next.text === text && !this.#is('string') && !this.#is('end');
  }

  #closes(): boolean {
    return this.#is('end') || this.#is('newline') || [';', '=', ')', ']', '}'].some((text) => this.#peek(text));
  }

  #take(text: string): boolean {
    if (!this.#peek(text)) return false;
    this.#at++;
    return true;
  }

  #expect(text: string): void {
    if (!this.#take(text)) this.#fail(text);
  }

  #name(): string {
    if (!this.#is('name') || RESERVED.has(this.#next.text)) this.#fail('a name');
    return this.#tokens[this.#at++]!.text;
  }

  #fail(expected: string): never {
    const { at, text } = this.#next;
    throw new PythonSyntaxError(
      `expected ${expected}, found ${text}: ${this.#source.slice(0, at)} <<here>> ${this.#source.slice(at)}`,
    );
  }
}
