import { MMapDirectory } from 'mmap-directory'
import { readFileSync, writeSync } from 'node:fs'

import type { Document } from '../engine/document.js'
import { IndexWriter } from '../engine/index-writer.js'

// Writes until it is killed: node killed-writer.js DIRECTORY DOCUMENTS
// The documents are in a file, as JSON: sources may change while this runs.
// Says each commit as soon as it is made, in a line.

const [, , path, file] = process.argv
const documents = JSON.parse(readFileSync(file!, 'utf8')) as Document[]
const writer = new IndexWriter(MMapDirectory.open(path!, { create: true }), 40)
writeSync(1, 'ready\n')
for (let i = 0; ; i++) {
  writer.addDocument(documents[(i * 31) % documents.length]!)
  if (i % 7 === 0) writer.deleteDocument(documents[(i * 17) % documents.length]!.key)
  if (i % 25 === 24) writeSync(1, `${await writer.commit()}\n`)
}
