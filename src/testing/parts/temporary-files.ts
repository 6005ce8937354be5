import assert from 'node:assert/strict'

import { assertBytes, contentOf, pattern, write } from '../files.js'
import type { Suite } from '../suite/suite.js'

/** createTempOutput(). */
export function temporaryFiles(suite: Suite): void {
  suite.it('gives temporary files names as Lucene does', ({ directory }) => {
    const outputs = Array.from({ length: 12 }, () => directory.createTempOutput('pre', 'suf'))
    outputs.push(directory.createTempOutput('pre', ''), directory.createTempOutput('', 'x'))
    const names = outputs.map((output) => output.getName())
    assert.deepEqual(names.slice(0, 2), ['pre_suf_0.tmp', 'pre_suf_1.tmp'])
    assert.deepEqual(names.slice(9), [
      'pre_suf_9.tmp',
      'pre_suf_a.tmp',
      'pre_suf_b.tmp',
      'pre__c.tmp',
      '_x_d.tmp',
    ])
    for (const output of outputs) output.close()
    assert.deepEqual(directory.listAll(), names.toSorted())
  })

  suite.it('passes over names of temporary files that are taken', ({ directory }) => {
    write(directory, 'a_b_0.tmp', pattern(1))
    write(directory, 'a_b_1.tmp', pattern(2))
    const output = directory.createTempOutput('a', 'b')
    output.close()
    assert.equal(output.getName(), 'a_b_2.tmp')
    assertBytes(contentOf(directory, 'a_b_0.tmp'), pattern(1))
  })

  suite.it('writes temporary files side by side, and renames them', ({ directory }) => {
    const outputs = Array.from({ length: 5 }, () => directory.createTempOutput('sort', 'part'))
    for (let round = 0; round < 50; round++) {
      for (const [i, output] of outputs.entries()) output.writeInt(round * 10 + i)
    }
    for (const output of outputs) output.close()
    for (const [i, output] of outputs.entries()) {
      directory.rename(output.getName(), `final-${i}`)
      const input = directory.openInput(`final-${i}`)
      for (let round = 0; round < 50; round++) assert.equal(input.readInt(), round * 10 + i)
      input.close()
    }
    assert.deepEqual(directory.listAll(), ['final-0', 'final-1', 'final-2', 'final-3', 'final-4'])
  })

  suite.it('makes no temporary file with a name that leaves the directory', ({ directory }) => {
    assert.throws(() => directory.createTempOutput('../x', 'y'), { name: 'InvalidFileNameError' })
    assert.throws(() => directory.createTempOutput('x', '../y'), { name: 'InvalidFileNameError' })
    assert.deepEqual(directory.listAll(), [])
  })
}
