import { MMapDirectory } from 'mmap-directory'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { setTimeout } from 'node:timers/promises'

import type { Document } from '../engine/document.js'
import { IndexReader } from '../engine/index-reader.js'
import { answer, documentsOf, naiveAnswer } from './answer.js'
import { checkSame } from './check-same.js'
import type { Query } from './queries.js'

export interface KillRounds {
  /** killed-writer.js, as it was built. */
  readonly program: string
  /** Where the index is; it is gone on with from round to round. A file beside it has the documents. */
  readonly path: string
  readonly documents: readonly Document[]
  readonly queries: readonly Query[]
  readonly rounds: number
  /** Numbers from 0 to 1 that say how soon each writer is killed. */
  readonly random: () => number
}

/**
 * Kills a writing process again and again, at any moment. Each time the last commit that it told of,
 * or a later one, has to open, to be whole, and to answer as a naive scan does. Returns how many
 * commits there were.
 */
export async function runKillRounds({
  program,
  path,
  documents,
  queries,
  rounds,
  random,
}: KillRounds): Promise<number> {
  const file = `${path}.json`
  writeFileSync(file, JSON.stringify(documents.map(({ key, text }) => ({ key, text }))))
  const texts = new Map(documents.map(({ key, text }) => [key, text]))
  let said = 0
  let found = 0
  for (let round = 0; round < rounds; round++) {
    const child = spawn(process.execPath, [program, path, file], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const ended = once(child, 'close')
    const lines = createInterface(child.stdout)
    const ready = once(lines, 'line')
    lines.on('line', (line) => {
      if (line !== 'ready') said = Number(line)
    })
    await Promise.race([
      ready,
      ended.then(([code]) => Promise.reject(new Error(`the writer has ended: ${code}`))),
    ])
    await setTimeout(random() * 1000)
    child.kill('SIGKILL')
    await ended
    if (said === 0) continue // killed before its first commit
    const directory = MMapDirectory.open(path)
    const reader = IndexReader.open(directory)
    if (reader.generation < said)
      throw new Error(`commit ${said} was made, and ${reader.generation} is the last`)
    found = reader.generation
    said = found
    reader.checkIntegrity()
    const present = documentsOf(reader, (fields) => texts.get(fields.get('key')!)!)
    for (const query of queries) checkSame(query, answer(reader, query), naiveAnswer(present, query))
    reader.close()
    directory.close()
  }
  return found
}
