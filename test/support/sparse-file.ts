import { closeSync, ftruncateSync, openSync, writeSync } from 'node:fs'

/** Makes a file of `length` bytes that are zero but for the marks, and that takes no more space than these. */
export function sparseFile(path: string, length: number, marks: ReadonlyMap<number, Uint8Array>): void {
  const fd = openSync(path, 'wx')
  try {
    ftruncateSync(fd, length)
    for (const [offset, bytes] of marks) writeSync(fd, bytes, 0, bytes.length, offset)
  } finally {
    closeSync(fd)
  }
}
