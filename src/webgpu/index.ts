export type { UploadBuffer, UploadDevice, UploadQueue } from './upload-device.js'
export { uploadToWebGPU, type UploadOptions } from './upload-to-webgpu.js'
export { WebGPUUploadError } from './webgpu-upload-error.js'
import '../store/globals.js'
