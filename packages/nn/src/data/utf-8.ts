/** UTF-8 through what every browser and Node have, and the library of ECMAScript types leaves out. */

/** Half a surrogate pair becomes U+FFFD. */
export function encodeUtf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** What is not UTF-8 becomes U+FFFD. */
export function decodeUtf8(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
}

/** Decodes piece by piece: a character may be cut between two. It throws where the bytes are not UTF-8, and drops a byte order mark. */
export function strictDecoder(): Decoder {
  return new TextDecoder('utf-8', { fatal: true });
}

export interface Decoder {
  /** With `stream`, bytes at the end that begin a character wait for the next call. */
  decode(bytes?: Uint8Array, options?: { readonly stream: boolean }): string;
}

declare const TextEncoder: new () => { encode(text: string): Uint8Array };
declare const TextDecoder: new (label: string, options: { fatal?: boolean; ignoreBOM?: boolean }) => Decoder;
