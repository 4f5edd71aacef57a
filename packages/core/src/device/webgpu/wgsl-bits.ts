/**
 * Numbers as bits, for what float instructions do not promise: a WGSL compiler may assume that there is neither NaN nor
 * Infinity nor -0, may treat subnormal numbers as 0, and refuses constants that are not finite. Integers it leaves
 * alone: so comparisons, signs and rounding are as exact here as on the cpu.
 */
export const BITS: Readonly<Record<string, string>> = {
  /** A constant by its bits: what a function returns is not computed before the shader runs. */
  float_: 'fn float_(bits: u32) -> f32 { return bitcast<f32>(bits); }',

  /** 0, which the compiler cannot know: the kernel's entry sets it to the grid's third dimension minus 1. */
  zero_: 'var<private> zero_: u32;',
  /**
   * x as it was rounded. Compilers compute as if numbers were real: for x - k a - k b with a short a they may write
   * x - k (a + b), and lose what b was for. They do not look behind this.
   */
  rounded_: 'fn rounded_(x: f32) -> f32 { return bitcast<f32>(bitcast<u32>(x) ^ zero_); }',

  isNaN_: 'fn isNaN_(x: f32) -> bool { return (bitcast<u32>(x) << 1u) > 0xff000000u; }',
  isFinite_: 'fn isFinite_(x: f32) -> bool { return (bitcast<u32>(x) << 1u) < 0xff000000u; }',
  /** Neither is NaN. */
  ordered_: `fn ordered_(a: f32, b: f32) -> bool {
  return max(bitcast<u32>(a) << 1u, bitcast<u32>(b) << 1u) <= 0xff000000u;
}`,
  /** Grows with x, and is 0 for 0 and -0. */
  order_: `fn order_(x: f32) -> i32 {
  let bits = bitcast<i32>(x);
  return select(bits, -(bits & 0x7fffffff), bits < 0);
}`,
  less_: 'fn less_(a: f32, b: f32) -> bool { return ordered_(a, b) && order_(a) < order_(b); }',
  lessOrEqual_: 'fn lessOrEqual_(a: f32, b: f32) -> bool { return ordered_(a, b) && order_(a) <= order_(b); }',
  equal_: 'fn equal_(a: f32, b: f32) -> bool { return ordered_(a, b) && order_(a) == order_(b); }',

  /** Grows with x, also from -0 to 0; its own inverse on bits. */
  rank_: 'fn rank_(bits: i32) -> i32 { return bits ^ ((bits >> 31u) & 0x7fffffff); }',
  max_: `fn max_(a: f32, b: f32) -> f32 {
  let larger = rank_(max(rank_(bitcast<i32>(a)), rank_(bitcast<i32>(b))));
  return select(float_(0x7fc00000u), bitcast<f32>(larger), ordered_(a, b));
}`,
  min_: `fn min_(a: f32, b: f32) -> f32 {
  let smaller = rank_(min(rank_(bitcast<i32>(a)), rank_(bitcast<i32>(b))));
  return select(float_(0x7fc00000u), bitcast<f32>(smaller), ordered_(a, b));
}`,

  negative_: 'fn negative_(x: f32) -> f32 { return bitcast<f32>(bitcast<u32>(x) ^ 0x80000000u); }',
  magnitude_: 'fn magnitude_(x: f32) -> f32 { return bitcast<f32>(bitcast<u32>(x) & 0x7fffffffu); }',
  /** y with the sign of x. */
  copySign_: `fn copySign_(y: f32, x: f32) -> f32 {
  return bitcast<f32>((bitcast<u32>(y) & 0x7fffffffu) | (bitcast<u32>(x) & 0x80000000u));
}`,
  /** 1 or -1, and x itself where it is 0, -0 or NaN. */
  sign_: `fn sign_(x: f32) -> f32 {
  return select(x, copySign_(1f, x), (bitcast<u32>(x) & 0x7fffffffu) - 1u < 0x7f800000u);
}`,

  /** As `trunc` sees subnormal numbers and the built-in \`floor\` and \`ceil\` need not. */
  floor_: 'fn floor_(x: f32) -> f32 { let t = trunc(x); return select(t, t - 1f, order_(x) < order_(t)); }',
  ceil_: 'fn ceil_(x: f32) -> f32 { let t = trunc(x); return select(t, t + 1f, order_(x) > order_(t)); }',

  /** The cast to i32: without what follows the point, modulo 2^32; 0 where it is not finite. */
  wrap_: `fn wrap_(x: f32) -> i32 {
  let bits = bitcast<u32>(x);
  let exponent = i32((bits >> 23u) & 0xffu) - 150;
  let mantissa = (bits & 0x7fffffu) | 0x800000u;
  let shifted = select(mantissa << u32(min(exponent, 31)), mantissa >> u32(min(-exponent, 31)), exponent < 0);
  let whole = i32(select(shifted, 0u, exponent > 31));
  return select(whole, -whole, bits > 0x7fffffffu);
}`,
  isTrue_: 'fn isTrue_(x: f32) -> bool { return (bitcast<u32>(x) << 1u) != 0u; }',

  /** 2^n for n from -126 to 127, and Infinity for 128. */
  powerOfTwo_: 'fn powerOfTwo_(n: i32) -> f32 { return bitcast<f32>((n + 127) << 23u); }',
  /** The first 12 bits of x: products of two of these are exact. */
  short_: 'fn short_(x: f32) -> f32 { return bitcast<f32>(bitcast<u32>(x) & 0xfffff000u); }',
  /** |x| < 2^n. */
  below_: 'fn below_(x: f32, n: i32) -> bool { return (bitcast<i32>(x) & 0x7fffffff) < ((n + 127) << 23u); }',
  /** The reciprocal of a divisor beyond 2^126 is subnormal, and drivers multiply by that. */
  divide_: `fn divide_(a: f32, b: f32) -> f32 {
  let scale = select(1f, 0.25f, magnitude_(b) > 8.507059e37f);
  return (a * scale) / (b * scale);
}`,
  /** The upper half of a product: WGSL has no 64-bit integers. */
  highOfProduct_: `fn highOfProduct_(a: u32, b: u32) -> u32 {
  let ah = a >> 16u;
  let al = a & 0xffffu;
  let bh = b >> 16u;
  let bl = b & 0xffffu;
  let middle = ah * bl + ((al * bl) >> 16u);
  return ah * bh + (middle >> 16u) + ((al * bh + (middle & 0xffffu)) >> 16u);
}`,
};
