#!/usr/bin/env node
// Makes the prebuilt binaries and says in manifest.json what they were made of:
//
//   node prebuilds/build.mjs [PLATFORM]...
//
// by default the one for this system. `debian` stands for all that Debian 12 has compilers for. Nothing
// in the checkout changes but prebuilds/: the work is done on a copy.
import { execFileSync } from 'node:child_process'
import { copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs'
import { rmSync, statSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { librariesBeyond, newestVersions } from './library-versions.mjs'
import { readManifest, writeManifest } from './manifest.mjs'
import { DEBIAN_PLATFORMS, PLATFORMS, thisPlatform } from './platforms.mjs'
import { hashOfSources, sha256 } from './sources.mjs'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const asked = process.argv.slice(2).flatMap((name) => (name === 'debian' ? DEBIAN_PLATFORMS : [name]))
for (const name of asked.length === 0 ? [thisPlatform()] : asked) build(name)

function build(name) {
  const platform = PLATFORMS[name]
  if (platform === undefined)
    throw new Error(`No such platform: ${name}; there are ${Object.keys(PLATFORMS).join(', ')}`)
  const crossing = name !== thisPlatform()
  const { cross } = platform
  if (crossing && cross?.host !== thisPlatform()) throw new Error(`${name} is not built on ${thisPlatform()}`)
  const tools = { CXX: 'c++', STRIP: 'strip', OBJDUMP: 'objdump', ...(crossing ? cross.tools : {}) }
  const compiler = compilerOf(tools.CXX, crossing ? cross.packages : ['g++'])

  const folder = mkdtempSync(join(tmpdir(), 'mmap-directory-prebuild-'))
  try {
    for (const part of ['native', 'binding.gyp', 'package.json', 'package-lock.json', 'prebuilds'])
      cpSync(join(root, part), join(folder, part), { recursive: true })
    rmSync(join(folder, 'prebuilds', dirname(platform.binary)), { recursive: true, force: true })
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'), 'junction')
    const made =
      crossing && cross.command !== undefined ? byCommand(folder, cross) : byPrebuildify(folder, name, tools)
    const requires = platform.floor === undefined ? undefined : newestVersions(tools.OBJDUMP, made)
    const beyond = requires === undefined ? [] : librariesBeyond(requires, platform.floor)
    if (beyond.length > 0)
      throw new Error(`${name} asks for newer libraries than it may: ${beyond.join(', ')}`)
    const binary = join(root, 'prebuilds', platform.binary)
    mkdirSync(dirname(binary), { recursive: true })
    copyFileSync(made, binary)
    const manifest = readManifest(root)
    manifest.binaries[platform.binary] = {
      sources: hashOfSources(root),
      compiler,
      size: statSync(binary).size,
      sha256: sha256(readFileSync(binary)),
      ...(requires !== undefined && { requires }),
    }
    writeManifest(root, manifest)
    console.log(`${platform.binary}: ${statSync(binary).size} bytes by ${compiler}`)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The first line of what the compiler says of itself. */
function compilerOf(name, packages) {
  try {
    return execFileSync(name, ['--version'], { encoding: 'utf8' }).split('\n')[0]
  } catch {
    throw new Error(`There is no ${name} here; Debian has it in ${packages.join(', ')}`)
  }
}

function byPrebuildify(folder, name, tools) {
  const [system, arch, libc] = name.split('-')
  const options = ['--napi', '--strip', '--strip-bin', tools.STRIP, '--platform', system, '--arch', arch]
  if (system === 'linux') options.push('--tag-libc', '--libc', libc ?? 'glibc')
  execute(process.execPath, [join(root, 'node_modules/prebuildify/bin.js'), ...options], folder, tools)
  const output = join(folder, 'prebuilds', `${system}-${arch}`)
  return join(
    output,
    readdirSync(output).find((file) => file.endsWith('.node')),
  )
}

function byCommand(folder, { command, output }) {
  execute(command[0], command.slice(1), folder, {})
  return join(folder, output)
}

/** Without the flags of whoever runs this, and with the headers that came with this Node.js, if any did. */
function execute(command, options, folder, tools) {
  const environment = { ...process.env, LC_ALL: 'C', JOBS: 'max', ...tools }
  for (const flags of ['CFLAGS', 'CXXFLAGS', 'CPPFLAGS', 'LDFLAGS', 'SOURCE_DATE_EPOCH'])
    delete environment[flags]
  const prefix = join(dirname(process.execPath), '..')
  if (existsSync(join(prefix, 'include/node/node_api.h'))) environment.npm_config_nodedir ??= prefix
  try {
    execFileSync(command, options, { cwd: folder, env: environment, stdio: 'pipe', maxBuffer: 1 << 28 })
  } catch (error) {
    throw new Error(`${basename(command)} failed:\n${error.stdout ?? ''}${error.stderr ?? ''}`, {
      cause: error,
    })
  }
}
