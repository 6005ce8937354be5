// Maps, views, advises and loads at every kind of offset, where pages are as large as PAGE_SIZE says. After
// `npm run build:ts`; check_pages.c looks at what reaches the system.
const assert = require('node:assert')
const { mkdtempSync, rmSync, writeFileSync } = require('node:fs')
const { tmpdir } = require('node:os')
const { join } = require('node:path')

const { attachInput, IOContext, MMapDirectory } = require('../../dist/index.js')
const { nativeAddon } = require('../../dist/native.js')

const CHUNK = 2 ** 20
const { pageSize } = nativeAddon()
assert.strictEqual(pageSize, Number(process.env.PAGE_SIZE))

const bytes = Buffer.from(Array.from({ length: 3 * CHUNK + 5 }, (_, at) => at % 251))
const folder = mkdtempSync(join(tmpdir(), 'mmap-directory-pages-'))
writeFileSync(join(folder, 'file'), bytes)
check().finally(() => rmSync(folder, { recursive: true }))

async function check() {
  const directory = MMapDirectory.open(folder, { chunkPower: 20 })
  const input = directory.openInput('file')
  const around = [0, 4096, 16384, 65536, CHUNK, CHUNK + 4096, 2 * CHUNK + 16384, 3 * CHUNK - 16]
  for (const offset of around.flatMap((near) => [near - 1, near, near + 1]).filter((at) => at >= 0)) {
    input.seek(offset)
    assert.strictEqual(input.readByte(), bytes[offset])
    const view = input.view(offset, 10)
    assert.deepStrictEqual(Buffer.from(view), bytes.subarray(offset, offset + 10))
    assert.strictEqual(view.byteOffset % pageSize, offset % pageSize)
    input.slice('advised', offset, bytes.length - offset, IOContext.READ)
    input.prefetch(offset, 10)
    input.randomAccessSlice(offset, 10).isLoaded()
    await input.load({ offset, length: 10 })
    await input.readAsync(offset, new Uint8Array(10))
  }
  input.updateIOContext(IOContext.READONCE)
  await directory.release({ how: 'drop' })
  await directory.release()
  input.seek(0)
  const shared = attachInput(input.share())
  input.close()
  assert.strictEqual(shared.readInt(), bytes.readInt32LE())
  shared.close()
  console.log(`pages of ${pageSize} bytes: passed`)
}
