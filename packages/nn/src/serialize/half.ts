/**
 * Floats of 16 bits, as files have them: F16 (IEEE binary16: 5 bits of exponent, 10 of fraction) and BF16 (the upper
 * half of an f32). Every one of them is an f32; an f32 is rounded to the nearest, of two equally near to the even one.
 */

/** BF16 to f32. */
export function fromBF16(raw: Uint16Array): Float32Array<ArrayBuffer> {
  const values = new Float32Array(raw.length);
  const bits = new Uint32Array(values.buffer);
  for (let i = 0; i < raw.length; i++) bits[i] = raw[i]! << 16;
  return values;
}

/** F16 to f32. */
export function fromF16(raw: Uint16Array): Float32Array<ArrayBuffer> {
  const values = new Float32Array(raw.length);
  const bits = new Uint32Array(values.buffer);
  for (let i = 0; i < raw.length; i++) {
    const magnitude = raw[i]! & 0x7fff;
    bits[i] = magnitude << 13; // exponent and fraction, at their places in an f32
    if (magnitude < F16_INFINITY)
      values[i]! *= 2 ** 112; // the biases are 15 and 127; right for subnormals too
    else bits[i]! |= F32_INFINITY; // or NaN
    bits[i]! |= (raw[i]! & 0x8000) << 16;
  }
  return values;
}

/** f32 to BF16; finite values beyond 3.39e38 become infinite. */
export function toBF16(values: Float32Array): Uint16Array<ArrayBuffer> {
  const raw = new Uint16Array(values.length);
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  for (let i = 0; i < raw.length; i++) {
    const x = bits[i]!;
    const notANumber = (x & 0x7fffffff) > F32_INFINITY;
    raw[i] = notANumber ? (x >>> 16) | 0x40 : (x + 0x7fff + ((x >>> 16) & 1)) >>> 16;
  }
  return raw;
}

/** f32 to F16; finite values of 65520 and more become infinite. */
export function toF16(values: Float32Array): Uint16Array<ArrayBuffer> {
  const raw = new Uint16Array(values.length);
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  for (let i = 0; i < raw.length; i++) raw[i] = ((bits[i]! >>> 16) & 0x8000) | magnitudeToF16(bits[i]! & 0x7fffffff);
  return raw;
}

const F16_INFINITY = 0x7c00;
const F32_INFINITY = 0x7f800000;
const [LARGEST, SMALLEST_NORMAL, HALF] = [0x477ff000, 0x38800000, 0x3f000000]; // as f32: 65520, 2^-14, 0.5

function magnitudeToF16(x: number): number {
  if (x > F32_INFINITY) return 0x7e00 | ((x >>> 13) & 0x3ff); // NaN
  if (x >= LARGEST) return F16_INFINITY;
  if (x >= SMALLEST_NORMAL) return (x + 0xfff + ((x >>> 13) & 1) - ((127 - 15) << 23)) >>> 13;
  oneBits[0] = x;
  one[0]! += 0.5; // f32 between 0.5 and 1 are 2^-24 apart, as subnormal F16 are: the sum rounds as it should
  return oneBits[0]! - HALF;
}

const one = new Float32Array(1);
const oneBits = new Uint32Array(one.buffer);
