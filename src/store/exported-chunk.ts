/**
 * Where a part of a mapped file is in memory, for native code: another addon, a GPU, a call from a
 * foreign function interface. Made by IndexInput.exportChunks().
 *
 * The bytes stay at the address until release(), whatever is closed before; without it, until the
 * thread that made the export ends. Being collected does not end it, since nobody here knows what
 * native code still uses. mappingStats().pins counts those that are left.
 *
 * Native code may read there from any thread, and must not write: the pages are read-only, and a
 * write ends the process. Where a page is lost (the file was truncated, its device failed), native code
 * reads zeros like everyone else, and is not told: IndexInput.checkFault() tells.
 */
export interface ExportedChunk extends Disposable {
  /** Of the first byte. */
  readonly address: bigint
  /** Bytes, at least 1, up to the end of the chunk or of the input. */
  readonly length: number
  /** Where the first byte is in the file, whatever slice was exported. */
  readonly fileOffset: number
  /**
   * The whole pages that are mapped around it, for what takes nothing else. Bytes behind the file's end
   * are zeros.
   */
  readonly mappedAddress: bigint
  readonly mappedLength: number
  /**
   * Says that native code no longer reads there. Once this input is closed and all of its views and
   * exports are gone, the file is unmapped. Doing so again does nothing. Belongs to the thread that
   * made the export.
   */
  release(): void
}
