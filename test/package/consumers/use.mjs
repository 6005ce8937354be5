// Uses the package as one does who has only just installed it.
import assert from 'node:assert'
import { createRequire } from 'node:module'
import { attachInput, ByteBuffersDirectory, FSDirectory, MMapDirectory, openFile } from 'mmap-directory'
import { exportToMetal, isMetalAvailable } from 'mmap-directory/metal'
import { MockDirectory } from 'mmap-directory/testing'
import { uploadToWebGPU } from 'mmap-directory/webgpu'

// Which of both ways a runtime takes is its own business: there is one set of classes.
const require = createRequire(import.meta.url)
assert.strictEqual(require('mmap-directory').MMapDirectory, MMapDirectory)
assert.strictEqual(require('mmap-directory/testing').MockDirectory, MockDirectory)
assert.strictEqual(require('mmap-directory/metal').exportToMetal, exportToMetal)
assert.strictEqual(require('mmap-directory/webgpu').uploadToWebGPU, uploadToWebGPU)
assert(new MockDirectory(new ByteBuffersDirectory()) instanceof require('mmap-directory').Directory)

const native = process.env.EXPECT_NATIVE !== 'no'
const input = openFile('package.json')
assert.strictEqual(input.mapped, native)
assert(input.length() > 0)
if (native) for (const chunk of input.exportChunks()) chunk.release()
if (!isMetalAvailable()) assert.throws(() => exportToMetal(input), { code: 'ERR_METAL_UNAVAILABLE' })
await assert.rejects(uploadToWebGPU(input, {}), { code: 'ERR_INVALID_ARG_TYPE' })
if (native) attachInput(input.share()).close()
else assert.match(input.mapFailure.message, /install mmap-directory on this system/)
input.close()

for (const directory of [
  MMapDirectory.open('data', { create: true }),
  FSDirectory.open('data'),
  new ByteBuffersDirectory(),
]) {
  const output = directory.createOutput('numbers')
  for (let number = 0; number < 1000; number++) output.writeVInt(number)
  output.close()
  await directory.sync(['numbers'])
  const numbers = directory.openInput('numbers')
  for (let number = 0; number < 1000; number++) assert.strictEqual(numbers.readVInt(), number)
  numbers.close()
  directory.deleteFile('numbers')
  if (native || directory instanceof ByteBuffersDirectory) directory.obtainLock('write.lock').close()
  directory.close()
}
console.log(`${native ? 'with' : 'without'} native code, ${process.version}`)
