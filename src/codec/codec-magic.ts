/** First four bytes of every file, big-endian. */
export const CODEC_MAGIC = 0x3fd76c17

/** First four bytes of every footer, big-endian; negative, as it is read: an int32. */
export const FOOTER_MAGIC = ~CODEC_MAGIC

/** A four-byte value as error messages show it. */
export function hex32(value: number): string {
  return `0x${(value >>> 0).toString(16).padStart(8, '0')}`
}
