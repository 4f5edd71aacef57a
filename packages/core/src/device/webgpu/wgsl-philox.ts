/** Random numbers by counting: the same bits as `device/philox.ts`, whose comments hold here too, a block at a time. */
export const PHILOX: Readonly<Record<string, string>> = {
  /** The four words of a block. Lower words first. */
  philox_: `fn philox_(counter: vec2u, key: vec2u) -> vec4u {
  var c = vec4u(counter, 0u, 0u);
  var k = key;
  for (var round = 0; round < 10; round++) {
    let high0 = highOfProduct_(0xd2511f53u, c.x);
    let high1 = highOfProduct_(0xcd9e8d57u, c.z);
    c = vec4u(high1 ^ c.y ^ k.x, 0xcd9e8d57u * c.z, high0 ^ c.w ^ k.y, 0xd2511f53u * c.x);
    k += vec2u(0x9e3779b9u, 0xbb67ae85u);
  }
  return c;
}`,
  /** The number of block n behind another one: a sum of 64 bits. */
  later_: `fn later_(counter: vec2u, n: u32) -> vec2u {
  let low = counter.x + n;
  return vec2u(low, counter.y + select(0u, 1u, low < n));
}`,

  /** In [0, 1). */
  uniform_: 'fn uniform_(words: vec4u) -> vec4f { return vec4f(words >> vec4u(8u)) * 5.96046448e-8f; }',
  /** In [low, low + range); `whole` where the range is 2^32, which wraps to 0. */
  integer_: `fn integer_(words: vec4u, low: i32, range: u32, whole: bool) -> vec4i {
  let high = vec4u(highOfProduct_(words.x, range), highOfProduct_(words.y, range),
                   highOfProduct_(words.z, range), highOfProduct_(words.w, range));
  return vec4i(low) + vec4i(select(high, words, whole));
}`,
  normal_: 'fn normal_(words: vec4u) -> vec4f { return vec4f(normalPair_(words.xy), normalPair_(words.zw)); }',
  /** Box-Muller. An eighth of the circle is left of the angle, in integers, so nothing is lost to the subtraction. */
  normalPair_: `fn normalPair_(words: vec2u) -> vec2f {
  let bits = words >> vec2u(8u);
  let radius = sqrt(-2f * log_(f32(0x1000000u - bits.x) * 5.96046448e-8f));
  let quarter = (bits.y + 0x200000u) >> 22u;
  let angle = f32(i32(bits.y - (quarter << 22u))) * 3.74507039e-7f; // 2^-22 pi/2
  return radius * vec2f(sinTurned_(angle, i32(quarter) + 1), sinTurned_(angle, i32(quarter)));
}`,
};
