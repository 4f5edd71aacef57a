/** docs/parity.md says what the table says, and the table says what there is. */

import { readFileSync } from 'node:fs';
import * as core from '@tapegrad/core';
import * as testing from '@tapegrad/core/testing';
import * as nn from '@tapegrad/nn';
import * as optim from '@tapegrad/optim';
import { expect, test } from 'vitest';
import { elsewhere } from './elsewhere.ts';
import { PAGE, parityPage } from './parity-page.ts';
import { table } from './table/index.ts';

test('docs/parity.md is up to date: pnpm conformance --table writes it', () => {
  expect(readFileSync(PAGE, 'utf8')).toBe(parityPage());
});

/** What stands in tapegrad's column beside its names: parameters, options and their values. */
const isName = (text: string, word: string): boolean =>
  new RegExp(`(?:^|[^\\w'])${word}\\(|\\.${word}\\b|^${word}$`).test(text);

test("every name in tapegrad's column is an export or a method of tensors", () => {
  const exported = new Set([core, nn, optim].flatMap((module) => Object.keys(module)));
  const members = new Set([...Object.getOwnPropertyNames(core.Tensor.prototype), 'shape', 'dtype', 'size']);
  const unknown = table.rows.flatMap(({ names, tapegrad }) =>
    [...tapegrad.matchAll(/[A-Za-z]\w*/g)]
      .map(([word]) => word)
      .filter((word) => word !== 'x' && isName(tapegrad, word) && !exported.has(word) && !members.has(word))
      .map((word) => `${names[0]}: ${word}`),
  );
  expect(unknown).toEqual([]);
});

test('what is no expression is an export, or a member of tensors, modules or the first values', () => {
  const module = nn.Module.prototype;
  const known = new Set([
    ...[core, testing, nn, optim, nn.init].flatMap((exports) => Object.keys(exports)),
    ...[core.Tensor.prototype, module, core.Generator.prototype].flatMap((object) =>
      Object.getOwnPropertyNames(object),
    ),
  ]);
  const unknown = Object.values(elsewhere)
    .flat()
    .flatMap(({ tapegrad }) => [
      ...tapegrad.matchAll(/(?<!\w)([A-Za-z]\w+)(?=\()|(?<!\.)\.([a-z]\w+)|(?:new|extends) (\w+)/g),
    ])
    .map(([, call, member, type]) => call ?? member ?? type!)
    .filter((name) => !known.has(name));
  expect(unknown).toEqual([]);
});
