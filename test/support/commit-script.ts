/**
 * What scripts for processes of their own (test/support/child.ts) begin with that write commits.
 * A file's body holds whole files with footers of their own, each in a write(2) of its own: cut
 * off after one of them, it ends in a footer.
 */
export const COMMIT_SCRIPT = `
const { writeSync } = require('node:fs')
const { CodecUtil } = lib
const say = (line) => writeSync(1, JSON.stringify(line) + '\\n')
const part = (() => {
  const memory = new lib.ByteBuffersDirectory()
  const output = memory.createOutput('part')
  CodecUtil.writeIndexHeader(output, 'Part', 0, new Uint8Array(16), '')
  output.writeBytes(new Uint8Array(40_000).map((_, i) => i * i + (i >> 8)))
  CodecUtil.writeFooter(output)
  output.close()
  const input = memory.openInput('part')
  const bytes = new Uint8Array(input.length())
  input.readBytes(bytes)
  return bytes
})()
const writeBody = (output) => {
  CodecUtil.writeIndexHeader(output, 'Whole', 0, new Uint8Array(16), '')
  for (let i = 0; i < 3; i++) output.writeBytes(part) // past the buffer
  for (let i = 0; i < 5000; i++) output.writeLong(i) // through it
  CodecUtil.writeFooter(output)
}
/** Writes 'pending' and gives it the name 'final'; \`step\` is told what comes next. */
const commit = async (directory, pending, final, step) => {
  step('create')
  const output = directory.createOutput(pending)
  step('write', output)
  writeBody(output)
  step('close', output)
  output.close()
  step('sync')
  await directory.sync([pending])
  step('rename')
  directory.rename(pending, final)
  step('syncMetaData')
  await directory.syncMetaData()
  step('done')
}
`
