/** How the vocabularies of two texts differ. */
import { characterName, type Vocabulary } from '@tapegrad/nn/data';

/** How `other` differs, in words, or null when it is the same vocabulary. */
export function difference(vocabulary: Vocabulary, other: Vocabulary): string | null {
  const missing = vocabulary.pieces.filter((character) => !other.pieces.includes(character));
  const added = other.pieces.filter((character) => !vocabulary.pieces.includes(character));
  const parts = [];
  if (missing.length > 0) parts.push(`lacks ${list(missing)}`);
  if (added.length > 0) parts.push(`adds ${list(added)}`);
  return parts.length > 0 ? parts.join(' and ') : null;
}

function list(characters: readonly string[], most = 5): string {
  const named = characters.slice(0, most).map(characterName).join(', ');
  const rest = characters.length - most;
  return rest > 0 ? `${named} and ${rest} more` : named;
}
