/** asin, acos and atan. */
export const ARC: Readonly<Record<string, string>> = {
  /** asin of |x|, or of sqrt((1 - |x|) / 2) where |x| is larger than 1/2; by (asin(s) - s) / s^3 in s^2, minimax. */
  arcSine_: `fn arcSine_(a: f32) -> f32 {
  let large = a > 0.5f;
  let z = select(a * a, 0.5f * (1f - a), large);
  let s = select(a, sqrt(z), large);
  var q = fma(4.21583988e-2f, z, 2.41847411e-2f);
  q = fma(q, z, 4.54691537e-2f);
  q = fma(q, z, 7.49530941e-2f);
  q = fma(q, z, 0.166667521f);
  return fma(q * z, s, s);
}`,
  /** pi/2 - y, with pi/2 in two parts. */
  complement_: 'fn complement_(y: f32) -> f32 { return 1.57079637f - rounded_(y + 4.37113883e-8f); }',

  /** A polynomial for |x| <= 1/2, else pi/2 - 2 asin(sqrt((1 - |x|) / 2)); NaN beyond 1. */
  asin_: `fn asin_(x: f32) -> f32 {
  let a = magnitude_(x);
  let inner = arcSine_(a);
  let y = copySign_(select(inner, complement_(inner + inner), a > 0.5f), x);
  return select(float_(0x7fc00000u), select(y, x, below_(x, -13)), lessOrEqual_(a, 1f));
}`,
  /** pi/2 - asin(x), and for |x| > 1/2 without the difference: 2 asin(...) or pi - 2 asin(...). */
  acos_: `fn acos_(x: f32) -> f32 {
  let a = magnitude_(x);
  let inner = arcSine_(a);
  let twice = inner + inner;
  let outside = select(twice, 3.14159274f - rounded_(twice + 8.74227766e-8f), x < 0f);
  let y = select(complement_(select(inner, -inner, x < 0f)), outside, a > 0.5f);
  return select(float_(0x7fc00000u), y, lessOrEqual_(a, 1f));
}`,
  /** By (atan(t) - t) / t^3 in t^2 for t = |x| up to 1, minimax, else pi/2 - atan(1 / |x|). */
  atan_: `fn atan_(x: f32) -> f32 {
  let a = magnitude_(x);
  let large = a > 1f;
  let t = select(a, 1f / a, large);
  let z = t * t;
  var q = fma(-1.78300322e-3f, z, 1.08692273e-2f);
  q = fma(q, z, -3.10975984e-2f);
  q = fma(q, z, 5.78817166e-2f);
  q = fma(q, z, -8.39931443e-2f);
  q = fma(q, z, 0.109508812f);
  q = fma(q, z, -0.142640159f);
  q = fma(q, z, 0.199985296f);
  q = fma(q, z, -0.333332986f);
  let inner = fma(q * z, t, t);
  let y = copySign_(select(inner, complement_(inner), large), x);
  return select(y, x, isNaN_(x) || below_(x, -13));
}`,
};
