import { fsync, type promises } from 'node:fs'
import { promisify } from 'node:util'

/**
 * fsync(2). By the handle, which Node's permission model allows where it refuses descriptors (before Node 26);
 * by the descriptor where the handle has no such method: that of Yarn's PnP throws an error without a code.
 */
export async function syncHandle(file: promises.FileHandle): Promise<void> {
  try {
    await file.sync()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== undefined) throw error
    await promisify(fsync)(file.fd)
  }
}
