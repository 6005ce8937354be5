import { StorageError, type StorageErrorDetails } from '../store/errors.js'

/** There is no Metal here, or no device; the message says why. */
export class MetalUnavailableError extends StorageError {
  override readonly name = 'MetalUnavailableError'
  constructor(message: string, details?: StorageErrorDetails) {
    super('ERR_METAL_UNAVAILABLE', message, details)
  }
}

/**
 * The device takes a part of the file neither without a copy nor with one, or only with a copy where
 * that was ruled out. The message has the numbers.
 */
export class MetalExportError extends StorageError {
  override readonly name = 'MetalExportError'
  constructor(message: string, details?: StorageErrorDetails) {
    super('ERR_METAL_EXPORT_FAILED', message, details)
  }
}
