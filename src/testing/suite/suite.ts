import type { Ability, DirectorySuiteOptions, TestRunner } from './directory-suite-options.js'
import { TestScope } from './test-scope.js'

export type Test = (scope: TestScope) => void | Promise<void>

/** What the parts of the suite are written against: a runner of tests, and one kind of directory. */
export class Suite {
  /** Reads are tested around multiples of it. */
  readonly boundary: number
  readonly seed: number
  readonly #options: DirectorySuiteOptions
  readonly #runner: TestRunner

  constructor(options: DirectorySuiteOptions, runner: TestRunner, seed: number) {
    this.#options = options
    this.#runner = runner
    this.boundary = options.boundary ?? 1024
    this.seed = seed
  }

  supports(ability: Ability): boolean {
    if (ability === 'refuseDeletes') return this.#options.refuseDeletes !== undefined
    return this.#options.supports?.[ability] ?? false
  }

  describe(name: string, body: () => void): void {
    this.#runner.describe(name, body)
  }

  /** A behaviour. It is skipped, and says why, where the directory has not got the ability that it needs. */
  it(name: string, test: Test, needs?: Ability): void {
    const run = (): Promise<void> => TestScope.run(this.#options, test)
    if (needs === undefined || this.supports(needs)) this.#runner.it(name, run)
    else this.#runner.it.skip(`${name} (needs ${needs})`, run)
  }

  refuseDeletes(scope: TestScope, refuse: boolean): void {
    this.#options.refuseDeletes?.(scope.directory, refuse)
  }
}
