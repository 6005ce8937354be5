// What reads a view in another thread of the process, whatever is closed meanwhile.
import { closeSync, openSync, readSync, unlinkSync, write } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { deflateRaw, inflateRawSync } from 'node:zlib'

/**
 * Not for threads that may be terminated: Node.js aborts when that happens while a zlib stream is
 * being made ("close before init", seen on Node.js 22 to 26 without this library as well).
 */
export async function compress(model, view) {
  const packed = await promisify(deflateRaw)(view.bytes, { level: 1 })
  model.checkView('view compressed', view, inflateRawSync(packed))
}

/** The kernel reads the view. */
export async function store(model, view, folder) {
  const path = join(folder, 'stored')
  const fd = openSync(path, 'w+')
  unlinkSync(path)
  try {
    const { length } = view.bytes
    const { bytesWritten } = await promisify(write)(fd, view.bytes, 0, length, 0)
    // The kernel stops at a page that cannot be read: no signal, and nothing takes its place.
    if (bytesWritten < length && !model.mayBeLost(view.family)) {
      model.fail(`view stored: ${bytesWritten} bytes of ${length}`)
    }
    const stored = new Uint8Array(bytesWritten)
    readSync(fd, stored, 0, bytesWritten, 0)
    model.checkView('view stored', view, stored)
  } catch (error) {
    if (error.code !== 'EFAULT' || !model.mayBeLost(view.family)) throw error
  } finally {
    closeSync(fd)
  }
}
