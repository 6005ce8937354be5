import { DIRECTORY_KINDS } from '../support/directories.js'
import { runSuites } from '../support/suites.js'

runSuites(DIRECTORY_KINDS.filter(({ type }) => type !== 'mmap'))
