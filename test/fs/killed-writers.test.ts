import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { FSDirectory } from '../../src/index.js'
import { runScript, scriptCommand } from '../support/child.js'
import { COMMIT_SCRIPT } from '../support/commit-script.js'
import { STRACE, tampering } from '../support/strace.js'
import { EMULATED, WINDOWS } from '../support/systems.js'
import { removeDirectory, temporaryDirectory } from '../support/temporary.js'
import { isWhole } from '../support/whole.js'

let path: string
let directory: FSDirectory

beforeEach(() => {
  path = temporaryDirectory()
  directory = FSDirectory.open(path)
})

afterEach(() => {
  removeDirectory(path)
})

const ino = (name: string): number => statSync(join(path, name)).ino

/** The lock of a killed process is to be had at once, on the file that was there. */
function expectUnlocked(lockFile: number): void {
  const lock = directory.obtainLock('write.lock')
  lock.ensureValid()
  lock.close()
  expect(ino('write.lock')).toBe(lockFile)
}

const COMMIT = `${COMMIT_SCRIPT}
const directory = lib.FSDirectory.open(process.argv[1])
const lock = directory.obtainLock('write.lock')
commit(directory, 'pending', 'final', (step) => say({ step }))
`
const IN_PLACE = `${COMMIT_SCRIPT}
const directory = lib.FSDirectory.open(process.argv[1])
const lock = directory.obtainLock('write.lock')
const output = directory.createOutput('final')
writeBody(output)
output.close()
say({ step: 'done' })
`

/** Kills before the call; says what was there, and which step the writer had said last. */
async function kill(script: string, call: string, file: string, when = 1): Promise<string[]> {
  const lock = directory.obtainLock('write.lock')
  const lockFile = ino('write.lock')
  lock.close()
  const wrapper = tampering(join(path, file), { [call]: `signal=KILL:when=${when}` })
  const { stdout, stderr } = await runScript(script, { args: [path], wrapper })
  expect(stderr).toBe('')
  expectUnlocked(lockFile)
  const last = JSON.parse(stdout.trim().split('\n').at(-1) || '{"step":"none"}') as { step: string }
  const names = directory.listAll().filter((name) => name !== 'write.lock')
  const found = names.map((name) => `${name} ${isWhole(directory, name) ? 'whole' : 'in part'}`)
  for (const name of names) directory.deleteFile(name)
  return [last.step, ...found]
}

describe.skipIf(!STRACE)('a writer that is killed before a system call (needs strace)', () => {
  it('leaves nothing but a part, after each write, that no checksum calls whole', async () => {
    for (let write = 1; write <= 6; write++) {
      const step = write < 6 ? 'write' : 'close'
      expect(await kill(COMMIT, 'write', 'pending', write)).toEqual([step, 'pending in part'])
    }
    expect(await kill(COMMIT, 'write', 'pending', 7)).toEqual(['done', 'final whole'])
  })

  it('leaves nothing that looks whole under the final name when that was written in place', async () => {
    for (let write = 1; write <= 6; write++) {
      expect(await kill(IN_PLACE, 'write', 'final', write)).toEqual(['none', 'final in part'])
    }
    expect(await kill(IN_PLACE, 'write', 'final', 7)).toEqual(['done', 'final whole'])
  })

  it.each([
    ['openat', 'pending', ['create']],
    ['close', 'pending', ['close', 'pending whole']],
    ['fsync', 'pending', ['sync', 'pending whole']],
    ['rename,renameat,renameat2', 'pending', ['rename', 'pending whole']],
    ['openat', '', ['syncMetaData', 'final whole']],
    ['fsync', '', ['syncMetaData', 'final whole']],
  ] as const)('leaves the file under one name, before %s of "%s"', async (call, file, found) => {
    expect(await kill(COMMIT, call, file)).toEqual(found)
  })
})

const COMMITS = `${COMMIT_SCRIPT}
const [, path, from] = process.argv
const directory = lib.FSDirectory.open(path)
const lock = directory.obtainLock('write.lock')
const run = async () => {
  for (const name of directory.listAll()) if (name !== 'write.lock') directory.deleteFile(name)
  say('ready')
  for (let number = Number(from); ; number++) {
    await commit(directory, 'pending_' + number, 'final_' + number, () => {})
    say(number)
    if (directory.listAll().includes('final_' + (number - 3))) directory.deleteFile('final_' + (number - 3))
  }
}
run()
`
// wine and qemu take a second to start a process, and a commit some ten milliseconds.
const SLOW = WINDOWS || EMULATED
const ROUNDS = SLOW ? 5 : 20
const LONGEST = SLOW ? 400 : 60
const SEED = Number(process.env['MMAP_DIRECTORY_SEED'] ?? Date.now() % 2 ** 32)

describe('a writer that is killed at any moment', () => {
  /** Numbers below 1 that follow from the seed. */
  let state = SEED
  const random = (): number => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32

  it(`leaves whole files, an open lock and all that it had said, seed ${SEED}`, async () => {
    let next = 1
    let lockFile: number | undefined
    for (let round = 0; round < ROUNDS; round++) {
      const [command, args] = scriptCommand(COMMITS, { args: [path, String(next)] })
      const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] })
      const ended = once(child, 'close')
      const said: unknown[] = []
      const lines = createInterface(child.stdout)
      const ready = once(lines, 'line')
      lines.on('line', (line) => said.push(JSON.parse(line)))
      await ready
      lockFile ??= ino('write.lock')
      await setTimeout(random() * LONGEST)
      child.kill('SIGKILL')
      expect(await ended).toEqual([null, 'SIGKILL'])

      expectUnlocked(lockFile)
      const names = readdirSync(path)
      const parts = names.filter((name) => name.startsWith('final_') && !isWhole(directory, name))
      expect(parts).toEqual([])
      const last = said.at(-1)
      next = typeof last === 'number' ? last + 1 : next
      const kept = typeof last === 'number' ? [last - 2, last - 1, last] : []
      const promised = kept.filter((number) => said.includes(number)).map((number) => `final_${number}`)
      expect(names).toEqual(expect.arrayContaining(promised))
    }
    expect(next).toBeGreaterThan(ROUNDS / 2) // few, on a machine that has much to do
  })
})
