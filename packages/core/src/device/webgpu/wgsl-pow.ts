/**
 * x^y = 2^(y log2 |x|). An error of y log2 |x| grows with its size, so the logarithm and the product are sums of two
 * numbers, a short one of 12 bits, whose products with short ones are exact, and the rest.
 *
 * log2(x) = e + log2(c) + log2(m / c) with x = 2^e m and c = 1 or 181/128, the one that is closer to m, and
 * log2(m / c) = 2/ln(2) artanh(s) with s = (m - c) / (m + c), |s| < 0.09.
 */
export const POW: Readonly<Record<string, string>> = {
  /** log2(x) of a positive x as the sum of a short number and another. */
  log2Parts_: `fn log2Parts_(x: f32) -> vec2f {
  let bits = bitcast<i32>(x);
  let shift = select(0u, countLeadingZeros(bitcast<u32>(x)) - 8u, bits < 0x00800000);
  let normal = bits << shift;
  let exponent = (normal - 0x3f5744fd) >> 23u; // m in [0.841, 1.682)
  let m = bitcast<f32>(normal - (exponent << 23u));
  let upper = m > 1.189207f;
  let c = select(1f, 1.4140625f, upper);

  // s = sh + sl: what f = m - c leaves over of sh (2 c + f) is exact, but for its last product.
  let f = m - c;
  let d = fma(2f, c, f);
  let s = f / d;
  let sh = short_(s);
  let fh = short_(f);
  let left = fma(-sh, f - fh, rounded_(fma(-sh, fh, rounded_(fma(-2f * c, sh, f)))));
  let sl = left / d;

  // 2/ln(2) (s + s w) with w = artanh(s) / s - 1, minimax in s^2
  let z = s * s;
  let w = fma(fma(0.144544467f, z, 0.199992314f), z, 0.333333343f) * z;
  let head = rounded_(2.884765625f * sh);
  let tail = fma(2.88539008f, sl, fma(6.24455182e-4f, sh, 2.88539008f * (s * w)));
  let base = f32(exponent - i32(shift)) + select(0f, 0.5f, upper);
  let small = tail + select(0f, -1.54112917e-4f, upper); // log2(181/128) - 1/2
  let high = short_(base + (head + small));
  return vec2f(high, rounded_(rounded_(base - high) + head) + small);
}`,
  /** a^y for a > 0, y not NaN. Beyond 2^32 any y gives 0, 1 or Infinity; beyond 200 any power of two is 0 or Infinity. */
  power_: `fn power_(a: f32, y: f32) -> f32 {
  let logarithm = log2Parts_(a);
  let c = clamp(y, -4294967296f, 4294967296f);
  let ch = short_(c);
  let head = rounded_(ch * logarithm.x);
  let tail = fma(c, logarithm.y, (c - ch) * logarithm.x);
  let t = clamp(head + tail, -200f, 200f);
  let k = round(t);
  let f = select(0f, rounded_(head - k) + tail, abs(t) < 200f);
  var q = fma(1.53271103e-4f, f, 1.33912417e-3f); // (2^f - 1) / f, minimax
  q = fma(q, f, 9.61850584e-3f);
  q = fma(q, f, 5.55035919e-2f);
  q = fma(q, f, 0.240226477f);
  q = fma(q, f, 0.693147182f);
  return scale_(fma(q, f, 1f), i32(k));
}`,
  /**
   * IEEE's table of special cases: x^0 = 1^y = (-1)^Infinity = 1 even for NaN, a negative x has a power only for whole
   * y, which is negative for odd ones.
   */
  pow_: `fn pow_(x: f32, y: f32) -> f32 {
  let a = magnitude_(x);
  let infinity = float_(0x7f800000u);
  if (equal_(y, 0f) || equal_(x, 1f) || (equal_(x, -1f) && equal_(magnitude_(y), infinity))) { return 1f; }
  if (!ordered_(x, y)) { return float_(0x7fc00000u); }
  let whole = equal_(trunc(y), y);
  if (less_(x, 0f) && less_(a, infinity) && !whole) { return float_(0x7fc00000u); }
  var result = select(0f, infinity, less_(y, 0f) == equal_(a, 0f));
  if (less_(0f, a) && less_(a, infinity)) { result = power_(a, y); }
  let half = 0.5f * y;
  let isNegative = bitcast<i32>(x) < 0 && whole && trunc(half) != half;
  return select(result, negative_(result), isNegative);
}`,
};
