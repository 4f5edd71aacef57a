/**
 * sin, cos and tan.
 *
 * With k = round(|x| 2/pi) and r = |x| - k pi/2, |r| <= pi/4, each is a polynomial in r that k mod 4 selects. pi/2 is
 * subtracted in four parts whose products with k are exact (Cody & Waite 1980), which holds up to |x| = 12,000. Beyond,
 * x 2/pi modulo 4 is all that matters of x: the 24 bits of x times those of 2/pi that make a difference, in integers
 * (Payne & Hanek 1983).
 */
export const TRIG: Readonly<Record<string, string>> = {
  Turn_: 'struct Turn_ { quadrant: i32, rest: f32 }',
  turnOf_: `fn turnOf_(a: f32) -> Turn_ {
  if (a > 12000f) { return turnOfLarge_(a); }
  let k = round(a * 0.636619772f);
  let r1 = rounded_(fma(k, -1.5703125f, a));
  let r2 = rounded_(fma(k, -4.83751297e-4f, r1));
  let r3 = rounded_(fma(k, -7.54953362e-8f, r2));
  return Turn_(i32(k), fma(k, -2.56334407e-12f, r3));
}`,
  /** Bits of 2/pi, most significant first, behind 32 bits of 0. */
  TWO_OVER_PI_: `const TWO_OVER_PI_ = array<u32, 8>(
  0u, 0xa2f9836eu, 0x4e441529u, 0xfc2757d1u, 0xf534ddc0u, 0xdb629599u, 0x3c439041u, 0xfe5163abu);`,
  /** Word \`at / 32\` of 2/pi, moved left by \`at % 32\` bits. */
  bitsOfTwoOverPi_: `fn bitsOfTwoOverPi_(at: u32) -> u32 {
  let word = at >> 5u;
  return (TWO_OVER_PI_[word] << (at & 31u)) | ((TWO_OVER_PI_[word + 1u] >> 1u) >> (31u - (at & 31u)));
}`,
  /**
   * a = m 2^e, and 96 bits of 2/pi from the one on whose product with 2^e is 2. Their product with m has quarters of a
   * turn in its upper two bits; of the fraction behind them 64 bits are kept, so that 24 are left after the 30 zeros
   * that there may be.
   */
  turnOfLarge_: `fn turnOfLarge_(a: f32) -> Turn_ {
  let bits = bitcast<u32>(a);
  let m = (bits & 0x7fffffu) | 0x800000u;
  let at = min(bits >> 23u, 254u) - 120u;
  let low = bitsOfTwoOverPi_(at + 64u);
  let middle = bitsOfTwoOverPi_(at + 32u);
  let p1 = m * middle + highOfProduct_(m, low);
  let carry = select(0u, 1u, p1 < m * middle);
  let p0 = m * bitsOfTwoOverPi_(at) + highOfProduct_(m, middle) + carry;
  let upper = (p0 << 2u) | (p1 >> 30u);
  let lower = (p1 << 2u) | ((m * low) >> 30u);
  let past = upper >> 31u; // the nearest quarter is the next one
  let flip = 0u - past;
  let rest = fma(f32(upper ^ flip), 2.32830644e-10f, f32(lower ^ flip) * 5.42101086e-20f) * 1.57079633f;
  return Turn_(i32((p0 >> 30u) + past), select(rest, -rest, past == 1u));
}`,

  /** Minimax for |r| <= pi/4 in z = r^2: (sin(r) - r) / r^3, (cos(r) - 1 + r^2 / 2) / r^4, (tan(r) - r) / r^3. */
  sinOf_: `fn sinOf_(r: f32) -> f32 {
  let z = r * r;
  return fma(fma(fma(-1.9518286e-4f, z, 8.33218917e-3f), z, -0.166666552f) * z, r, r);
}`,
  cosOf_: `fn cosOf_(r: f32) -> f32 {
  let z = r * r;
  return fma(z, -0.5f, 1f) + fma(fma(2.44324327e-5f, z, -1.38873095e-3f), z, 4.16666456e-2f) * z * z;
}`,
  tanOf_: `fn tanOf_(r: f32) -> f32 {
  let z = r * r;
  var q = fma(4.37269546e-3f, z, 9.82468264e-5f);
  q = fma(q, z, 1.08274436e-2f);
  q = fma(q, z, 2.12862082e-2f);
  q = fma(q, z, 5.40589131e-2f);
  q = fma(q, z, 0.133326754f);
  q = fma(q, z, 0.333333492f);
  return fma(q * z, r, r);
}`,
  /** sin(r + quadrant pi/2) */
  sinTurned_: `fn sinTurned_(r: f32, quadrant: i32) -> f32 {
  let y = select(sinOf_(r), cosOf_(r), (quadrant & 1) == 1);
  return select(y, -y, (quadrant & 2) == 2);
}`,

  /** What is not finite has no sine. */
  sin_: `fn sin_(x: f32) -> f32 {
  let turn = turnOf_(magnitude_(x));
  let y = sinTurned_(turn.rest, turn.quadrant);
  let signed = select(y, -y, (bitcast<u32>(x) >> 31u) == 1u);
  return select(float_(0x7fc00000u), select(signed, x, below_(x, -13)), isFinite_(x));
}`,
  cos_: `fn cos_(x: f32) -> f32 {
  let turn = turnOf_(magnitude_(x));
  return select(float_(0x7fc00000u), sinTurned_(turn.rest, turn.quadrant + 1), isFinite_(x));
}`,
  /** tan(r + pi/2) = -1 / tan(r) */
  tan_: `fn tan_(x: f32) -> f32 {
  let turn = turnOf_(magnitude_(x));
  let t = tanOf_(turn.rest);
  let y = select(t, -1f / t, (turn.quadrant & 1) == 1);
  let signed = select(y, -y, (bitcast<u32>(x) >> 31u) == 1u);
  return select(float_(0x7fc00000u), select(signed, x, below_(x, -13)), isFinite_(x));
}`,
};
