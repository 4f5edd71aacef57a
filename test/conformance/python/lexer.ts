/** Python text as tokens. */

/** Text that is not Python, or a part of Python that PyTorch expressions do without. */
export class PythonSyntaxError extends Error {}

export interface Token {
  readonly kind: 'number' | 'string' | 'name' | 'operator' | 'newline' | 'end';
  /** What stands there; of a string, its value. */
  readonly text: string;
  /** Where it begins. */
  readonly at: number;
}

const OPERATORS =
  /\*\*=|\/\/=|>>=|<<=|\.\.\.|->|:=|\*\*|\/\/|==|!=|<=|>=|<<|>>|\+=|-=|\*=|\/=|%=|@=|&=|\|=|\^=|[-+*/%@&|^~<>=()[\]{},:.;]/y;
const NUMBER = /0[xX][\da-fA-F_]+|(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][-+]?\d+)?/y;
const NAME = /[\p{L}_][\p{L}\p{N}_]*/uy;
const STRING = /[rRuU]?(?:'((?:[^'\\\n]|\\.)*)'|"((?:[^"\\\n]|\\.)*)")/y;
const BLANK = /(?:[ \t\r]|#[^\n]*|\\\n)+/y;

/** Newlines inside brackets count for nothing. Throws: PythonSyntaxError. */
export function tokensOf(source: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  let depth = 0;
  const match = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    return pattern.exec(source);
  };
  while (at < source.length) {
    const blank = match(BLANK);
    if (blank) {
      at += blank[0].length;
      continue;
    }
    if (source[at] === '\n') {
      if (depth === 0) tokens.push({ kind: 'newline', text: '\n', at });
      at++;
      continue;
    }
    const string = match(STRING);
    const number = match(NUMBER);
    const name = match(NAME);
    const operator = match(OPERATORS);
    const found = string ?? number ?? name ?? operator;
    if (!found)
      throw new PythonSyntaxError(
        `'${source[at]}' is not expected here: ${source.slice(0, at)} <<here>> ${source.slice(at)}`,
      );
    if (string) tokens.push({ kind: 'string', text: unescaped(string[1] ?? string[2]!), at });
    else if (number) tokens.push({ kind: 'number', text: number[0].replaceAll('_', ''), at });
    else if (name) tokens.push({ kind: 'name', text: name[0], at });
    else {
      if ('([{'.includes(found[0])) depth++;
      if (')]}'.includes(found[0])) depth--;
      tokens.push({ kind: 'operator', text: found[0], at });
    }
    at += found[0].length;
  }
  tokens.push({ kind: 'end', text: 'the end', at });
  return tokens;
}

function unescaped(text: string): string {
  return text.replace(/\\(.)/g, (_, c: string) => (c === 'n' ? '\n' : c === 't' ? '\t' : c));
}
