import { spawnSync } from 'node:child_process'
import {
  appendFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'

import { beforeEach, describe, expect, it } from 'vitest'

import { librariesBeyond, versionsIn } from '../../prebuilds/library-versions.mjs'
import { readManifest, writeManifest } from '../../prebuilds/manifest.mjs'
import { LIBRARY_FLOOR } from '../../prebuilds/platforms.mjs'
import { hashOfSources, sha256, SOURCES } from '../../prebuilds/sources.mjs'
import { NATIVE_PARTS, projectCopy, runScriptIn } from '../support/project-copy.js'
import { SYMBOLIC_LINKS } from '../support/systems.js'

const BINARY = 'linux-x64/mmap-directory.glibc.node'

describe('the check of prebuilt binaries', () => {
  let folder: string

  beforeEach(() => {
    folder = projectCopy(...NATIVE_PARTS)
    mkdirSync(join(folder, 'prebuilds/linux-x64'), { recursive: true })
    writeFileSync(join(folder, 'prebuilds', BINARY), 'a binary')
    const sources = hashOfSources(folder)
    writeManifest(folder, {
      binaries: { [BINARY]: { sources, compiler: 'c++', size: 8, sha256: sha256('a binary') } },
    })
  })

  const verify = (...options: string[]) => runScriptIn(folder, 'prebuilds/verify.mjs', ...options)

  it('passes a binary that is made of the sources that are there', () => {
    expect(verify()).toEqual({ status: 0, stderr: '' })
    expect(verify('--manifest')).toEqual({ status: 0, stderr: '' })
  })

  it.each([
    ...SOURCES.filter((source) => source !== 'native'),
    'native/core/mapping.cc',
    'native/addon/guard.h',
  ])('refuses a binary after a change of %s', (source) => {
    appendFileSync(join(folder, source), '\n')
    const { status, stderr } = verify()
    expect(status).toBe(1)
    expect(stderr).toContain(`${BINARY}: made of other sources than these`)
  })

  it('refuses a binary after a source was added, renamed, or taken away', () => {
    writeFileSync(join(folder, 'native/core/more.cc'), '')
    expect(verify().stderr).toContain('other sources')
    renameSync(join(folder, 'native/core/more.cc'), join(folder, 'native/core/other.cc'))
    expect(verify().stderr).toContain('other sources')
    rmSync(join(folder, 'native/core/other.cc'))
    expect(verify().status).toBe(0)
    rmSync(join(folder, 'native/core/prefetch.cc'))
    expect(verify().stderr).toContain('other sources')
  })

  it('refuses a binary that is not the one described, or not described at all', () => {
    writeFileSync(join(folder, 'prebuilds', BINARY), 'b binary')
    expect(verify().stderr).toContain(`${BINARY}: not the binary that the manifest describes`)
    writeManifest(folder, { binaries: {} })
    expect(verify().stderr).toContain(`${BINARY}: the manifest does not know it`)
  })

  it('asks for the manifest of binaries that are not there, and for all of a release, only when told to', () => {
    rmSync(join(folder, 'prebuilds', BINARY))
    appendFileSync(join(folder, 'native/core/mapping.cc'), '\n')
    expect(verify().status).toBe(0)
    expect(verify('--manifest').stderr).toContain('other sources')
    expect(verify('--complete').stderr).toContain(`${BINARY}: missing`)
  })

  it.skipIf(!SYMBOLIC_LINKS)(
    'refuses what npm leaves out: a binary or a folder that is only linked to (needs symbolic links)',
    () => {
      const binary = join(folder, 'prebuilds', BINARY)
      renameSync(binary, join(folder, 'elsewhere.node'))
      symlinkSync(join(folder, 'elsewhere.node'), binary)
      expect(verify().status).toBe(1)
      expect(verify().stderr).toContain(`${BINARY}: no regular file`)
      rmSync(binary)
      symlinkSync(join(folder, 'missing.node'), binary)
      expect(verify().stderr).toContain(`${BINARY}: no regular file`)
      rmSync(binary)
      renameSync(join(folder, 'elsewhere.node'), binary)
      renameSync(join(folder, 'prebuilds/linux-x64'), join(folder, 'elsewhere'))
      symlinkSync(join(folder, 'elsewhere'), join(folder, 'prebuilds/linux-x64'), 'junction')
      expect(verify().stderr).toContain('linux-x64: no regular file')
    },
  )
})

describe('the binaries of several machines', () => {
  it('are put together with what each machine says of its own', () => {
    const folder = projectCopy('prebuilds')
    const known = { sources: 'a', compiler: 'b', size: 4, sha256: 'c' }
    writeManifest(folder, { binaries: { [BINARY]: known } })
    const put = (machine: string, name: string, text: string) => {
      mkdirSync(join(folder, 'collected', machine, name, '..'), { recursive: true })
      writeFileSync(join(folder, 'collected', machine, name), text)
    }
    put('debian', BINARY, 'one')
    const other = 'darwin-arm64/mmap-directory.node'
    put('mac', other, 'two')
    put('mac', 'manifest.json', JSON.stringify({ binaries: { [other]: { ...known, compiler: 'clang' } } }))
    const collect = () =>
      spawnSync(process.execPath, [join(folder, 'prebuilds/collect.mjs'), join(folder, 'collected')], {
        encoding: 'utf8',
      })
    expect(collect().stderr).toBe('')
    expect(readFileSync(join(folder, 'prebuilds', BINARY), 'utf8')).toBe('one')
    expect(readFileSync(join(folder, 'prebuilds', other), 'utf8')).toBe('two')
    expect(readManifest(folder).binaries).toEqual({
      [BINARY]: known,
      [other]: { ...known, compiler: 'clang' },
    })
    put('stranger', 'win32-x64/mmap-directory.node', 'three')
    expect(collect().stderr).toContain('stranger says nothing of win32-x64/mmap-directory.node')
  })
})

describe('the libraries that a binary asks for', () => {
  const listed = [
    '0000000000000000      DF *UND*  0000000000000000 (GLIBC_2.2.5) close',
    '0000000000000000      DF *UND*  0000000000000000  GLIBC_2.28  fcntl64',
    '0000000000000000      DO *UND*  0000000000000000 (GLIBCXX_3.4.9) _ZTVSt9bad_alloc',
    '0000000000000000      DO *UND*  0000000000000000 (GLIBCXX_3.4.21) _ZTVSt9bad_alloc',
  ].join('\n')

  it('are the newest versions of each', () => {
    expect(versionsIn(listed)).toEqual({ GLIBC: '2.28', GLIBCXX: '3.4.21' })
    expect(librariesBeyond(versionsIn(listed), LIBRARY_FLOOR)).toEqual([])
  })

  it.each(['GLIBC_2.33', 'GLIBCXX_3.4.26', 'CXXABI_1.3.13', 'GLIBC_PRIVATE'])('must not be %s', (symbol) => {
    const versions = versionsIn(`${listed}\n0 DF *UND*  0 (${symbol}) newer`)
    expect(librariesBeyond(versions, LIBRARY_FLOOR)).toHaveLength(1)
    expect(librariesBeyond(versions, LIBRARY_FLOOR)[0]).toContain(symbol)
  })
})
