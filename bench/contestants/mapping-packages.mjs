// The packages of the npm registry that map files, and how each of them is asked for the bytes. They
// are installed into a temporary folder when they are measured: design/ says what reading a closed
// or truncated file through them does.
import { spawnSync } from 'node:child_process'
import { fstatSync, mkdirSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'

const PROT_READ = 1
const MAP_SHARED = 1

/**
 * `load` is given what imports a package, and returns how to map and, of one that `closes`, unmap.
 *
 * @type {Record<string, { version: string, closes?: true, load: (of: object) => Promise<object> }>}
 */
export const PACKAGES = {
  '@riaskov/mmap-io': {
    version: '1.4.3',
    async load({ require }) {
      const module = require('@riaskov/mmap-io')
      const io = module.default ?? module
      return { map: (fd) => io.map(fstatSync(fd).size, io.PROT_READ, io.MAP_SHARED, fd) }
    },
  },
  'great-big-file-reader': {
    version: '1.0.4',
    async load({ resolve }) {
      const { MMapping } = await import(pathToFileURL(resolve('great-big-file-reader')).href)
      return { map: (fd, path) => new MMapping(path, fd).getBuffer(0n, fstatSync(fd).size) }
    },
  },
  bufferfromfile: {
    version: '0.4.377',
    async load({ require }) {
      const bufferFromFile = require('bufferfromfile')
      return { map: (_fd, path) => bufferFromFile(path).NodeBuffer() }
    },
  },
  koffi: {
    version: '3.3.4',
    closes: true,
    async load({ require }) {
      const koffi = require('koffi')
      const libc = koffi.load(process.platform === 'darwin' ? 'libc.dylib' : 'libc.so.6')
      const mmap = libc.func('void *mmap(void *, size_t, int, int, int, int64_t)')
      const munmap = libc.func('int munmap(void *, size_t)')
      const addresses = new Map()
      return {
        map(fd) {
          const { size } = fstatSync(fd)
          const address = mmap(null, size, PROT_READ, MAP_SHARED, fd, 0)
          const bytes = new Uint8Array(koffi.view(address, size))
          addresses.set(bytes, address)
          return bytes
        },
        /** What JavaScript still holds of it ends the process when it is read. */
        unmap(bytes) {
          munmap(addresses.get(bytes), bytes.length)
          addresses.delete(bytes)
        },
      }
    },
  },
}

/** Each has a folder of its own, so that one that cannot be installed does not spoil the others. */
function folderOf(root, name) {
  return join(root, name.replaceAll(/\W/g, '_'))
}

/** Installs a package. Throws, with the reason, where that is not possible. */
export function install(root, name) {
  const folder = folderOf(root, name)
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n')
  const args = ['install', '--no-audit', '--no-fund', '--no-save', `${name}@${PACKAGES[name].version}`]
  const { status, stderr, error } = spawnSync('npm', args, {
    cwd: folder,
    encoding: 'utf8',
    timeout: 300_000,
    // The Node.js that measures runs npm, so that what is built is built for it.
    env: { ...process.env, PATH: `${dirname(process.execPath)}${delimiter}${process.env['PATH']}` },
  })
  if (status === 0) return
  const reason = [/\berror: .*/, /npm error (?:404|network) .*/, /npm error .*/]
    .map((pattern) => pattern.exec(stderr ?? '')?.[0])
    .find((line) => line !== undefined)
  throw new Error(`does not install: ${(reason ?? error?.message ?? `exit code ${status}`).trim()}`)
}

/** Loads a package that was installed. */
export async function loadPackage(root, name) {
  const require = createRequire(join(folderOf(root, name), 'package.json'))
  return PACKAGES[name].load({ require, resolve: (id) => require.resolve(id) })
}
