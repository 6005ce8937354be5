import { FileNotFoundError, type StorageError } from '../store/errors.js'
import type { FileCheck } from './file-check.js'
import { meansDamage } from './storage-failure.js'

/**
 * - `ok`: every byte is what was written
 * - `damaged`: it is not, or it is a file of something else
 * - `missing`: the commit needs it and it is not there
 * - `unreadable`: the system did not let it be read
 * - `unchecked`: not Lucene's, or in a format that says nothing about its contents
 */
export type FileStatus = 'ok' | 'damaged' | 'missing' | 'unreadable' | 'unchecked'

/** What verifyIndex() found out about a file, or about a file in a compound file. */
export interface FileVerification {
  readonly name: string
  /** The compound file that it is in. */
  readonly parent?: string | undefined
  /** In bytes; undefined where it could not be asked. */
  readonly length?: number | undefined
  readonly status: FileStatus
  /** Whether nothing is wrong with it: its status is `ok` or `unchecked`. */
  readonly ok: boolean
  /** What its header says; undefined where there is none that could be read. */
  readonly codec?: string | undefined
  readonly version?: number | undefined
  readonly id?: Uint8Array | undefined
  readonly suffix?: string | undefined
  /** The CRC-32 that its footer states, 0..2^32 − 1. */
  readonly checksum?: number | undefined
  readonly error?: StorageError | undefined
  /** What else is to be said: why it was not checked, or that nothing refers to it. */
  readonly note?: string | undefined
}

export function fromCheck(
  name: string,
  check: FileCheck,
  details: { readonly parent?: string; readonly note?: string | undefined } = {},
): FileVerification {
  const { header, checksum, length, error } = check
  return {
    name,
    ...details,
    length,
    ...outcome(error),
    codec: header?.codec,
    version: header?.version,
    id: header?.id,
    suffix: header?.suffix,
    checksum,
  }
}

export function fromError(name: string, error: StorageError, parent?: string): FileVerification {
  return { name, parent, ...outcome(error) }
}

export function unchecked(name: string, length: number | undefined, note: string): FileVerification {
  return { name, length, status: 'unchecked', ok: true, note }
}

function outcome(error: StorageError | undefined): Pick<FileVerification, 'status' | 'ok' | 'error'> {
  if (error === undefined) return { status: 'ok', ok: true }
  if (error instanceof FileNotFoundError) return { status: 'missing', ok: false, error }
  return { status: meansDamage(error) ? 'damaged' : 'unreadable', ok: false, error }
}
