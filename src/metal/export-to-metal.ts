import { pinOf } from '../mmap/mapped-chunk.js'
import { nativeStorageError } from '../mmap/native-storage-error.js'
import { COPY_POLICY, type NativeAddon, type NativeError, type PinnedBuffer } from '../native.js'
import { checkInstance, checkOptions, invalidType, invalidValue, unsupported } from '../store/arguments.js'
import { IndexInput } from '../store/index-input.js'
import { MetalExportError } from './metal-errors.js'
import { BufferExport, type MetalExport } from './metal-export.js'
import { addonWithMetal } from './metal-support.js'

export interface MetalExportOptions {
  /** Copies all of it, for programs that are to run without the file. False by default. */
  readonly forceCopy?: boolean | undefined
  /** 'never' throws MetalExportError where only a copy can be had; 'allow' (the default) copies. */
  readonly copy?: 'allow' | 'never' | undefined
}

/**
 * Makes Metal buffers of a mapped input, or of a slice of it: one for each mapped chunk, more where a
 * chunk is longer than the device's buffers may be, in the order of the file; none for an input of
 * length 0. A buffer is the mapped pages themselves, without a copy: it begins on the page that holds
 * the data's first byte, and `offset` says where that is.
 *
 * Where the pages do not lie as the device wants them, or it refuses them, the buffer is a copy, and
 * `reason` says why. A copy is made by this thread and takes as long as reading the data: load() it first.
 * Pages without a copy are read when the GPU, or someone else, first touches them.
 *
 * Throws MetalUnavailableError where there is no Metal (isMetalAvailable()), MetalExportError where the
 * device takes the data in no way that is allowed, and what IndexInput.exportChunks() throws. Each thread
 * exports for itself. Inputs may be closed before the exports are released, and after.
 */
export function exportToMetal(input: IndexInput, options: MetalExportOptions = {}): MetalExport[] {
  checkInstance('input', input, IndexInput)
  const policy = policyOf(options)
  const addon = addonWithMetal()
  const chunks = input.exportChunks()
  if (!Array.isArray(chunks)) throw invalidType('what exportChunks() has returned', 'an array', chunks)
  const exported: MetalExport[] = []
  let made: Made | undefined // what is thrown may come from a patched Array.prototype
  try {
    for (const chunk of chunks) {
      const pin = pinOf(chunk)
      if (pin === undefined)
        throw unsupported('exportToMetal: the input has chunks that are not this library’s')
      const buffers = buffersOf(addon, pin.id, policy, pin.path)
      for (let i = 0; i < buffers.length; i++) {
        made = { id: buffers[i]!.id, before: made }
        exported.push(new BufferExport(addon, buffers[i]!, pin))
      }
    }
    input.checkFault() // what was copied may be zeros in place of what was lost
    return exported
  } catch (error) {
    for (; made !== undefined; made = made.before) addon.releasePin(made.id)
    throw error
  } finally {
    // Every buffer holds the pages for itself.
    for (const chunk of chunks) {
      const pin = pinOf(chunk)
      if (pin !== undefined) addon.releasePin(pin.id)
    }
  }
}

function policyOf(options: MetalExportOptions): number {
  checkOptions('exportToMetal', options, ['forceCopy', 'copy'])
  const { forceCopy = false, copy = 'allow' } = options
  if (typeof forceCopy !== 'boolean') throw invalidType('forceCopy', 'a boolean', forceCopy)
  if (copy !== 'allow' && copy !== 'never') {
    throw invalidValue(`exportToMetal: copy must be 'allow' or 'never', got '${String(copy)}'`)
  }
  if (forceCopy && copy === 'never') throw invalidValue("exportToMetal: forceCopy with copy: 'never'")
  return forceCopy ? COPY_POLICY.always : COPY_POLICY[copy]
}

interface Made {
  readonly id: number
  readonly before: Made | undefined
}

function buffersOf(addon: NativeAddon, id: number, policy: number, path: string): readonly PinnedBuffer[] {
  try {
    return addon.exportToMetal(id, policy)
  } catch (error) {
    const { message, refused } = error as NativeError
    if (refused) throw new MetalExportError(`Export to Metal failed: ${path}: ${message}`, { path })
    throw nativeStorageError('export', error as NativeError, path)
  }
}
