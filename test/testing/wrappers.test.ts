import { WRAPPER_KINDS } from '../support/directories.js'
import { runSuites } from '../support/suites.js'

runSuites(WRAPPER_KINDS)
