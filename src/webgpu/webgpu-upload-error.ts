import { StorageError, type StorageErrorDetails } from '../store/errors.js'

/** The device had no memory for an upload, refused a part of it, or was lost; the message is the device's. */
export class WebGPUUploadError extends StorageError {
  override readonly name = 'WebGPUUploadError'
  constructor(message: string, details?: StorageErrorDetails) {
    super('ERR_WEBGPU_UPLOAD_FAILED', message, details)
  }
}
