/** The part of Python that PyTorch expressions use, as trees. */

export type Expression =
  | { readonly kind: 'literal'; readonly value: number | string | boolean | null }
  | { readonly kind: 'ellipsis' }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'sequence'; readonly items: readonly Element[]; readonly isList?: boolean }
  | { readonly kind: 'dict'; readonly entries: readonly (readonly [key: Expression, value: Expression])[] }
  | { readonly kind: 'attribute'; readonly object: Expression; readonly name: string }
  | { readonly kind: 'call'; readonly callee: Expression; readonly args: readonly Argument[] }
  | { readonly kind: 'subscript'; readonly object: Expression; readonly index: Expression }
  | { readonly kind: 'slice'; readonly start?: Expression; readonly stop?: Expression; readonly step?: Expression }
  | { readonly kind: 'unary'; readonly operator: string; readonly operand: Expression }
  | { readonly kind: 'binary'; readonly operator: string; readonly left: Expression; readonly right: Expression }
  | { readonly kind: 'comparison'; readonly first: Expression; readonly rest: readonly Comparand[] }
  | { readonly kind: 'logical'; readonly operator: 'and' | 'or'; readonly left: Expression; readonly right: Expression }
  | {
      readonly kind: 'conditional';
      readonly test: Expression;
      readonly then: Expression;
      readonly otherwise: Expression;
    }
  | { readonly kind: 'lambda'; readonly parameters: readonly string[]; readonly body: Expression }
  | {
      readonly kind: 'comprehension';
      readonly element: Expression;
      readonly target: Expression;
      readonly iterable: Expression;
      readonly conditions: readonly Expression[];
    };

export type Comparand = readonly [operator: string, operand: Expression];

/** An item of a list or tuple; `spread` is `*items`. */
export interface Element {
  readonly spread: boolean;
  readonly value: Expression;
}

/** `value`, `name=value`, `*value` or `**value`. */
export interface Argument {
  readonly spread: '' | '*' | '**';
  readonly keyword?: string;
  readonly value: Expression;
}

/** `value`, `target = value`, or `target += value`, whose operator is `+`. */
export interface Statement {
  readonly target?: Expression;
  readonly operator?: string;
  readonly value: Expression;
}
