import { getSystemErrorMap } from 'node:util'

import type { NativeError } from '../native.js'
import { StorageError } from '../store/errors.js'

/** What native code threw, as the error to report. */
export function nativeStorageError(action: string, error: NativeError, path: string): StorageError {
  const { syscall, errno } = error
  const code = getSystemErrorMap().get(errno ?? 0)?.[0] ?? 'ERR_STORAGE'
  return new StorageError(code, `${action} failed: ${error.message}: ${code}: ${path}`, {
    path,
    syscall,
    errno,
    cause: error,
  })
}
