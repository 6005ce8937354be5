// As much of WebGPU's interfaces as an upload needs: a GPUDevice of a browser's, of npm's `webgpu` or of
// @webgpu/types is one of these.

export interface UploadDevice<Buffer extends UploadBuffer = UploadBuffer> {
  readonly limits: { readonly maxBufferSize: number }
  readonly queue: UploadQueue<Buffer>
  readonly lost: Promise<{ readonly message: string }>
  createBuffer(descriptor: { size: number; usage: number; label?: string }): Buffer
  pushErrorScope(filter: 'validation' | 'out-of-memory'): void
  popErrorScope(): Promise<{ readonly message: string } | null>
}

export interface UploadQueue<Buffer> {
  writeBuffer(buffer: Buffer, bufferOffset: number, data: Uint8Array<ArrayBuffer>): void
  onSubmittedWorkDone(): Promise<unknown>
}

export interface UploadBuffer {
  destroy(): void
}
