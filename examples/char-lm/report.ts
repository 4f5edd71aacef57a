/** The end of a run in words and numbers: how the model compares with counting n-grams. */
import { bits } from './format.ts';

/** A model's mean surprisal on a text. */
export interface Score {
  readonly name: string;
  /** nats per character */
  readonly nats: number;
}

/** The scores of n-gram models, from `crossEntropies`, for those orders that are within it. */
export function ngramScores(entropies: ArrayLike<number>, orders: readonly number[] = [1, 2, 3, 5]): Score[] {
  return orders.filter((n) => n < entropies.length).map((n) => ({ name: NAMES[n] ?? `${n}-gram`, nats: entropies[n] }));
}

/** A table of all scores, best last, in nats and bits per character and as perplexity, e^nats; the model's line is marked. */
export function scoreTable(model: Score, references: readonly Score[]): string {
  const rows = [model, ...references]
    .sort((a, b) => b.nats - a.nats)
    .map((score) => [
      score === model ? `> ${score.name}` : `  ${score.name}`,
      score.nats.toFixed(4),
      bits(score.nats).toFixed(4),
      Math.exp(score.nats).toFixed(2),
    ]);
  return alignColumns([['', 'nats/char', 'bits/char', 'perplexity'], ...rows]);
}

/** A sentence: which references the model beats, by how many nats per character, and which is still ahead. */
export function verdict(model: Score, references: readonly Score[]): string {
  const gap = ({ nats }: Score): number => Math.abs(nats - model.nats);
  const by = (reference: Score): string => `the ${reference.name} by ${gap(reference).toFixed(3)}`;
  const nearestFirst = [...references].sort((a, b) => gap(a) - gap(b));
  const beaten = nearestFirst.filter(({ nats }) => nats > model.nats).map(by);
  const ahead = nearestFirst.filter(({ nats }) => nats <= model.nats).map(by);
  const parts = [];
  if (beaten.length > 0) parts.push(`beats ${enumerate(beaten)}`);
  if (ahead.length > 0) parts.push(`is behind ${enumerate(ahead)}`);
  return `The ${model.name} ${parts.join('; it ')} nats per character.`;
}

const NAMES: Record<number, string> = { 0: 'uniform', 1: 'unigram', 2: 'bigram', 3: 'trigram' };

/** The first column to the left, the others to the right. */
function alignColumns(rows: readonly (readonly string[])[]): string {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const line = (row: readonly string[]): string =>
    row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column]))).join('  ');
  return rows.map(line).join('\n');
}

function enumerate(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}
