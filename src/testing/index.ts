export { runDirectorySuite } from './run-directory-suite.js'
export type { DirectorySuiteOptions, DirectorySupport, TestRunner } from './suite/directory-suite-options.js'
export { MockDirectory, type MockDirectoryOptions } from './mock/mock-directory.js'
export type { MockFaults, MockOperation } from './mock/mock-faults.js'
export type { OpenHandle } from './mock/open-handles.js'
export { LockVerifyServer, type LockVerifyServerOptions } from './locks/lock-verify-server.js'
export {
  VerifiedLock,
  VerifyingLockFactory,
  type VerifyingLockOptions,
} from './locks/verifying-lock-factory.js'
export { type LockStressOptions, stressLocks } from './locks/lock-stress.js'
