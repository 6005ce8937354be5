/** The scalar reads: how long their values are, and how those are read and written. */
export const SCALARS = {
  readByte: [1, (data) => data.getUint8(0)],
  readShort: [2, (data) => data.getInt16(0, true)],
  readInt: [4, (data) => data.getInt32(0, true)],
  readLong: [8, (data) => data.getBigInt64(0, true)],
  readFloat: [4, (data) => data.getFloat32(0, true)],
  readDouble: [8, (data) => data.getFloat64(0, true)],
}
export const WRITERS = {
  readByte: (data, value) => data.setUint8(0, value),
  readShort: (data, value) => data.setInt16(0, value, true),
  readInt: (data, value) => data.setInt32(0, value, true),
  readLong: (data, value) => data.setBigInt64(0, value, true),
  readFloat: (data, value) => data.setFloat32(0, value, true),
  readDouble: (data, value) => data.setFloat64(0, value, true),
}
export const SCALAR_NAMES = Object.keys(SCALARS)
