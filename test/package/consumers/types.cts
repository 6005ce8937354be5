// Compiled without @types/node and with no library but es2022.
import {
  IOContext,
  MMapDirectory,
  type FSDirectory,
  type IndexInput,
  type StorageError,
} from 'mmap-directory'
import type { MockDirectory } from 'mmap-directory/testing'

export function first(path: string): { value: number; long: bigint; floats: Float32Array } {
  const directory: FSDirectory = MMapDirectory.open(path, { readAdvice: () => 'random' })
  const input: IndexInput = directory.openInput('vectors', IOContext.READ)
  const view: Uint8Array = input.view(0, 4)
  const floats = new Float32Array(view.buffer, view.byteOffset, 1)
  const found = { value: input.readInt(), long: input.readLong(), floats }
  input[Symbol.dispose]()
  return found
}

export function codeOf(error: StorageError, mock: MockDirectory): string {
  return `${error.code} ${mock}`
}

// @ts-expect-error
export const wrong = MMapDirectory.open('data', { readAdvice: () => 'sometimes' })
