/**
 * exp and what is made of it.
 *
 * exp(x) = 2^k exp(r) with k = round(x / ln 2), so |r| <= ln(2)/2, and exp(r) - 1 = r + r^2 q(r), a polynomial.
 */
export const EXP: Readonly<Record<string, string>> = {
  /**
   * exp(r) - 1, and k. ln 2 is subtracted in two parts; k times the first is exact. q is minimax: relative error of
   * exp(r) 3e-9.
   */
  expParts_: `fn expParts_(x: f32) -> vec2f {
  let k = round(x * 1.44269504f);
  let r = fma(k, -1.42860677e-6f, rounded_(fma(k, -0.693145752f, x)));
  let q = fma(fma(fma(fma(1.38198247e-3f, r, 8.36868677e-3f), r, 4.16682772e-2f), r, 0.166665211f), r, 0.49999994f);
  return vec2f(fma(q, r * r, r), k);
}`,
  /** y 2^n for n from -252 to 254, in two steps, so that the result alone is too large or too small. */
  scale_: `fn scale_(y: f32, n: i32) -> f32 {
  let first = clamp(n, -126, 127);
  return rounded_(y * powerOfTwo_(first)) * powerOfTwo_(n - first);
}`,

  exp_: `fn exp_(x: f32) -> f32 {
  let parts = expParts_(clamp(x, -104f, 89f));
  return select(scale_(parts.x + 1f, i32(parts.y)), x, isNaN_(x));
}`,
  /** exp(x) - 1 = 2 (2^(k-1) p + (2^(k-1) - 1/2)) with p = exp(r) - 1: small x lose nothing, and k = 128 is no pole. */
  expm1_: `fn expm1_(x: f32) -> f32 {
  let parts = expParts_(clamp(x, -18f, 89f));
  let half = powerOfTwo_(i32(parts.y) - 1);
  let y = select(2f * fma(parts.x, half, half - 0.5f), parts.x, parts.y == 0f);
  return select(y, x, isNaN_(x) || below_(x, -26));
}`,

  /** exp(|x|) / 2, which overflows no sooner than sinh and cosh do: 2 (p + 1) 2^(k-2). */
  halfOfExp_: `fn halfOfExp_(x: f32) -> f32 {
  let parts = expParts_(min(magnitude_(x), 90f));
  return fma(2f, parts.x, 2f) * powerOfTwo_(i32(parts.y) - 2);
}`,
  /** (exp(|x|) - exp(-|x|)) / 2 with the sign of x; a polynomial below 1, where the difference would cancel. */
  sinh_: `fn sinh_(x: f32) -> f32 {
  let half = halfOfExp_(x);
  let z = x * x;
  let small = fma(fma(fma(2.03733405e-4f, z, 8.33027065e-3f), z, 0.166667163f) * z, x, x);
  let y = select(copySign_(half - 0.25f / half, x), small, below_(x, 0));
  return select(y, x, isNaN_(x) || below_(x, -13));
}`,
  /** (exp(|x|) + exp(-|x|)) / 2 */
  cosh_: `fn cosh_(x: f32) -> f32 {
  let half = halfOfExp_(x);
  return select(half + 0.25f / half, x, isNaN_(x));
}`,
};
