/** The instructions that the kernels use, by type. Alignment hints are left at 0: the engines ignore them. */

import type { Effect, F32, F64, I32, V128, Value, WasmType } from './assembler.ts';
import type { ByteWriter } from './bytes.ts';

type Opcode = readonly number[];

const write = (out: ByteWriter, opcode: Opcode): ByteWriter => {
  for (const byte of opcode) out.byte(byte);
  return out;
};

/** SIMD opcodes are a prefix and a LEB128 number. */
const simd = (code: number): Opcode => [0xfd, ...(code < 0x80 ? [code] : [(code & 0x7f) | 0x80, code >> 7])];

const op =
  <R extends WasmType, A extends readonly Value<WasmType>[]>(type: R, opcode: Opcode) =>
  (...args: A): Value<R> => ({
    type,
    emit(out) {
      for (const arg of args) arg.emit(out);
      write(out, opcode);
    },
  });

const load =
  <R extends WasmType>(type: R, opcode: Opcode) =>
  (address: I32, offset = 0): Value<R> => ({
    type,
    emit(out) {
      address.emit(out);
      write(out, opcode).byte(0).unsigned(offset);
    },
  });

const store =
  <T extends WasmType>(opcode: Opcode) =>
  (address: I32, value: Value<T>, offset = 0): Effect => ({
    emit(out) {
      address.emit(out);
      value.emit(out);
      write(out, opcode).byte(0).unsigned(offset);
    },
  });

type Unary<T extends WasmType, R extends WasmType = T> = (a: Value<T>) => Value<R>;
type Binary<T extends WasmType, R extends WasmType = T> = (a: Value<T>, b: Value<T>) => Value<R>;

const bytesOf = (values: Float32Array | Int32Array | Float64Array): Uint8Array => new Uint8Array(values.buffer);

interface I32Instructions {
  const(value: number): I32;
  load(address: I32, offset?: number): I32;
  load8(address: I32, offset?: number): I32;
  store(address: I32, value: I32, offset?: number): Effect;
  store8(address: I32, value: I32, offset?: number): Effect;
  readonly add: Binary<'i32'>;
  readonly sub: Binary<'i32'>;
  readonly mul: Binary<'i32'>;
  readonly divU: Binary<'i32'>;
  readonly remU: Binary<'i32'>;
  readonly and: Binary<'i32'>;
  readonly or: Binary<'i32'>;
  readonly xor: Binary<'i32'>;
  readonly shl: Binary<'i32'>;
  readonly shrU: Binary<'i32'>;
  readonly shrS: Binary<'i32'>;
  readonly eqz: Unary<'i32'>;
  readonly eq: Binary<'i32'>;
  readonly ne: Binary<'i32'>;
  readonly ltS: Binary<'i32'>;
  readonly ltU: Binary<'i32'>;
  readonly gtS: Binary<'i32'>;
  readonly leS: Binary<'i32'>;
  readonly geS: Binary<'i32'>;
  readonly geU: Binary<'i32'>;
  /** Cut towards zero, saturating; NaN is 0. */
  readonly truncF32: Unary<'f32', 'i32'>;
  /** The lower 32 bits of the 64-bit integer that f32 or f64 is cut to: JavaScript's x | 0 below 2^63. */
  readonly wrapF32: Unary<'f32', 'i32'>;
  readonly wrapF64: Unary<'f64', 'i32'>;
  /** Cut towards zero, saturating; NaN is 0. */
  readonly truncF64: Unary<'f64', 'i32'>;
  /** Whether a bit of the vector is set. */
  readonly anyTrue: Unary<'v128', 'i32'>;
  /** a where the condition is not 0, else b; both are evaluated. */
  select(a: I32, b: I32, condition: I32): I32;
}

export const i32: I32Instructions = {
  const: (value) => ({ type: 'i32', emit: (out) => void out.byte(0x41).signed(value) }),
  load: load('i32', [0x28]),
  load8: load('i32', [0x2d]),
  store: store([0x36]),
  store8: store([0x3a]),
  add: op('i32', [0x6a]),
  sub: op('i32', [0x6b]),
  mul: op('i32', [0x6c]),
  divU: op('i32', [0x6e]),
  remU: op('i32', [0x70]),
  and: op('i32', [0x71]),
  or: op('i32', [0x72]),
  xor: op('i32', [0x73]),
  shl: op('i32', [0x74]),
  shrS: op('i32', [0x75]),
  shrU: op('i32', [0x76]),
  eqz: op('i32', [0x45]),
  eq: op('i32', [0x46]),
  ne: op('i32', [0x47]),
  ltS: op('i32', [0x48]),
  ltU: op('i32', [0x49]),
  gtS: op('i32', [0x4a]),
  leS: op('i32', [0x4c]),
  geS: op('i32', [0x4e]),
  geU: op('i32', [0x4f]),
  truncF32: op('i32', [0xfc, 0x00]),
  wrapF32: op('i32', [0xfc, 0x04, 0xa7]),
  wrapF64: op('i32', [0xfc, 0x06, 0xa7]),
  truncF64: op('i32', [0xfc, 0x02]),
  anyTrue: op('i32', simd(83)),
  select: op('i32', [0x1b]),
};

interface F32Instructions {
  const(value: number): F32;
  load(address: I32, offset?: number): F32;
  store(address: I32, value: F32, offset?: number): Effect;
  readonly add: Binary<'f32'>;
  readonly sub: Binary<'f32'>;
  readonly mul: Binary<'f32'>;
  readonly div: Binary<'f32'>;
  readonly max: Binary<'f32'>;
  readonly min: Binary<'f32'>;
  readonly sqrt: Unary<'f32'>;
  readonly demote: Unary<'f64', 'f32'>;
  readonly fromI32: Unary<'i32', 'f32'>;
  readonly gt: Binary<'f32', 'i32'>;
  readonly lt: Binary<'f32', 'i32'>;
  readonly eq: Binary<'f32', 'i32'>;
  readonly ne: Binary<'f32', 'i32'>;
}

export const f32: F32Instructions = {
  const: (value) => ({ type: 'f32', emit: (out) => void out.byte(0x43).raw(bytesOf(Float32Array.of(value))) }),
  load: load('f32', [0x2a]),
  store: store([0x38]),
  add: op('f32', [0x92]),
  sub: op('f32', [0x93]),
  mul: op('f32', [0x94]),
  div: op('f32', [0x95]),
  min: op('f32', [0x96]),
  max: op('f32', [0x97]),
  sqrt: op('f32', [0x91]),
  demote: op('f32', [0xb6]),
  fromI32: op('f32', [0xb2]),
  eq: op('i32', [0x5b]),
  ne: op('i32', [0x5c]),
  lt: op('i32', [0x5d]),
  gt: op('i32', [0x5e]),
};

interface F64Instructions {
  const(value: number): F64;
  load(address: I32, offset?: number): F64;
  store(address: I32, value: F64, offset?: number): Effect;
  readonly add: Binary<'f64'>;
  readonly sub: Binary<'f64'>;
  readonly mul: Binary<'f64'>;
  readonly neg: Unary<'f64'>;
  readonly nearest: Unary<'f64'>;
  readonly promote: Unary<'f32', 'f64'>;
  /** a where the condition is not 0, else b; both are evaluated. */
  select(a: F64, b: F64, condition: I32): F64;
}

export const f64: F64Instructions = {
  const: (value) => ({ type: 'f64', emit: (out) => void out.byte(0x44).raw(bytesOf(Float64Array.of(value))) }),
  load: load('f64', [0x2b]),
  store: store([0x39]),
  add: op('f64', [0xa0]),
  sub: op('f64', [0xa1]),
  mul: op('f64', [0xa2]),
  neg: op('f64', [0x9a]),
  nearest: op('f64', [0x9e]),
  promote: op('f64', [0xbb]),
  select: op('f64', [0x1b]),
};

interface V128Instructions {
  load(address: I32, offset?: number): V128;
  store(address: I32, value: V128, offset?: number): Effect;
  /** One 32-bit element into the first lane, zeros into the others. */
  loadZero(address: I32, offset?: number): V128;
  /** One 32-bit element into all four lanes. */
  loadSplat(address: I32, offset?: number): V128;
  /** Lanes of a (0-3) and b (4-7), four of them in any order. */
  shuffle(a: V128, b: V128, lanes: readonly [number, number, number, number]): V128;
  /** One 32-bit element into one lane; the others as they are. */
  loadLane(address: I32, into: V128, lane: number): V128;
  /** One of the four 32-bit lanes, or of the two 64-bit halves. */
  storeLane(address: I32, value: V128, lane: number, offset?: number): Effect;
  storeHalf(address: I32, value: V128, half: number, offset?: number): Effect;
  readonly and: Binary<'v128'>;
  readonly andNot: Binary<'v128'>;
  readonly or: Binary<'v128'>;
  readonly xor: Binary<'v128'>;
  readonly not: Unary<'v128'>;
  /** Bits of a where the mask is 1, of b elsewhere. */
  select(a: V128, b: V128, mask: V128): V128;
}

export const v128: V128Instructions = {
  load: load('v128', simd(0)),
  store: store(simd(11)),
  loadZero: load('v128', simd(92)),
  loadSplat: load('v128', simd(9)),
  shuffle: (a, b, lanes) => ({
    type: 'v128',
    emit(out) {
      a.emit(out);
      b.emit(out);
      write(out, simd(13));
      for (const lane of lanes) for (let byte = 0; byte < 4; byte++) out.byte(4 * lane + byte);
    },
  }),
  storeLane: (address, value, lane, offset = 0) => storePart(simd(90), address, value, lane, offset),
  loadLane: (address, into, lane) => ({ type: 'v128', ...storePart(simd(86), address, into, lane, 0) }),
  storeHalf: (address, value, half, offset = 0) => storePart(simd(91), address, value, half, offset),
  and: op('v128', simd(78)),
  andNot: op('v128', simd(79)),
  or: op('v128', simd(80)),
  xor: op('v128', simd(81)),
  not: op('v128', simd(77)),
  select: op('v128', simd(82)),
};

interface F32x4Instructions {
  const(value: number): V128;
  readonly splat: (value: F32) => V128;
  lane(value: V128, lane: number): F32;
  replaceLane(vector: V128, lane: number, value: F32): V128;
  readonly add: Binary<'v128'>;
  readonly sub: Binary<'v128'>;
  readonly mul: Binary<'v128'>;
  readonly div: Binary<'v128'>;
  /** NaN where either is. */
  readonly min: Binary<'v128'>;
  readonly max: Binary<'v128'>;
  /** b < a ? b : a, and a < b ? b : a: one instruction on x64, and the first argument where either is NaN. */
  readonly pmin: Binary<'v128'>;
  readonly pmax: Binary<'v128'>;
  readonly abs: Unary<'v128'>;
  readonly neg: Unary<'v128'>;
  readonly sqrt: Unary<'v128'>;
  readonly ceil: Unary<'v128'>;
  readonly floor: Unary<'v128'>;
  readonly trunc: Unary<'v128'>;
  readonly nearest: Unary<'v128'>;
  readonly eq: Binary<'v128'>;
  readonly ne: Binary<'v128'>;
  readonly lt: Binary<'v128'>;
  readonly gt: Binary<'v128'>;
  readonly le: Binary<'v128'>;
  readonly ge: Binary<'v128'>;
  readonly fromI32: Unary<'v128'>;
  /** a * b + c in one rounding, where the engine has relaxed SIMD. */
  fma(a: V128, b: V128, c: V128): V128;
}

export const f32x4: F32x4Instructions = {
  const: (value) => vectorConstant(Float32Array.of(value, value, value, value)),
  splat: op('v128', simd(19)),
  lane: (value, lane) => ({
    type: 'f32',
    emit(out) {
      value.emit(out);
      write(out, simd(31)).byte(lane);
    },
  }),
  replaceLane: (vector, lane, value) => replace(simd(32), vector, lane, value),
  add: op('v128', simd(228)),
  sub: op('v128', simd(229)),
  mul: op('v128', simd(230)),
  div: op('v128', simd(231)),
  min: op('v128', simd(232)),
  max: op('v128', simd(233)),
  pmin: op('v128', simd(234)),
  pmax: op('v128', simd(235)),
  abs: op('v128', simd(224)),
  neg: op('v128', simd(225)),
  sqrt: op('v128', simd(227)),
  ceil: op('v128', simd(103)),
  floor: op('v128', simd(104)),
  trunc: op('v128', simd(105)),
  nearest: op('v128', simd(106)),
  eq: op('v128', simd(65)),
  ne: op('v128', simd(66)),
  lt: op('v128', simd(67)),
  gt: op('v128', simd(68)),
  le: op('v128', simd(69)),
  ge: op('v128', simd(70)),
  fromI32: op('v128', simd(250)),
  fma: op('v128', simd(0x105)),
};

interface I32x4Instructions {
  const(value: number): V128;
  lanes(...values: readonly [number, number, number, number]): V128;
  readonly splat: (value: I32) => V128;
  lane(value: V128, lane: number): I32;
  replaceLane(vector: V128, lane: number, value: I32): V128;
  readonly add: Binary<'v128'>;
  readonly sub: Binary<'v128'>;
  readonly mul: Binary<'v128'>;
  readonly neg: Unary<'v128'>;
  readonly abs: Unary<'v128'>;
  readonly minS: Binary<'v128'>;
  readonly maxS: Binary<'v128'>;
  readonly eq: Binary<'v128'>;
  readonly ne: Binary<'v128'>;
  readonly ltS: Binary<'v128'>;
  readonly gtS: Binary<'v128'>;
  readonly leS: Binary<'v128'>;
  readonly geS: Binary<'v128'>;
  shl(value: V128, bits: I32): V128;
  shrS(value: V128, bits: I32): V128;
  shrU(value: V128, bits: I32): V128;
  /** Cut towards zero, saturating. */
  readonly truncF32: Unary<'v128'>;
  readonly ltU: Binary<'v128'>;
  readonly geU: Binary<'v128'>;
  /** The first four bytes of a vector as four numbers, and back: lanes of 0 or 1 into the first four bytes. */
  readonly fromBytes: Unary<'v128'>;
  toBytes(value: V128): V128;
}

export const i32x4: I32x4Instructions = {
  const: (value) => vectorConstant(Int32Array.of(value, value, value, value)),
  lanes: (...values) => vectorConstant(Int32Array.from(values)),
  splat: op('v128', simd(17)),
  lane: (value, lane) => ({
    type: 'i32',
    emit(out) {
      value.emit(out);
      write(out, simd(27)).byte(lane);
    },
  }),
  replaceLane: (vector, lane, value) => replace(simd(28), vector, lane, value),
  add: op('v128', simd(174)),
  sub: op('v128', simd(177)),
  mul: op('v128', simd(181)),
  neg: op('v128', simd(161)),
  abs: op('v128', simd(160)),
  minS: op('v128', simd(182)),
  maxS: op('v128', simd(184)),
  eq: op('v128', simd(55)),
  ne: op('v128', simd(56)),
  ltS: op('v128', simd(57)),
  gtS: op('v128', simd(59)),
  leS: op('v128', simd(61)),
  geS: op('v128', simd(63)),
  shl: op('v128', simd(171)),
  shrS: op('v128', simd(172)),
  shrU: op('v128', simd(173)),
  truncF32: op('v128', simd(248)),
  ltU: op('v128', simd(58)),
  geU: op('v128', simd(64)),
  fromBytes: op('v128', [...simd(137), ...simd(169)]),
  toBytes: (value) => narrow8(narrow16(value, value), value),
};

const narrow16: Binary<'v128'> = op('v128', simd(133));
const narrow8: Binary<'v128'> = op('v128', simd(101));

interface I64x2Instructions {
  const(value: bigint): V128;
  readonly splat: (value: I32) => V128;
  readonly add: Binary<'v128'>;
  readonly sub: Binary<'v128'>;
  shl(value: V128, bits: I32): V128;
  shrU(value: V128, bits: I32): V128;
  shrS(value: V128, bits: I32): V128;
  /** Full products of unsigned 32-bit lanes 0 and 1, or 2 and 3. */
  readonly productLow: Binary<'v128'>;
  readonly productHigh: Binary<'v128'>;
}

export const i64x2: I64x2Instructions = {
  const: (value) => vectorConstant(new Int32Array(BigInt64Array.of(value, value).buffer)),
  splat: op('v128', [0xac, ...simd(18)]),
  add: op('v128', simd(206)),
  sub: op('v128', simd(209)),
  shl: op('v128', simd(203)),
  shrS: op('v128', simd(204)),
  shrU: op('v128', simd(205)),
  productLow: op('v128', simd(222)),
  productHigh: op('v128', simd(223)),
};

interface F64x2Instructions {
  const(value: number): V128;
  readonly splat: (value: F64) => V128;
  lane(value: V128, lane: number): F64;
  readonly add: Binary<'v128'>;
  readonly sub: Binary<'v128'>;
  readonly mul: Binary<'v128'>;
  readonly div: Binary<'v128'>;
  readonly sqrt: Unary<'v128'>;
  readonly neg: Unary<'v128'>;
  readonly nearest: Unary<'v128'>;
  /** b < a ? b : a, and a < b ? b : a. */
  readonly pmin: Binary<'v128'>;
  readonly pmax: Binary<'v128'>;
  readonly lt: Binary<'v128'>;
  readonly ge: Binary<'v128'>;
  readonly eq: Binary<'v128'>;
  /** Of the first two f32 lanes, and back: the last two lanes become 0. */
  readonly promote: Unary<'v128'>;
  readonly demote: Unary<'v128'>;
  /** Of the first two signed i32 lanes. */
  readonly fromI32: Unary<'v128'>;
}

export const f64x2: F64x2Instructions = {
  const: (value) => vectorConstant(Float64Array.of(value, value)),
  splat: op('v128', simd(20)),
  lane: (value, lane) => ({
    type: 'f64',
    emit(out) {
      value.emit(out);
      write(out, simd(33)).byte(lane);
    },
  }),
  add: op('v128', simd(240)),
  sub: op('v128', simd(241)),
  mul: op('v128', simd(242)),
  div: op('v128', simd(243)),
  sqrt: op('v128', simd(239)),
  neg: op('v128', simd(237)),
  nearest: op('v128', simd(148)),
  pmin: op('v128', simd(246)),
  pmax: op('v128', simd(247)),
  eq: op('v128', simd(71)),
  lt: op('v128', simd(73)),
  ge: op('v128', simd(76)),
  promote: op('v128', simd(95)),
  demote: op('v128', simd(94)),
  fromI32: op('v128', simd(254)),
};

/** Copies bytes; source and target may overlap. */
export function copyMemory(target: I32, source: I32, bytes: I32): Effect {
  return {
    emit(out) {
      for (const value of [target, source, bytes]) value.emit(out);
      write(out, [0xfc, 0x0a, 0, 0]);
    },
  };
}

/** Sets bytes to the lowest byte of `value`. */
export function fillMemory(target: I32, value: I32, bytes: I32): Effect {
  return {
    emit(out) {
      for (const operand of [target, value, bytes]) operand.emit(out);
      write(out, [0xfc, 0x0b, 0]);
    },
  };
}

function vectorConstant(values: Float32Array | Int32Array | Float64Array): V128 {
  return { type: 'v128', emit: (out) => void write(out, simd(12)).raw(bytesOf(values)) };
}

function replace(opcode: Opcode, vector: V128, lane: number, value: F32 | I32): V128 {
  return {
    type: 'v128',
    emit(out) {
      vector.emit(out);
      value.emit(out);
      write(out, opcode).byte(lane);
    },
  };
}

function storePart(opcode: Opcode, address: I32, value: V128, part: number, offset: number): Effect {
  return {
    emit(out) {
      address.emit(out);
      value.emit(out);
      write(out, opcode).byte(0).unsigned(offset).byte(part);
    },
  };
}
