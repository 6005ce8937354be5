import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { Directory } from '../../store/directory.js'
import type { DirectorySuiteOptions } from './directory-suite-options.js'

/** What one test has: a directory that is new and empty, and more of them where it needs some. */
export class TestScope {
  readonly #options: DirectorySuiteOptions
  readonly #paths: string[] = []
  readonly #opened: Directory[] = []
  #directory: Directory | undefined

  private constructor(options: DirectorySuiteOptions) {
    this.#options = options
  }

  /** Runs a test, and then closes and removes all that it had. */
  static async run(
    options: DirectorySuiteOptions,
    test: (scope: TestScope) => void | Promise<void>,
  ): Promise<void> {
    const scope = new TestScope(options)
    let failure: { error: unknown } | undefined
    try {
      scope.#directory = await scope.another()
      await test(scope)
    } catch (error) {
      failure = { error }
    }
    try {
      scope.#end()
    } catch (error) {
      failure ??= { error }
    }
    if (failure !== undefined) throw failure.error
  }

  /** The directory that the test is about. */
  get directory(): Directory {
    return this.#directory!
  }

  /** Where it was made. */
  get path(): string {
    return this.#paths[0]!
  }

  /** Another directory of this kind, with nothing in it. */
  readonly another = async (): Promise<Directory> => {
    const root = realpathSync(this.#options.temporaryDirectory ?? tmpdir())
    const path = mkdtempSync(join(root, 'mmap-directory-suite-'))
    this.#paths.push(path)
    return this.#open(path)
  }

  /** One more directory in the place of the first one. */
  readonly reopen = (): Promise<Directory> => this.#open(this.path)

  async #open(path: string): Promise<Directory> {
    const directory = await this.#options.create(path)
    this.#opened.push(directory)
    return directory
  }

  #end(): void {
    const failures: unknown[] = []
    for (const directory of this.#opened.toReversed()) {
      try {
        directory.close()
      } catch (error) {
        failures.push(error)
      }
    }
    for (const path of this.#paths) remove(path)
    if (failures.length > 0) throw failures[0]
  }
}

/** Windows does not remove a file while there is a view of it: what a test has left to the collector stays. */
function remove(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true })
  } catch (error) {
    if (process.platform !== 'win32') throw error
  }
}
