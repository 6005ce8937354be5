import {
  type Directory,
  type FileVerification,
  type IndexVerification,
  verifyIndex,
  type VerifyOptions,
} from '../../src/index.js'

export interface Verified {
  readonly files: readonly FileVerification[]
  readonly outcome: IndexVerification
}

/** All that verifyIndex() yields, and what it returns. */
export async function verifyAll(directory: Directory, options?: VerifyOptions): Promise<Verified> {
  const verification = verifyIndex(directory, options)
  const files: FileVerification[] = []
  let step = await verification.next()
  for (; !step.done; step = await verification.next()) files.push(step.value)
  return { files, outcome: step.value }
}

/** The files with which something is wrong, those in a compound file as `parent/name`. */
export function badNames({ files }: Verified): string[] {
  return files
    .filter(({ ok }) => !ok)
    .map(({ name, parent }) => (parent === undefined ? name : `${parent}/${name}`))
}
