import { type DirectorySuiteOptions, runDirectorySuite } from '../../src/testing/index.js'

export interface CollectedTest {
  readonly part: string
  readonly name: string
  run(): Promise<void>
}

/** The tests that the suite declares for a directory, to be run by whoever asks. */
export function collectSuite(options: DirectorySuiteOptions): CollectedTest[] {
  const tests: CollectedTest[] = []
  const path: string[] = []
  runDirectorySuite({
    ...options,
    describe: (name, body) => {
      path.push(name)
      body()
      path.pop()
    },
    it: Object.assign(
      (name: string, run: () => Promise<void>) => tests.push({ part: path.at(-1)!, name, run }),
      { skip: () => {} },
    ),
  })
  return tests
}
