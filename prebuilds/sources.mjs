import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** What a binary is made of, beside the compiler. */
export const SOURCES = ['binding.gyp', 'native', 'prebuilds/build.mjs', 'prebuilds/platforms.mjs']

/** Packages whose code is in the binary, or that say how it is compiled. */
const PACKAGES = ['node-addon-api', 'node-api-headers', 'node-gyp', 'prebuildify']

/** SHA-256 over everything in the repository at `root` that makes the binaries. */
export function hashOfSources(root) {
  const hash = createHash('sha256')
  for (const name of SOURCES.flatMap((source) => filesIn(root, source)).sort()) {
    hash.update(`${sha256(readFileSync(join(root, name)))} ${name}\n`)
  }
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'))
  for (const name of PACKAGES) {
    const { version, integrity } = lock.packages[`node_modules/${name}`]
    hash.update(`${name}@${version} ${integrity}\n`)
  }
  return hash.digest('hex')
}

/** As hexadecimal digits. */
export function sha256(bytes) {
  return createHash('sha256').update(bytes).digest('hex')
}

function filesIn(root, name) {
  const path = join(root, name)
  if (!statSync(path).isDirectory()) return [name]
  return readdirSync(path).flatMap((child) => filesIn(root, `${name}/${child}`))
}
