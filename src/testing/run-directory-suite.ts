import * as nodeTest from 'node:test'

import { PARTS } from './parts/index.js'
import { checkSuiteOptions, type DirectorySuiteOptions } from './suite/directory-suite-options.js'
import { Suite } from './suite/suite.js'

/**
 * Declares the tests that every Directory has to pass, for the test runner that `describe` and
 * `it` belong to, by default node:test. To be called once for every kind of directory, where that
 * runner expects tests to be declared. Throws a TypeError for an option that does not exist.
 *
 * Each test has a directory of its own, made by `options.create()`, and closes it.
 */
export function runDirectorySuite(options: DirectorySuiteOptions): void {
  checkSuiteOptions(options)
  const { describe, it } = options
  const runner = describe === undefined || it === undefined ? nodeTest : { describe, it }
  const suite = new Suite(options, runner, options.seed ?? Math.floor(Math.random() * 2 ** 32))
  suite.describe(options.name, () => {
    for (const [name, part] of Object.entries(PARTS)) suite.describe(name, () => part(suite))
  })
}
