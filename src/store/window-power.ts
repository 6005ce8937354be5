/**
 * The key of an option that all built-in directories take and that no public type shows: windows
 * of 2^n bytes (n from 4), so that tests cross their boundaries all the time.
 */
export const windowPower = Symbol('mmap-directory:windowPower')

export interface WindowPowerOption {
  readonly [windowPower]?: number
}
