/**
 * log and what is made of it.
 *
 * log(x) = e ln 2 + log(1 + r) with x = 2^e (1 + r) and 1 + r in [2/3, 4/3), so that no bits are lost for x near 1.
 */
export const LOG: Readonly<Record<string, string>> = {
  /** e and r, by integers: so subnormal numbers have a logarithm too. Anything for x that has none. */
  logParts_: `fn logParts_(x: f32) -> vec2f {
  let bits = bitcast<i32>(x);
  let shift = select(0u, countLeadingZeros(bitcast<u32>(x)) - 8u, bits < 0x00800000);
  let normal = bits << shift;
  let above = normal - 0x3f2aaaab;
  let exponent = above >> 23u;
  return vec2f(f32(exponent - i32(shift)), bitcast<f32>(normal - (exponent << 23u)) - 1f);
}`,
  /** log(1 + r) - r = -r^2 / 2 + r^3 q(r), minimax: relative error of the logarithm 4.6e-9. */
  restOfLog_: `fn restOfLog_(r: f32) -> f32 {
  var q = fma(-0.128802091f, r, 0.139845937f);
  q = fma(q, r, -0.121874474f);
  q = fma(q, r, 0.14005734f);
  q = fma(q, r, -0.166801974f);
  q = fma(q, r, 0.200104266f);
  q = fma(q, r, -0.249998063f);
  q = fma(q, r, 0.333332151f);
  let z = r * r;
  return fma(z, -0.5f, q * r * z);
}`,
  /** y where 0 < x < Infinity; Infinity and NaN where x is, -Infinity for 0, and NaN below. */
  logEdges_: `fn logEdges_(x: f32, y: f32) -> f32 {
  let bits = bitcast<u32>(x);
  let edge = select(select(x, float_(0x7fc00000u), bits > 0x80000000u), float_(0xff800000u), (bits << 1u) == 0u);
  return select(edge, y, bits - 1u < 0x7f7fffffu);
}`,

  /** e ln 2 + log(1 + r); ln 2 in two parts, and e times the first is exact. */
  sumOfLog_: `fn sumOfLog_(e: f32, r: f32) -> f32 {
  return fma(e, 0.693145752f, r + fma(e, 1.42860677e-6f, restOfLog_(r)));
}`,
  log_: `fn log_(x: f32) -> f32 {
  let parts = logParts_(x);
  return logEdges_(x, sumOfLog_(parts.x, parts.y));
}`,
  /** Exact for powers of two. */
  log2_: `fn log2_(x: f32) -> f32 {
  let parts = logParts_(x);
  return logEdges_(x, fma(parts.y + restOfLog_(parts.y), 1.44269504f, parts.x));
}`,
  /** log10(2) in two parts; e times the first is exact. */
  log10_: `fn log10_(x: f32) -> f32 {
  let parts = logParts_(x);
  let small = fma(parts.y + restOfLog_(parts.y), 0.434294492f, parts.x * 4.60503898e-6f);
  return logEdges_(x, fma(parts.x, 0.301025391f, small));
}`,
  /** log(1 + x). The rounded 1 + x tells e; r = 2^-e x + (2^-e - 1) is then exact enough for any x. */
  log1p_: `fn log1p_(x: f32) -> f32 {
  let sum = 1f + x;
  let exponent = (bitcast<i32>(min(sum, 3.4028234e38f)) - 0x3f2aaaab) >> 23u;
  let scale = powerOfTwo_(2 - exponent); // 4 * 2^-e, since 2^-128 is subnormal
  let r = fma(x * scale, 0.25f, rounded_(fma(scale, 0.25f, -1f)));
  return select(logEdges_(sum, sumOfLog_(f32(exponent), r)), x, below_(x, -26));
}`,

  /** log1p(sum), where sum is about 2x for large x; for those, whose square may overflow, log(x) + ln 2. */
  logOfDouble_: `fn logOfDouble_(x: f32, sum: f32) -> f32 {
  let huge = x > 1073741824f;
  return log1p_(select(sum, x, huge)) + select(0f, 0.693147181f, huge);
}`,
  /** log(|x| + sqrt(x^2 + 1)) with the sign of x, as log1p(|x| + x^2 / (1 + sqrt(x^2 + 1))). */
  asinh_: `fn asinh_(x: f32) -> f32 {
  let a = magnitude_(x);
  let square = a * a;
  let y = copySign_(logOfDouble_(a, a + square / (1f + sqrt(square + 1f))), x);
  return select(y, x, isNaN_(x) || below_(x, -13));
}`,
  /** log(x + sqrt(x^2 - 1)), as log1p(t + sqrt(2 t + t^2)) with t = x - 1; NaN below 1. */
  acosh_: `fn acosh_(x: f32) -> f32 {
  let t = x - 1f;
  let y = logOfDouble_(x, t + sqrt(fma(t, t, t + t)));
  return select(float_(0x7fc00000u), y, lessOrEqual_(1f, x));
}`,
  /** log((1 + |x|) / (1 - |x|)) / 2 with the sign of x, as log1p(2 |x| / (1 - |x|)) / 2. */
  atanh_: `fn atanh_(x: f32) -> f32 {
  let a = magnitude_(x);
  let y = copySign_(0.5f * log1p_((a + a) / (1f - a)), x);
  return select(y, x, isNaN_(x) || below_(x, -13));
}`,
};
