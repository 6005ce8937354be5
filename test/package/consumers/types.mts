// Compiled without @types/node and with no library but es2022.
import {
  IOContext,
  MMapDirectory,
  type FSDirectory,
  type IndexInput,
  type StorageError,
} from 'mmap-directory'
import { exportToMetal, isMetalAvailable } from 'mmap-directory/metal'
import type { MockDirectory } from 'mmap-directory/testing'
import { uploadToWebGPU, type UploadDevice } from 'mmap-directory/webgpu'

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

export async function onGpu(input: IndexInput, device: UploadDevice): Promise<bigint[]> {
  const addresses = input.exportChunks().map(({ address }) => address)
  ;(await uploadToWebGPU(input, device, { onProgress: (done, total) => done / total })).destroy()
  return isMetalAvailable() ? exportToMetal(input).map(({ handle }) => handle) : addresses
}

// @ts-expect-error
export const wrong = MMapDirectory.open('data', { readAdvice: () => 'sometimes' })
