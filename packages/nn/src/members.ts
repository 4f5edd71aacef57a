/** Finding parameters and submodules in the fields of a module, and the keys they have in a state dict. */

import type { Parameter } from '@tapegrad/core';
import type { Module } from './module.ts';

export type Member = Parameter | Module;

/**
 * The members that an object's fields hold, in the order of the fields. Arrays, maps and plain objects in fields are
 * searched too; their keys stay as they are: `layers.0`, `heads.left`.
 */
export function findMembers(owner: object, isMember: (value: unknown) => value is Member): [string, Member][] {
  const found: [string, Member][] = [];
  const seen = new Set<unknown>();
  const search = (key: string, value: unknown): void => {
    if (isMember(value)) found.push([key, value]);
    else if (!seen.has(value)) {
      seen.add(value);
      for (const [part, inner] of entriesOf(value)) search(`${key}.${part}`, inner);
    }
  };
  for (const [field, value] of Object.entries(owner)) {
    if (typeof value === 'object' && value !== null) search(toSnakeCase(field), value);
  }
  return found;
}

/** `selfAttention` is `self_attention` in PyTorch's state dicts; names that begin with a capital (`W`) stay. */
export function toSnakeCase(name: string): string {
  if (!/^[a-z]/.test(name)) return name;
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1_$2')
    .toLowerCase();
}

function entriesOf(value: unknown): Iterable<readonly [unknown, unknown]> {
  if (Array.isArray(value)) return value.entries();
  if (value instanceof Map) return value;
  const plain = typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
  return plain ? Object.entries(value) : [];
}
