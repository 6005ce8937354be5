export { runDirectorySuite } from './run-directory-suite.js'
export type { DirectorySuiteOptions, DirectorySupport, TestRunner } from './suite/directory-suite-options.js'
