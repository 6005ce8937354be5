// Views are collected while others are made: deno runs their finalizers within the collection.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { MMapDirectory } from 'mmap-directory'

const VIEWS = 5000
const path = mkdtempSync(join(tmpdir(), 'mmap-directory-collect-'))
const directory = MMapDirectory.open(path, { fallback: false })
const output = directory.createOutput('file')
output.writeBytes(new Uint8Array(100_000))
output.close()
for (let i = 0; i < VIEWS; i++) {
  const input = directory.openInput('file')
  input.view(0, 100)
  input.close()
  if (i % 20 === 0) await setTimeout(0)
}
rmSync(path, { recursive: true })
console.log(`${VIEWS} views, dropped`)
