/** Element types of tensors and the typed arrays that hold them. */

/** `f32` is the default; `f64` serves gradient checks on the cpu device; `i32` holds indices; `bool` holds masks. */
export type DType = 'f32' | 'f64' | 'i32' | 'bool';
/** Dtypes that can have gradients. */
export type FloatDType = 'f32' | 'f64';
/** Dtypes that arithmetic works on. */
export type NumberDType = 'f32' | 'f64' | 'i32';

/** What `data()` gives: the typed array of the dtype; a bool is a byte, 0 or 1. */
export type TypedArray = Float32Array | Float64Array | Int32Array | Uint8Array;

interface ArrayTypes {
  readonly f32: Float32ArrayConstructor;
  readonly f64: Float64ArrayConstructor;
  readonly i32: Int32ArrayConstructor;
  readonly bool: Uint8ArrayConstructor;
}

/** The typed array of each dtype; a `bool` is a byte, 0 or 1. */
export const arrayTypes: ArrayTypes = { f32: Float32Array, f64: Float64Array, i32: Int32Array, bool: Uint8Array };

/** All of them. */
export const dtypes: readonly DType[] = ['f32', 'f64', 'i32', 'bool'];

/** Bytes of one element. */
export function elementBytes(dtype: DType): number {
  return arrayTypes[dtype].BYTES_PER_ELEMENT;
}

/** Whether tensors of this dtype can have gradients. */
export function isFloat(dtype: DType): dtype is FloatDType {
  return dtype === 'f32' || dtype === 'f64';
}

/** The dtype whose elements a typed array holds, or undefined for one that no dtype uses (Int8Array...). */
export function dtypeOfArray(data: ArrayBufferView): DType | undefined {
  return dtypes.find((dtype) => data instanceof arrayTypes[dtype]);
}
