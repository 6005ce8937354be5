import { spawnSync } from 'node:child_process'
import {
  cpSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'

import { beforeEach, describe, expect, it } from 'vitest'

import { NATIVE_PARTS, PROJECT, projectCopy, runScriptIn } from '../support/project-copy.js'
import { SYMBOLIC_LINKS, WINDOWS } from '../support/systems.js'

/** Few, with all that package.json names. */
const ENTRIES = ['index', 'metal/index', 'webgpu/index', 'testing/index']
const MODULES = [...ENTRIES, 'cli/main']

describe('npm', () => {
  let folder: string

  beforeEach(() => {
    folder = projectCopy(...NATIVE_PARTS)
    for (const name of MODULES) put(`src/${name}.ts`, 'export const name = 1\n')
    for (const name of ENTRIES) put(`src/${name}.mts`, "export * from './index.js'\n")
    for (const kind of ['commonjs', 'bundlers'])
      put(`src/package-${kind}.json`, readFileSync(join(PROJECT, `src/package-${kind}.json`), 'utf8'))
    for (const name of MODULES) for (const kind of ['js', 'js.map', 'd.ts']) put(`dist/${name}.${kind}`)
    for (const name of ENTRIES) for (const kind of ['mjs', 'mjs.map', 'd.mts']) put(`dist/${name}.${kind}`)
    for (const name of ['index', 'metal/index', 'webgpu/index']) put(`dist/esm/${name}.js`)
    for (const name of ['dist/package.json', 'dist/esm/package.json']) put(name)
  })

  function put(name: string, text = '') {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }

  const verify = () => runScriptIn(folder, 'prebuilds/verify-dist.mjs')

  function npm(...args: string[]) {
    const options = { cwd: folder, encoding: 'utf8', shell: WINDOWS } as const
    const { status, stderr, stdout } = spawnSync('npm', args, options)
    return { status, stderr, stdout }
  }

  const withoutNpm = npm('--version').status !== 0
  const pack = () => npm('pack', '--dry-run', '--ignore-scripts=false')

  it('may pack what was compiled from the sources that are there', () => {
    expect(verify()).toEqual({ status: 0, stderr: '' })
  })

  it.each([
    'dist/index.js',
    'dist/index.mjs',
    'dist/index.d.mts',
    'dist/testing/index.d.ts',
    'dist/cli/main.js',
    'dist/esm/metal/index.js',
    'dist/package.json',
    'dist/esm/package.json',
  ])('may not pack without %s', (name) => {
    rmSync(join(folder, name))
    const { status, stderr } = verify()
    expect(status).toBe(1)
    expect(stderr).toContain(`${name}: missing`)
    expect(stderr).toContain('npm run build:ts')
  })

  it('may not pack with no dist/ at all', () => {
    rmSync(join(folder, 'dist'), { recursive: true })
    expect(verify().stderr).toContain('dist/index.js: missing')
  })

  it.skipIf(!SYMBOLIC_LINKS)('may not pack a link, which npm leaves out (needs symbolic links)', () => {
    renameSync(join(folder, 'dist/index.js'), join(folder, 'elsewhere.js'))
    symlinkSync(join(folder, 'elsewhere.js'), join(folder, 'dist/index.js'))
    expect(verify().stderr).toContain('dist/index.js: missing')
  })

  it('may not pack before a new source is compiled, or after its source was taken away or changed', () => {
    put('src/store/more.ts')
    expect(verify().stderr).toContain('dist/store/more.js: missing')
    for (const name of ['store/more.js', 'store/more.js.map', 'store/more.d.ts', 'esm/store/more.js'])
      put(`dist/${name}`)
    expect(verify().stderr).toBe('')
    rmSync(join(folder, 'src/store/more.ts'))
    const { status, stderr } = verify()
    expect(status).toBe(1)
    expect(stderr).toContain('dist/store/more.d.ts: no source makes it')
    expect(stderr).toContain('dist/esm/store/more.js: no source makes it')
    rmSync(join(folder, 'dist/store'), { recursive: true })
    rmSync(join(folder, 'dist/esm/store'), { recursive: true })
    const later = new Date(Date.now() + 10_000)
    utimesSync(join(folder, 'src/cli/main.ts'), later, later)
    expect(verify().stderr).toContain('dist/cli/main.js: older than src/cli/main.ts')
  })

  it.skipIf(withoutNpm)('is kept from packing a dist/ or binaries that may not be packed (needs npm)', () => {
    expect(pack()).toMatchObject({ status: 0 })
    put('dist/store/gone.js')
    expect(pack().status).not.toBe(0)
    expect(pack().stderr).toContain('dist/store/gone.js: no source makes it')
    rmSync(join(folder, 'dist/store'), { recursive: true })
    put('prebuilds/linux-x64/stranger.node')
    expect(pack().status).not.toBe(0)
    expect(pack().stderr).toContain('linux-x64/stranger.node: the manifest does not know it')
  })

  it.skipIf(withoutNpm)('packs what build:ts makes, which begins with nothing (needs npm)', () => {
    for (const name of ['tsconfig.json', 'tsconfig.build.json', 'tsconfig.bundlers.json'])
      cpSync(join(PROJECT, name), join(folder, name))
    symlinkSync(join(PROJECT, 'node_modules'), join(folder, 'node_modules'), 'junction')
    put('dist/store/gone.js')
    put('dist/esm/store/gone.js')
    expect(npm('run', 'build:ts')).toMatchObject({ status: 0 })
    expect(verify()).toEqual({ status: 0, stderr: '' })
  })
})
