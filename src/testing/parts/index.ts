import type { Suite } from '../suite/suite.js'
import { bulkReads } from './bulk-reads.js'
import { checksumInputs } from './checksum-inputs.js'
import { clonesAndSlices } from './clones-and-slices.js'
import { closing } from './closing.js'
import { compoundFiles } from './compound-files.js'
import { concurrentReaders } from './concurrent-readers.js'
import { directoryEnd } from './directory-end.js'
import { fileNames } from './file-names.js'
import { headersAndFooters } from './headers-and-footers.js'
import { hostileValues } from './hostile-values.js'
import { listing } from './listing.js'
import { locks } from './locks.js'
import { luceneDefects } from './lucene-defects.js'
import { memory } from './memory.js'
import { outputs } from './outputs.js'
import { pendingDeletions } from './pending-deletions.js'
import { positions } from './positions.js'
import { randomAccess } from './random-access.js'
import { randomOperations } from './random-operations.js'
import { renamingAndCopying } from './renaming-and-copying.js'
import { syncing } from './syncing.js'
import { temporaryFiles } from './temporary-files.js'
import { typedReads } from './typed-reads.js'
import { views } from './views.js'

/** The themes of the suite, under the names by which their tests are listed. */
export const PARTS: Readonly<Record<string, (suite: Suite) => void>> = {
  files: listing,
  'file names': fileNames,
  'renaming and copying': renamingAndCopying,
  'temporary files': temporaryFiles,
  syncing,
  'pending deletions': pendingDeletions,
  locks,
  'the end of a directory': directoryEnd,
  outputs,
  'typed reads': typedReads,
  'bulk reads': bulkReads,
  positions,
  'hostile values': hostileValues,
  'clones and slices': clonesAndSlices,
  'random access': randomAccess,
  views,
  'memory and advice': memory,
  'the end of an input': closing,
  'checksum inputs': checksumInputs,
  'headers and footers': headersAndFooters,
  'compound files': compoundFiles,
  'concurrent readers': concurrentReaders,
  'random operations': randomOperations,
  'what Lucene gets wrong': luceneDefects,
}
