/**
 * tanh, sigmoid and erf.
 *
 * tanh by the addition formula: x = k ln(2)/2 + r with |r| <= ln(2)/4, so that tanh(k ln(2)/2) = (S - 1) / (S + 1) with
 * S = 2^k,
 *
 *   tanh(x) = ((S + 1) t + (S - 1)) / ((S - 1) t + (S + 1)),   t = tanh(r), a short polynomial.
 *
 * Nothing cancels for small x, where S = 1, and the quotient never exceeds 1. The others share it:
 *
 *   sigmoid(x) = (1 + tanh(x/2)) / 2 = S (1 + t) / (S (1 + t) + (1 - t)),
 *   erf(x) = tanh of a polynomial in x: an error there fades as erf nears 1.
 */
export const TANH: Readonly<Record<string, string>> = {
  /** t, and k. ln(2)/2 in two parts; k times the first is exact. t / r is minimax in r^2: relative error 1.6e-10. */
  tanhParts_: `fn tanhParts_(x: f32) -> vec2f {
  let k = round(x * 2.88539008f);
  let r = fma(k, -7.1430341e-7f, rounded_(fma(k, -0.346572876f, x)));
  let z = r * r;
  return vec2f(fma(fma(fma(-5.27152941e-2f, z, 0.133311421f), z, -0.333333224f), z, 1f) * r, k);
}`,
  tanhOf_: `fn tanhOf_(x: f32) -> f32 {
  let parts = tanhParts_(x);
  let power = powerOfTwo_(i32(parts.y));
  let difference = power - 1f;
  let sum = power + 1f;
  return fma(sum, parts.x, difference) / fma(difference, parts.x, sum);
}`,

  /** From 9.02 on it is 1 in f32. */
  tanh_: `fn tanh_(x: f32) -> f32 {
  return select(tanhOf_(clamp(x, -9.02f, 9.02f)), x, isNaN_(x) || below_(x, -13));
}`,
  /**
   * 1 / (1 + exp(-x)): 1 in f32 from 30 on, 0 below -104. Both sides of the fraction are scaled by 2^75, which keeps
   * them normal.
   */
  sigmoid_: `fn sigmoid_(x: f32) -> f32 {
  let parts = tanhParts_(clamp(0.5f * x, -52f, 15f));
  let power = powerOfTwo_(i32(parts.y) + 75);
  let grown = fma(power, parts.x, power);
  let y = grown / (grown + fma(parts.x, -powerOfTwo_(75), powerOfTwo_(75)));
  return select(y, x, isNaN_(x));
}`,
  /** artanh(erf(x)) / x - 1 in x^2, minimax: relative error of erf 3.2e-8. From 3.95 on erf is 1 in f32. For
   * tiny x it is 2 / sqrt(pi) x, whose terms alone would be subnormal. */
  erf_: `fn erf_(x: f32) -> f32 {
  let c = clamp(x, -3.95f, 3.95f);
  let z = c * c;
  var q = fma(-1.64409097e-9f, z, 5.40855254e-8f);
  q = fma(q, z, -5.17944613e-7f);
  q = fma(q, z, -1.83894701e-6f);
  q = fma(q, z, 7.64026554e-5f);
  q = fma(q, z, -6.03506865e-4f);
  q = fma(q, z, -2.0231829e-4f);
  q = fma(q, z, 0.102771379f);
  q = fma(q, z, 0.128379196f);
  let y = select(tanhOf_(fma(q, c, c)), 1.12837917f * x, below_(x, -13));
  return select(copySign_(y, x), x, isNaN_(x));
}`,
};
