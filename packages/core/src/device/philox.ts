/**
 * Random numbers by counting: block n of a stream is Philox4x32-10 of the counter n under a key, the seed. There is no
 * state to pass along, so every device and every thread computes element i on its own and all get the same bits.
 *
 * From words to numbers (w is one of the 32-bit words of the stream, in order):
 *
 *   uniform f32   (w >> 8) / 2^24                       1 word an element    [0, 1)
 *   uniform f64   ((w >> 5) * 2^26 + (w' >> 6)) / 2^53  2 words              [0, 1)
 *   normal        Box-Muller of two uniforms            1 word f32, 2 words f64
 *   integer       low + floor(w * (high - low) / 2^32)  1 word, any dtype    [low, high)
 *
 * Uniforms and integers have the same bits everywhere; normals agree up to the rounding of log, cos and sin.
 *
 * Source: Salmon, Moraes, Dror, Shaw: Parallel random numbers: as easy as 1, 2, 3 (SC 2011),
 * https://doi.org/10.1145/2063384.2063405.
 */

export type RandomKind = 'uniform' | 'normal' | 'integer';

/** Where in which stream to read. Both are whole numbers below 2^53; `offset` counts blocks of four words. */
export interface RandomStream {
  readonly seed: number;
  readonly offset: number;
}

type NumberArray = Float32Array | Float64Array | Int32Array;

/**
 * Fills `out` with random numbers and returns how many counter blocks that used: `offset` plus this is where the next
 * call continues. Element i depends only on the stream, i, the kind, and whether `out` is a Float64Array.
 *
 * `uniform` is in [0, 1), `normal` has mean 0 and variance 1; both expect a float array. `integer` is in [low, high),
 * where `low` and `high - 1` are i32. An integer's probability differs from 1 / (high - low) by less than 2^-32: some
 * values own one word more than others, which shows once the range is close to 2^32 wide. Nothing is rejected, since
 * then the number of words used, and with it every later element, would depend on the values.
 */
export function fillRandom(
  kind: RandomKind,
  out: NumberArray,
  stream: RandomStream,
  low = 0,
  high: number = 2 ** 31,
): number {
  const wide = out instanceof Float64Array && kind !== 'integer';
  const convert = conversion(kind, wide, low, high);
  const wordsPerElement = wide ? 2 : 1;
  const wordCount = out.length * wordsPerElement;
  // A pair of normals takes whole blocks or half a block, so the end of a strip never splits one.
  const words = new Uint32Array(Math.min(STRIP_WORDS, Math.ceil(wordCount / 4) * 4));

  for (let done = 0; done < wordCount; done += words.length) {
    const first = done / wordsPerElement;
    const count = Math.min(words.length / wordsPerElement, out.length - first);
    fillBits(words, stream.seed, stream.offset + done / 4);
    convert(words, out, first, count);
  }
  return Math.ceil(wordCount / 4);
}

/**
 * The bits of a stream: word i is lane i mod 4 of the block whose counter is `offset + floor(i / 4)`.
 *
 * The seed is the key: its lower and upper 32 bits (two's complement, so -1 is a seed like any other). The lower two
 * words of the counter hold the block's number, the upper two are 0.
 */
export function fillBits(out: Uint32Array, seed: number | bigint, offset: number): void {
  const key0 = lowWord(seed);
  const key1 = highWord(seed);
  const block = new Uint32Array(4);
  for (let i = 0, n = offset; i < out.length; i += 4, n++) {
    philoxBlock(n >>> 0, Math.floor(n / 2 ** 32), 0, 0, key0, key1, block);
    const lanes = Math.min(4, out.length - i);
    for (let lane = 0; lane < lanes; lane++) out[i + lane] = block[lane]!;
  }
}

/** One block: `out` gets the four words of `counter` (four words) under `key` (two words). */
export function philox4x32(counter: ArrayLike<number>, key: ArrayLike<number>, out: Uint32Array): void {
  philoxBlock(counter[0]!, counter[1]!, counter[2]!, counter[3]!, key[0]!, key[1]!, out);
}

/**
 * Ten rounds of (c0, c1, c2, c3) -> (hi(M1 c2) ^ c1 ^ k0, lo(M1 c2), hi(M0 c0) ^ c3 ^ k1, lo(M0 c0)), with hi and lo
 * the halves of a 64-bit product, and the key advanced by a Weyl sequence between rounds.
 */
function philoxBlock(
  counter0: number,
  counter1: number,
  counter2: number,
  counter3: number,
  key0: number,
  key1: number,
  out: Uint32Array,
): void {
  let c0 = counter0 | 0;
  let c1 = counter1 | 0;
  let c2 = counter2 | 0;
  let c3 = counter3 | 0;
  let k0 = key0 | 0;
  let k1 = key1 | 0;
  for (let round = 0; round < 10; round++) {
    const high0 = multiplyHigh(M0, c0);
    const high1 = multiplyHigh(M1, c2);
    const low0 = Math.imul(M0, c0);
    const low1 = Math.imul(M1, c2);
    c0 = high1 ^ c1 ^ k0;
    c1 = low1;
    c2 = high0 ^ c3 ^ k1;
    c3 = low0;
    k0 = (k0 + W0) | 0;
    k1 = (k1 + W1) | 0;
  }
  out[0] = c0;
  out[1] = c1;
  out[2] = c2;
  out[3] = c3;
}

const M0 = 0xd2511f53;
const M1 = 0xcd9e8d57;
const W0 = 0x9e3779b9; // the golden ratio
const W1 = 0xbb67ae85; // sqrt(3) - 1

/** The upper 32 bits of a 32 x 32 bit product of unsigned numbers, as a signed word: JavaScript has no 64-bit integers. */
function multiplyHigh(a: number, b: number): number {
  const aHigh = a >>> 16;
  const aLow = a & 0xffff;
  const bHigh = b >>> 16;
  const bLow = b & 0xffff;
  const cross0 = Math.imul(aHigh, bLow);
  const cross1 = Math.imul(aLow, bHigh);
  const carry = ((Math.imul(aLow, bLow) >>> 16) + (cross0 & 0xffff) + (cross1 & 0xffff)) >>> 16;
  return (Math.imul(aHigh, bHigh) + (cross0 >>> 16) + (cross1 >>> 16) + carry) | 0;
}

function lowWord(seed: number | bigint): number {
  return typeof seed === 'bigint' ? Number(BigInt.asUintN(32, seed)) : seed >>> 0;
}

function highWord(seed: number | bigint): number {
  return typeof seed === 'bigint' ? Number(BigInt.asUintN(32, seed >> 32n)) : Math.floor(seed / 2 ** 32) >>> 0;
}

const STRIP_WORDS = 1024; // words that are made at a time, before they become numbers: 4 KiB stay in the cache

/** Writes `count` elements of `out`, from element `first` on, out of the words from `words[0]` on. */
type Conversion = (words: Uint32Array, out: NumberArray, first: number, count: number) => void;

function conversion(kind: RandomKind, wide: boolean, low: number, high: number): Conversion {
  if (kind === 'integer') return integers(low, high - low);
  const uniform = wide ? uniform53 : uniform24;
  const wordsPerElement = wide ? 2 : 1;
  return kind === 'uniform' ? uniforms(uniform, wordsPerElement) : normals(uniform, wordsPerElement);
}

type Uniform = (words: Uint32Array, at: number) => number;

/** 24 bits, all that an f32 in [0, 1) of even spacing can hold. */
function uniform24(words: Uint32Array, at: number): number {
  return (words[at]! >>> 8) * 2 ** -24;
}

/** 53 bits: the upper 27 of one word, then the upper 26 of the next. */
function uniform53(words: Uint32Array, at: number): number {
  return ((words[at]! >>> 5) * 2 ** 26 + (words[at + 1]! >>> 6)) * 2 ** -53;
}

function uniforms(uniform: Uniform, wordsPerElement: number): Conversion {
  return (words, out, first, count) => {
    for (let i = 0; i < count; i++) out[first + i] = uniform(words, i * wordsPerElement);
  };
}

/**
 * Box-Muller: elements 2j and 2j + 1 are r cos(2 pi v) and r sin(2 pi v) with r = sqrt(-2 ln(1 - u)), where u and v are
 * the uniforms that elements 2j and 2j + 1 would be. 1 - u is in (0, 1], so the logarithm never sees 0, and the largest
 * |normal| is sqrt(2 * 24 ln 2) = 5.77 in f32 and sqrt(2 * 53 ln 2) = 8.57 in f64.
 *
 * Source: https://doi.org/10.1214/aoms/1177706645.
 */
function normals(uniform: Uniform, wordsPerElement: number): Conversion {
  return (words, out, first, count) => {
    for (let i = 0; i < count; i += 2) {
      const radius = Math.sqrt(-2 * Math.log(1 - uniform(words, i * wordsPerElement)));
      const angle = 2 * Math.PI * uniform(words, (i + 1) * wordsPerElement);
      out[first + i] = radius * Math.cos(angle);
      if (i + 1 < count) out[first + i + 1] = radius * Math.sin(angle);
    }
  };
}

/** Multiply-high; a range of 2^32 is the word itself. */
function integers(low: number, range: number): Conversion {
  return (words, out, first, count) => {
    for (let i = 0; i < count; i++) {
      const word = words[i]!;
      out[first + i] = low + (range === 2 ** 32 ? word : multiplyHigh(word, range) >>> 0);
    }
  };
}
